"""Stresses by hand: quotes moved one by one in a plain dictionary and every line valued again."""

import csv
import io
import zipfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import msgspec
import pytest

from tests.pricing.books import BOOK, FACTORS, NOW, QUOTES, market
from waglan.pricing import Equity, Future, Line, Market, Quote, value
from waglan.risk import stress as room
from waglan.risk.stress import Stress, checked, read_stresses, step, stressed
from waglan.risk.universe import RiskFactor, Universe
from waglan.schema.units import DAY_NS, BadValue

FILE = Path(room.__file__).parents[1] / "desks" / "market" / "stresses.toml"
KINDS = ("equity", "equity", "fx", "fx", "fx", "rate", "volatility", "volatility")
MOVING = tuple(
    RiskFactor(factor.name, factor.how, factor.quotes, kind)  # type: ignore[arg-type]
    for factor, kind in zip(FACTORS, KINDS, strict=True)
)
UNIVERSE = Universe(tuple(line.instrument for line in BOOK), MOVING)
PLAIN = Stress(code="plain", en="p", zh_hant="p", zh_hans="p", hypothesis=True, source="a test")


def said(**fields: object) -> Stress:
    return msgspec.structs.replace(PLAIN, **fields)


def by_hand(quotes: dict[str, float]) -> list[int]:
    """What each line gains when the quotes become these; a future by its price."""
    moved = Market([Quote(name, level, NOW) for name, level in quotes.items()], NOW, DAY_NS)
    before, after = value(BOOK, market()).value_minor, value(BOOK, moved).value_minor
    out: list[int] = (after - before).tolist()
    for i, line in enumerate(BOOK):
        if isinstance(line.instrument, Future):
            gained = quotes[line.instrument.quote] - QUOTES[line.instrument.quote]
            out[i] = round(line.quantity * line.instrument.multiplier * gained * 100)
    return out


@pytest.mark.parametrize(
    ("text", "how", "size"),
    [("-33.3%", "share", -0.333), ("+300bp", "amount", 0.03), ("-2.5pt", "amount", -0.025), ("to 8.50", "to", 8.5),
     ("+0%", "share", 0.0)],
)  # fmt: skip
def test_moves_as_people_write_them(text: str, how: str, size: float) -> None:
    assert step(text) == (how, size)


@pytest.mark.parametrize(
    "text", ["", "5%", "-100%", "-10", "+x%", "to -1", "to 0", "to", "+1e999%", "+nan%", "to inf", "%", "+ 5 percent"]
)
def test_moves_that_nobody_can_read_are_refused(text: str) -> None:
    with pytest.raises(BadValue, match="a move is written"):
        step(text)


def test_every_line_is_priced_again_where_every_quote_went() -> None:
    stress = said(
        currencies={"HKD": "to 8.50", "JPY": "+4%"}, factors={"0700 vol": "+60%", "Nas*": "-12%"},
        kinds={"equity": "-33%", "rate": "+300bp", "volatility": "+5pt"},
    )  # fmt: skip
    (found,) = stressed(BOOK, market(), UNIVERSE, [stress])
    moved = dict(QUOTES)
    moved |= {"USD/HKD": 8.5, "USD/JPY": QUOTES["USD/JPY"] / 1.04}
    moved |= {name: QUOTES[name] * 0.67 for name in ("HSI Dec", "0700.HK")} | {"AAPL": QUOTES["AAPL"] * 0.88}
    moved |= {name: QUOTES[name] + 0.03 for name in ("HKD 1y", "USD 1y", "EUR 1y", "JPY 1y")}
    moved |= {"0700 vol": QUOTES["0700 vol"] * 1.6, "HSI vol": QUOTES["HSI vol"] * 1.6, "AAPL vol": 0.264 + 0.05}
    for name, ours, plain in zip(found.lines, found.by_line_minor, by_hand(moved), strict=True):
        assert abs(ours - plain) <= 2, name
    assert found.pnl_minor == sum(found.by_line_minor)
    assert [shock.by for shock in found.shocks] == [
        "kind", "factor", "currency", "still", "currency", "kind", "factor", "kind",
    ]  # fmt: skip
    assert [shock.move_micro for shock in found.shocks][:3] == [-330_000, -120_000, round((8.5 / 7.7812 - 1) * 1e6)]
    assert found.unmatched == ()
    assert found.greeks_minor != found.pnl_minor


def test_a_peg_that_is_no_factor_breaks_all_the_same() -> None:
    pegged = Universe(UNIVERSE.instruments, tuple(f for f in MOVING if f.name != "dollar"))
    (found,) = stressed(
        BOOK, market(), pegged, [said(currencies={"HKD": "to 7.00", "CHF": "-5%"}, factors={"x": "+1%"})]
    )
    assert found.shocks[-1] == room.Shock("USD/HKD", "fx", "share", "currency", round((7 / 7.7812 - 1) * 1e6))
    plain = by_hand(QUOTES | {"USD/HKD": 7.0})
    assert all(abs(ours - theirs) <= 2 for ours, theirs in zip(found.by_line_minor, plain, strict=True))
    assert found.unmatched == ("x", "CHF")


