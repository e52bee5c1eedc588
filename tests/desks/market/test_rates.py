"""Rates out of files: what is read, crosses against exact fractions, and a table of everything that is refused."""

import io
import zipfile
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from waglan.desks.market.rate_files import csv_table
from waglan.desks.market.rates import arranged, closed, divided, easter, read_rates
from waglan.schema.units import NULL, BadValue

ECB = b"""Date,USD,HKD,CNY,
2005-04-01,1.2959,10.1073,10.7256,
2005-03-31,1.2964,10.1116,N/A,
2005-03-30,1.2944,10.0956,N/A,
"""


def zipped(data: bytes, *names: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as out:
        for name in names or ("eurofxref-hist.csv",):
            out.writestr(name, data)
    return held.getvalue()


def at(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_reference_rates_come_oldest_first_and_give_crosses(tmp_path: Path) -> None:
    rates = read_rates(at(tmp_path / "hist.zip", zipped(ECB)))
    assert rates.days == (date(2005, 3, 30), date(2005, 3, 31), date(2005, 4, 1))
    assert rates.quote("USD/HKD").tolist() == [round(Fraction(b, a) * 10**6) for a, b in
                                               ((12944, 100956), (12964, 101116), (12959, 101073))]  # fmt: skip
    assert rates.quote("EUR/HKD").tolist() == [10_095_600, 10_111_600, 10_107_300]
    assert rates.quote("HKD/EUR").tolist() == [99_053, 98_896, 98_938]
    assert rates.first_day("CNY") == date(2005, 4, 1)
    assert len(rates.since(date(2005, 3, 31), None)) == 2
    assert rates.since(date(2005, 4, 1), None).quote("CNY/HKD").tolist() == [942_353]


@given(st.lists(st.tuples(st.integers(1, 10**11), st.integers(10**5, 10**10)), min_size=1, max_size=5))
def test_a_cross_is_the_nearest_millionth(pairs: list[tuple[int, int]]) -> None:
    over, under = (np.array(side, np.int64) for side in zip(*pairs, strict=True))
    wanted = [round(Fraction(a, b) * 10**6) for a, b in pairs]
    if all(0 < w < 1 << 42 for w in wanted):
        assert divided(over, under).tolist() == wanted
    else:
        with pytest.raises(BadValue, match="a cross lies between"):
            divided(over, under)


def test_one_table_wide_and_long_in_csv_and_parquet_is_the_same(tmp_path: Path) -> None:
    days = [date(2024, 1, 2), date(2024, 1, 3)]
    wide = b"day,HSI,HSI vol\n2024-01-02,16788.55,0.21\n2024-01-03,16646.41,-\n"
    long = b"date,quote,level\n2024-01-02,HSI,16788.55\n2024-01-02,HSI vol,.21\n2024-01-03,HSI,16646.41\n"
    columns = {"day": days, "HSI": [16788.55, 16646.41], "HSI vol": [0.21, None]}
    pq.write_table(pa.table(columns), tmp_path / "w.parquet")
    found = [
        read_rates(at(tmp_path / "w.csv", wide)),
        read_rates(at(tmp_path / "l.csv", long)),
        read_rates(tmp_path / "w.parquet"),
    ]
    for rates in found:
        assert (rates.days, rates.names) == (tuple(days), ("HSI", "HSI vol"))
        assert rates.levels.tolist() == [[16_788_550_000, 210_000], [16_646_410_000, NULL]]
        with pytest.raises(BadValue, match=r"there is no HSI vol on 2024-01-03$"):
            rates.quote("HSI vol")


WRONG = {
    "a day that is missing": (
        "Date,USD\n2004-01-05,1.26\n2004-01-07,1.27\n",
        "2004-01-06 is missing, between 2004-01-05 and 2004-01-07: the euro's system was open",
    ),
    "a fortnight that is missing": ("day,HSI\n2004-01-05,1\n2004-01-19,2\n", "there are 13 days without a row"),
    "a day that comes twice": ("Date,USD\n2004-01-05,1.26\n2004-01-05,1.27\n", "row 2: 2004-01-05 was in row 1 too"),
    "time going back": (
        "Date,USD\n2004-01-05,1.26\n2004-01-06,1.26\n2004-01-02,1.27\n",
        "row 3: 2004-01-02 stands behind 2004-01-06 in a file that is oldest first",
    ),
    "time going back in a long file": (
        "day,quote,level\n2004-01-05,A,1\n2004-01-07,A,1\n2004-01-06,A,1\n2004-01-08,A,1\n",
        "row 3: time goes back from 2004-01-07 to 2004-01-06",
    ),
    "a quote twice": (
        "day,quote,level\n2004-01-05,A,1\n2004-01-05,B,1\n2004-01-05,A,1\n", "row 3: A on 2004-01-05 was in row 1 too"
    ),
    "no day": ("Date,USD\nyesterday,1.26\n", "row 1: Date is a day such as 2004-01-31, it was 'yesterday'"),
    "no day column": ("when,USD\n2004-01-05,1.26\n", "a column `day` or `date` was expected; it has when, USD"),
    "a number that is none": ("Date,USD\n2004-01-05,1,26\n", "row 1 has 3 cells for 2 columns: '2004-01-05,1,26'"),
    "a word": ("Date,USD\n2004-01-05,abc\n", "row 1: USD was 'abc': the value is not of the column's type"),
    "NaN": ("Date,USD\n2004-01-05,NaN\n", "row 1: USD was 'NaN': the number is NaN or infinite"),
    "infinity": ("Date,USD\n2004-01-05,inf\n", "row 1: USD was 'inf': the number is NaN or infinite"),
    "zero": ("Date,USD\n2004-01-05,0\n", "row 1: USD is above 0, it was '0'"),
    "a negative price": ("day,USD/HKD\n2004-01-05,-7.8\n", "row 1: USD/HKD is above 0, it was '-7.8'"),
    "too large": ("Date,IDR\n2004-01-05,99999999\n", "row 1: IDR was '99999999': the magnitude reaches"),
    "a column twice": ("Date,USD,USD\n2004-01-05,1,1\n", "column 3 of the header is 'USD': names are there and differ"),
    "nothing": ("", "it is empty"),
    "a header alone": ("Date,USD\n", "it has no rows"),
    "days alone": ("Date\n2004-01-05\n", "a column for each series was expected beside 'Date', there is none"),
    "a quote without a name": ("day,quote,level\n2004-01-05,,1\n", "row 1: a quote has a name, it was ''"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_what_cannot_be_used_is_refused_with_row_and_value(wrong: str) -> None:
    text, said = WRONG[wrong]
    with pytest.raises(BadValue) as caught:
        arranged(csv_table("rates.csv", text.encode()))
    assert str(caught.value).startswith("rates.csv: ")
    assert said in str(caught.value)


def test_what_is_asked_for_and_not_there_is_refused(tmp_path: Path) -> None:
    rates = read_rates(at(tmp_path / "hist.csv", ECB))
    for quote, said in (
        ("CNY/HKD", "there is no CNY on 2005-03-30, nor on 1 other days of 3"),
        ("XYZ/HKD", "XYZ/HKD: unknown currency 'XYZ'"),
        ("JPY/HKD", "JPY/HKD was asked for and there is no series of JPY; it has USD, HKD, CNY"),
        ("HSI", "there is no series 'HSI'; it has USD, HKD, CNY"),
    ):
        with pytest.raises(BadValue) as caught:
            rates.quote(quote)
        assert said in str(caught.value)
    with pytest.raises(BadValue, match="no days from 2006-01-01 to None; it has 2005-03-30 to 2005-04-01"):
        rates.since(date(2006, 1, 1), None)


def test_files_that_are_broken_are_refused(tmp_path: Path) -> None:
    whole = zipped(ECB * 50)
    pq.write_table(pa.table({"day": [date(2024, 1, 2)], "HSI": [float("nan")]}), tmp_path / "nan.parquet")
    for name, data, said in (
        ("cut.zip", whole[: len(whole) // 2], "bytes that are no whole zip, it may be cut off"),
        ("changed.zip", whole[:60] + bytes([whole[60] ^ 255]) + whole[61:], "no whole zip"),
        ("two.zip", zipped(ECB, "a.csv", "b.csv"), "a zip with one CSV was expected, it holds a.csv, b.csv"),
        ("picture.zip", zipped(ECB, "a.png"), "it holds a.png"),
        ("latin.csv", b"Date,USD\n2004-01-05,1.26\n2004-01-06,1.2\xa05\n", "line 3: the byte 0xa0 is no UTF-8"),
        ("wide.csv", "Date,USD\n".encode("utf-16"), "line 1: the byte 0xff is no UTF-8"),
        ("cut.parquet", b"PAR1xxxx", "this is no whole Parquet file"),
        ("rates.xlsx", b"abc", "rates are a .zip, .csv or .parquet file, this is .xlsx"),
    ):  # fmt: skip
        with pytest.raises(BadValue) as caught:
            read_rates(at(tmp_path / name, data))
        assert said in str(caught.value), name
    with pytest.raises(BadValue, match="row 1: HSI was nan: the number is NaN or infinite"):
        read_rates(tmp_path / "nan.parquet")
    with pytest.raises(BadValue, match="No such file"):
        read_rates(tmp_path / "nowhere.zip")


def test_holidays_of_the_euro_are_no_gaps() -> None:
    assert [easter(year) for year in (1999, 2008, 2019, 2024, 2038)] == [
        date(1999, 4, 4), date(2008, 3, 23), date(2019, 4, 21), date(2024, 3, 31), date(2038, 4, 25),
    ]  # fmt: skip
    assert [closed(date(2024, *day)) for day in ((1, 1), (3, 29), (4, 1), (5, 1), (7, 1), (12, 25))] == [
        True, True, True, True, False, True,
    ]  # fmt: skip


def test_the_whole_file_of_reference_rates(shared: Callable[[str], Path]) -> None:
    rates = read_rates(shared("data/ecb_eurofxref_hist.zip"))
    assert (len(rates), len(rates.names), rates.days[0]) == (6_983, 41, date(1999, 1, 4))
    peg = rates.since(date(2005, 6, 1), None).quote("USD/HKD")
    # On 2009-03-26 the two fixings are not of one moment: 1.3607 and 10.4579 between 1.3494 and 1.3295.
    assert np.sort(peg)[:2].tolist() == [7_685_676, 7_741_667]
    assert peg.max() < 7_855_000
    with pytest.raises(BadValue, match="there is no ISK on 2008-12-10"):
        rates.quote("ISK/HKD")
