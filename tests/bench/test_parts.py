"""The comparison of parts with small parameters: it compares every answer itself, and its own must not move."""

from bench.parts import run


def test_answers_agree_and_do_not_move() -> None:
    first, again = (run(rows=60, repeats=1, trees=8, leaves=7) for _ in range(2))
    assert first["answer"] == again["answer"]
    assert first["agreement"] == again["agreement"]
    assert set(first["times"]) == {name for name in first["timed"] if not name.endswith("ours")}