def test_an_amount_of_what_moves_by_shares_and_a_share_of_what_moves_by_amounts() -> None:
    stress = said(factors={"volatility": "+5pt", "points": "+50%", "euro": "to 1.00"})
    (found,) = stressed(BOOK, market(), UNIVERSE, [stress])
    moved = QUOTES | {"0700 vol": 0.362, "HSI vol": 0.248, "AAPL vol": 0.396, "EUR/USD": 1.0}
    assert all(abs(a - b) <= 2 for a, b in zip(found.by_line_minor, by_hand(moved), strict=True))
    assert {shock.factor: shock.move_micro for shock in found.shocks if shock.by == "factor"} == {
        "volatility": round(0.05 / 0.312 * 1e6), "points": 132_000, "euro": round((1 / 1.1534 - 1) * 1e6),
    }  # fmt: skip


def test_stresses_stand_alone_and_in_their_order() -> None:
    asked = [said(code=code, kinds={"equity": move}) for code, move in (("b", "-10%"), ("a", "+10%"), ("c", "+0%"))]
    found = stressed(BOOK, market(), UNIVERSE, asked)
    assert [each.stress.code for each in found] == ["b", "a", "c"]
    assert [each for one in asked for each in stressed(BOOK, market(), UNIVERSE, [one])] == list(found)
    assert found[2].pnl_minor == 0
    assert stressed(BOOK, market(), UNIVERSE, []) == ()
    assert stressed([], market(), UNIVERSE, asked)[0].pnl_minor == 0


def test_what_a_stress_makes_impossible_is_refused_by_name() -> None:
    with pytest.raises(BadValue, match=r"scenario 'plain': the move of '0700 vol' is a share above -1, it was -1\.6"):
        stressed(BOOK, market(), UNIVERSE, [said(factors={"volatility": "-50pt"})])
    missing = Market([Quote("0700.HK", 612.5, NOW)], NOW, DAY_NS)
    share = [Line(Equity("Tencent", "0700.HK", "HKD"), 100)]
    (found,) = stressed(share, missing, UNIVERSE, [said(currencies={"HKD": "-10%"}, kinds={"equity": "-10%"})])
    assert found.pnl_minor == -612_500
    with pytest.raises(BadValue, match="no quotes lead from USD to HKD"):
        stressed(share, missing, UNIVERSE, [said(currencies={"HKD": "to 8.00"})])
    with pytest.raises(BadValue, match="Apple: there is no quote of 'AAPL'"):
        stressed([Line(Equity("Apple", "AAPL", "HKD"), 1)], missing, UNIVERSE, [said(kinds={"equity": "-10%"})])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kinds": {"shares": "-1%"}}, "kinds are equity"),
        ({"currencies": {"USD": "-1%"}}, "a currency but USD"),
        ({"currencies": {"XXX": "-1%"}}, "XXX"),
        ({"currencies": {"HKD": "+5pt"}}, "by a share or to a level"),
        ({"factors": {"HSI": "ten"}}, "stress 'plain', HSI: a move is written"),
        ({"hypothesis": False}, "unless it is a hypothesis its days"),
        ({"source": ""}, "has a source"),
        ({"since": "1987-10-19"}, "two days"),
        ({"since": "1987-10-19", "until": "1987-10-16"}, "in their order"),
        ({"since": "1987-13-01", "until": "1987-13-02"}, "plain"),
        ({"assumed": ("volatility",)}, "among its moves"),
    ],
)
def test_stresses_that_cannot_be_are_refused(fields: dict[str, object], message: str) -> None:
    with pytest.raises(BadValue, match=message):
        checked(said(**fields))


def test_files_that_cannot_be_read_are_refused() -> None:
    with pytest.raises(BadValue, match=r"stresses: .*TOML|stresses: Expected"):
        read_stresses(b"[[stress]\n")
    with pytest.raises(BadValue, match="unknown field `shock`"):
        read_stresses(b'[[stress]]\nshock = "1%"\n')
    with pytest.raises(BadValue, match="stress 'hsi-10' comes twice"):
        read_stresses(
            FILE.read_bytes() + b"\n" + FILE.read_bytes()[FILE.read_bytes().index(b'[[stress]]\ncode = "hsi-10"') :]
        )


def test_the_desks_file_holds_what_it_must_and_works_on_any_book() -> None:
    held = read_stresses(FILE)
    codes = {stress.code for stress in held}
    assert {"1987", "1997-hibor", "1998", "2008", "2015", "2020", "hsi-10", "hsi-20", "hsi-33", "peg-700", "peg-850",
            "cnh-10", "rates+300"} <= codes  # fmt: skip
    assert all(stress.source and (stress.hypothesis or stress.since) for stress in held)
    found = {each.stress.code: each for each in stressed(BOOK, market(), UNIVERSE, held)}
    assert found["hsi-33"].shocks[0].move_micro == -330_000
    assert found["peg-850"].shocks[2].move_micro == round((8.5 / 7.7812 - 1) * 1e6)
    assert {shock.by for shock in found["rates+300"].shocks if shock.kind == "rate"} == {"kind"}


def test_exchange_rates_of_the_past_are_those_of_the_ecb(shared: Callable[[str], Path]) -> None:
    with zipfile.ZipFile(shared("data/ecb_eurofxref_hist.zip")) as archive:
        rows = {row["Date"]: row for row in csv.DictReader(io.StringIO(archive.read(archive.namelist()[0]).decode()))}
    compared = 0
    for stress in read_stresses(FILE):
        for currency, move in stress.currencies.items() if stress.since >= "1999" else ():
            column = "CNY" if currency == "CNH" else currency
            before, after = (
                Fraction(rows[day]["USD"]) / (1 if column == "EUR" else Fraction(rows[day][column]))
                for day in (stress.since, stress.until)
            )
            assert f"{float(100 * (after / before - 1)):+.2f}%" == move, (stress.code, currency)
            compared += 1
    assert compared == 39
