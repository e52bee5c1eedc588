"""The comparisons of a day's end with small parameters, and what filtered history is for: a year that was not calm."""

from bench.exceptions import run as exceptions
from bench.generation import run
from bench.table import rows
from waglan.measures.coverage import accepted


def test_answers_agree_and_do_not_move() -> None:
    first, again = (run(factors=3, before=1_100, days=12) for _ in range(2))
    assert first["answer"] == again["answer"]
    assert first["apart"] == again["apart"]
    assert set(first["times"]) == {"scipy", "arch"}
    assert len(rows({"generation": first})) == 4


def test_methods_on_the_index_of_five_hundred_shares() -> None:
    found = exceptions("sp500", spans=(2_500, 3_000), refit=500)
    assert found["fits_that_failed"] == 0
    for span in (2_500, 3_000):
        fewest, most = accepted(span, 10_000)
        held = {method: sides["held"] for method, sides in found["spans"][str(span)]["methods"].items()}
        for method in ("filtered", "ewma"):
            assert fewest <= held[method]["exceptions"] <= most
            assert held[method]["zone"] == "green"
        assert held["montecarlo"]["zone"] == "red"
    assert held["historical"]["zone"] == "red", "the autumn of 2008 came out of calm years"
    assert len(rows({"exceptions": {"sp500": found}})) == 4
