"""The research bench with small parameters: noise is called noise, every split ranks as numpy's, answers stay put."""

from bench.research import cscv, figures, noise, run
from bench.table import research


def test_noise_is_noise_and_skill_is_seen() -> None:
    found = noise(seeds=8, trials=500, periods=1_250)
    assert found["alone_above_99"] == 8
    assert found["called_noise"] >= 7
    assert 0.25 < found["deflated"]["p50"] < 0.75
    assert found["skill_stands"]["3.0"] == 8
    assert found["skill_stands"]["2.0"] < 8
    assert found["break_even"] < found["effective"] <= 500, "noise stands only for those who tried less"


def test_numpy_and_ours_rank_every_split_alike() -> None:
    found = cscv(trials=40, periods=200, blocks=8, calls=1)
    assert found["splits"] == 70
    assert found["logits_apart"] == 0
    assert cscv(trials=40, periods=200, blocks=8, calls=1)["answer"] == found["answer"]


def test_figures_are_those_of_the_library_where_it_is_there() -> None:
    peer = figures(300, calls=1)["peer"]
    assert peer is None or peer["apart"] < 1e-10


def test_lines_of_the_table() -> None:
    lines = list(research(run(seeds=3, trials=50, periods=250, days=64)))
    assert len(lines) == 4
    assert lines[0].ours == "3"
