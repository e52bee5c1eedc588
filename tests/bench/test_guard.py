"""The guard beside numpy, with small parameters: every answer is the same to the cent and does not move."""

from bench.guard import run


def test_answers_agree_and_do_not_move() -> None:
    first = run(shares=12, scenarios=120, calls=60, fills=80)
    assert first["agree_to_the_cent"]
    assert sum(first["grades"]) == 60
    assert run(shares=12, scenarios=120, calls=60, fills=80)["answer"] == first["answer"]
