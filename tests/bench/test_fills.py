"""Fills of a large book with small parameters: it holds its totals against numpy itself, and its root must not move."""

from bench.fills import run


def test_every_fill_is_sealed_and_the_root_does_not_move() -> None:
    first, again = (run(shares=4, scenarios=60, fills=300, days=80) for _ in range(2))
    assert first["totals_as_numpy"]
    assert first["root"] == again["root"]
    assert first["held"] <= first["instruments"] == 20
