"""The guard against the row that the same order has in the log, and against the policy's word on it."""

import msgspec
import numpy as np
import pytest

from tests.risk.trading import HISTORY, INSTRUMENTS, NAMES, UNIVERSE, Tape, levels, recipe
from waglan.policy.limits import Limited
from waglan.risk.guard import GRADES, Foreseen, Guard
from waglan.risk.holdings import Holdings
from waglan.schema.recipe import Recipe
from waglan.schema.risk import MEASURES, Limit
from waglan.schema.units import DAY_NS, MICRO, NULL, BadValue

LIMITS = [
    Limit(code="es_total", of="es_total", by="total", soft=2 * 10**11, hard=25 * 10**10),
    Limit(code="es_book", of="es_book", by="book", soft={"equities": 10**11}, hard=2 * 10**11),
    Limit(code="name_25", of="exposure_counterparty", by="counterparty", hard={"BANK Ltd": 10**9, "*": 10**7}),
    Limit(code="delta", of="delta_total", by="total", soft=5 * 10**12, hard=2 * 10**13, absolute=True),
    Limit(code="stop", of="pnl_trader", by="trader", hard={"ann": 10**13}, side="below"),
    Limit(code="gross", of="notional_book", by="book", soft=5 * 10**12, hard=9 * 10**12),
]


def limited(method: str) -> Recipe:
    made = recipe(method=method)
    columns = dict(made.columns)
    codes = [limit.code for limit in LIMITS]
    columns["limit"] = msgspec.structs.replace(columns["limit"], values=codes)
    columns |= {
        name: msgspec.structs.replace(columns["book"], values=None, entity="staff") for name in ("maker", "checker")
    }
    columns["breach_reason"] = msgspec.structs.replace(columns["book"], values=["why"])
    policy = msgspec.structs.replace(made.policy, limits=LIMITS, verbs=["within", "soft", "hard"], adverse=["hard"])
    return msgspec.structs.replace(made, columns=columns, policy=policy)


def opened(method: str = "historical") -> tuple[Holdings, Tape]:
    """Holdings with a history and a tape that goes on behind it."""
    tape = Tape(limited(method))
    for day in range(HISTORY):
        tape.quotes(levels(day)).add("roll")
        tape.ts_ns += DAY_NS - 10**9 * (len(levels(day)) + 1)
    holdings = Holdings(tape.recipe, UNIVERSE)
    holdings.step(*tape.arrays())
    return holdings, Tape(tape.recipe, tape.ts_ns - DAY_NS // 2)


Order = tuple[str | None, str | None, str, int, str | None, float | None]


def orders(seed: int, n: int) -> list[Order]:
    chance = np.random.default_rng(seed)
    out: list[Order] = []
    for _ in range(n):
        trader, other = (None, "ann", "bob", "cai")[chance.integers(4)], (None, "one", "two")[chance.integers(3)]
        price = None if chance.random() < 0.5 else float(round(chance.uniform(1, 200), 2))
        size = int(chance.integers(-3000, 3001)) * int(chance.choice([1, 1, 1, 200]))
        name = str(chance.choice([it.name for it in INSTRUMENTS]))
        book = None if chance.random() < 0.05 else str(chance.choice(NAMES["book"]))
        out.append(
            (book, None if trader is None else str(trader), name, size, None if other is None else str(other), price)
        )
    return out


def code(name: str, value: str | None) -> int:
    return -1 if value is None else NAMES[name].index(value)


def asked(guard: Guard, order: Order) -> Foreseen:
    book, trader, name, size, other, price = order
    at = NULL if price is None else round(price * MICRO)
    places = (code("book", book), code("trader", trader), code("counterparty", other))
    return guard.after(UNIVERSE.place[name], size, *places, at)


def moved(holdings: Holdings, tape: Tape) -> Tape:
    """Take what stands on a tape; a new one."""
    holdings.step(*tape.arrays())
    return Tape(tape.recipe, tape.ts_ns)


@pytest.mark.parametrize("method", ["historical", "parametric"])
def test_an_order_is_foreseen_as_its_row_and_its_verb_tell_it(method: str) -> None:
    holdings, tape = opened(method)
    guard, policy = Guard(holdings), Limited(tape.recipe, list(holdings.columns), UNIVERSE.issuers)
    graded, waived, words = set(), 0, {"soft": 1, "limit": 2}
    for i, order in enumerate(orders(3, 400)):
        if i == 100:
            tape = moved(holdings, tape.quotes(levels(HISTORY + i)).add("reprice"))
        if i == 150:
            until = tape.ts_ns // 10**9 + 86_400
            tape.add("waiver", limit="name_25", amount=10**12, until_s=until, counterparty="one")
            tape = moved(holdings, tape)
        said, cells = asked(guard, order), guard.cells.copy()
        book, trader, name, size, other, price = order
        _, _, values = tape.check("order", book, name, size, price, trader, other).arrays()
        row, status = holdings.step_one(0, holdings.now_ns, values[0])
        assert said.status == status
        tape = Tape(tape.recipe, tape.ts_ns)
        if status:
            continue
        assert (cells == row[: len(MEASURES)]).all()
        seen = dict(zip(holdings.columns, row.tolist(), strict=True))
        assert said[1:5] == tuple(seen[measure] for measure in ("es_total", "var_total", "es_book", "var_book"))
        _, reasons, _ = policy.decide_one(values[0].tolist(), row.tolist(), 0, "x", False)
        told = [(words[grade], limit) for grade, limit in (reason.split(":") for reason in reasons)]
        assert said.grade == max((grade for grade, _ in told), default=0)
        if told:
            assert LIMITS[said.limit].code == next(limit for grade, limit in told if grade == said.grade)
        graded.add(GRADES[said.grade])
        waived += (1, "name_25") in told
        if i % 3 == 0 and price is not None:  # some are done
            tape = moved(holdings, tape.check("fill", book, name, size // 10 or 1, price, trader, other))
    assert graded == set(GRADES)
    assert waived, "name_25 has no soft amount"


def test_what_is_not_there_is_told() -> None:
    holdings, _ = opened()
    guard = Guard(holdings)
    with pytest.raises(BadValue, match="there is no instrument 8, book 0"):
        guard.after(8, 1, 0)
    with pytest.raises(BadValue, match="book 2"):
        guard.after(0, 1, 2)
    with pytest.raises(BadValue, match="does not fit 64 bits"):
        guard.after(0, 1 << 70, 0)
    assert guard.after(0, 1 << 43, 0).status == 2
    assert guard.after(0, 0, 0).status == 32
    assert guard.after(0, 1, -1).status == 32


def test_without_scenarios_nothing_is_foreseen() -> None:
    assert Guard(Holdings(limited("historical"), UNIVERSE)).after(0, 1, 0).status == 8
