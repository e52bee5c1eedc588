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
    found = exceptions("sp500", days=2_500, refit=500)
    fewest, most = accepted(2_500, 10_000)
    held = {method: sides["held"] for method, sides in found["methods"].items()}
    assert found["fits_that_failed"] == 0
    assert fewest <= held["filtered"]["exceptions"] <= most
    assert held["filtered"]["zone"] == held["ewma"]["zone"] == "green"
    assert held["montecarlo"]["zone"] == "red"
    assert "filtered 2" in rows({"exceptions": {"sp500": found}})[2]


def test_plain_history_learns_of_a_crash_too_late() -> None:
    crash = exceptions("sp500", days=2_900, refit=500)["methods"]
    assert crash["historical"]["held"]["exceptions"] > crash["filtered"]["held"]["exceptions"]
