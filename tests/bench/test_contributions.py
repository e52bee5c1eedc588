"""Component ES beside the libraries that have it, with small parameters: three ways must give one answer."""

from bench.contributions import run


def test_peers_agree_and_the_answer_does_not_move() -> None:
    first = run(assets=12, scenarios=200)
    assert {name: peer["apart"] < 1e-10 for name, peer in first["peers"].items()} == {
        "skfolio": True, "Riskfolio-Lib": True,
    }  # fmt: skip
    assert run(assets=12, scenarios=200)["answer"] == first["answer"]
