"""A history of days by plain lists; what is missing or cannot be is refused with factor, day and value."""

from math import inf, log, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.risk.days import FACTORS, START_NS, days
from waglan.pricing.scenarios import Factor
from waglan.risk.history import Gap, History, restored
from waglan.schema.units import DAY_NS, BadValue


def kept(count: int = 4) -> History:
    history = History(FACTORS)
    for ts_ns, levels in zip(*days(count), strict=True):
        history.append(ts_ns, levels)
    return history


@given(st.lists(st.tuples(st.integers(1, 14), st.floats(1e-3, 1e3), st.floats(-1, 1)), min_size=1, max_size=30))
def test_returns_by_plain_lists(steps: list[tuple[int, float, float]]) -> None:
    history = History((FACTORS[0], FACTORS[2]))
    at, before, wanted, when = START_NS, (0.0, 0.0), [], []
    for number, (apart, price, rate) in enumerate(steps):
        at += apart * DAY_NS
        if apart > 10 and number:
            with pytest.raises(Gap):
                history.append(at, np.array([price, rate]))
            history.resume(at, np.array([price, rate]))
        else:
            history.append(at, np.array([price, rate]))
            if number:
                wanted.append((log(price / before[0]), rate - before[1]))
                when.append(at)
        before = price, rate
    assert history.returns() == pytest.approx(np.array(wanted).reshape(-1, 2), abs=1e-12)
    assert history.days().tolist() == when
    assert len(history) == len(wanted) == len(history.labels)
    assert history.levels().tolist() == [[price, rate] for _, price, rate in steps]
    again = restored(history.factors, history.snapshot())
    assert again.snapshot() == history.snapshot()
    assert again.returns().tobytes() == history.returns().tobytes()


def test_many_days_find_room() -> None:
    history = kept(1300)
    assert history.levels().tobytes() == days(1300)[1].tobytes()
    assert len(history) == 1299


def test_moves_of_the_last_day() -> None:
    history, levels = kept(), days(4)[1]
    wanted = [levels[3, 0] / levels[2, 0] - 1, levels[3, 1] / levels[2, 1] - 1, levels[3, 2] - levels[2, 2]]
    assert history.moves() == pytest.approx(wanted, rel=1e-12)
    assert not kept(1).moves().any()
    history.resume(START_NS + 90 * DAY_NS, levels[0])
    assert not history.moves().any()


@pytest.mark.parametrize(
    ("levels", "said"),
    [
        ([nan, 7.8, 0.03], r"index: 2005-01-05: a level lies between 1e-09 and 1e\+12, it was nan"),
        ([inf, 7.8, 0.03], "index: 2005-01-05: .* it was inf"),
        ([20_000.0, 0.0, 0.03], "dollar: 2005-01-05: .* it was 0.0"),
        ([20_000.0, -7.8, 0.03], "dollar: 2005-01-05: .* it was -7.8"),
        ([20_000.0, 7.8, nan], r"rate: 2005-01-05: a level lies between -1e\+12 and 1e\+12, it was nan"),
        ([20_000.0, 7.8], r"2005-01-05: a level for each of 3 factors, was float64 \(2,\)"),
    ],
)
def test_levels_that_cannot_be_are_refused_and_move_nothing(levels: list[float], said: str) -> None:
    history = kept()
    before = history.snapshot()
    for enter in (history.append, history.resume):
        with pytest.raises(BadValue, match=said):
            enter(START_NS + 4 * DAY_NS, np.array(levels))
    assert history.snapshot() == before


def test_a_rate_may_be_below_zero() -> None:
    history = kept()
    history.append(START_NS + 4 * DAY_NS, np.array([20_000.0, 7.8, -0.0075]))
    assert history.levels()[-1, 2] == -0.0075


@pytest.mark.parametrize("late_ns", [3 * DAY_NS, 3 * DAY_NS + 1, 2 * DAY_NS, 0])
def test_a_day_comes_once_and_in_order(late_ns: int) -> None:
    history = kept()
    with pytest.raises(BadValue, match=r"a day of the history comes after the last one, 2005-01-04"):
        history.append(START_NS + late_ns, days(4)[1][0])


def test_ten_days_are_no_gap_and_eleven_are() -> None:
    history, levels = kept(), days(4)[1][0]
    with pytest.raises(Gap, match="2005-01-15: 11 days after the last day of the history, 2005-01-04; 10 are the most"):
        history.append(START_NS + 14 * DAY_NS, levels)
    history.append(START_NS + 13 * DAY_NS, levels)
    assert history.labels[-1] == "2005-01-14"


def test_factors_come_once_and_snapshots_are_of_theirs() -> None:
    with pytest.raises(BadValue, match="factor 'index' comes twice"):
        History((FACTORS[0], FACTORS[0]))
    with pytest.raises(BadValue, match="there are none"):
        History(())
    with pytest.raises(BadValue, match="the history is of factors"):
        restored((Factor("gold", "share", ("XAU",)),), kept().snapshot())
