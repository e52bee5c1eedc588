"""The fraud benchmark's harness: its protocol beside a plain reading, the rebuilt world, a run of everything, small."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from bench import handbook
from bench import handbook_protocol as protocol
from bench.handbook_world import DAY_S, Payments, world
from waglan.intake import read
from waglan.schema.recipe import columns, open_recipe
from waglan.schema.units import BadValue

FILE = "data/handbook_transactions.parquet"
RECIPE, _ = open_recipe(handbook.RECIPE)


@pytest.fixture(scope="module")
def small() -> Payments:
    """400 customers and 1,200 terminals over 75 days: 57,000 payments."""
    return world(7, customers=400, terminals=1_200, days=75)


def test_a_seed_is_a_world() -> None:
    one, same, other = (world(seed, 50, 400, 20) for seed in (1, 1, 2))
    assert np.array_equal(one.amount_minor, same.amount_minor)
    assert np.array_equal(one.kind, same.kind)
    assert len(one) != len(other) or not np.array_equal(one.amount_minor, other.amount_minor)


def test_the_world_holds_what_its_parameters_say(small: Payments) -> None:
    p = small
    assert (np.diff(p.seconds) >= 0).all()
    assert p.seconds.min() > 0
    assert p.days.max() == 74
    assert set(np.unique(p.kind)) == {0, 1, 2, 3}
    assert (p.fraud[p.amount_minor > 22_000] == 1).all()
    # Poisson with mean U(0, 4), times of day kept in 96.9% of draws: 1.94 payments a customer and day
    assert len(p) / (400 * 75) == pytest.approx(1.94, rel=0.15)
    honest = p.kind == 0
    counts = np.bincount(p.customer[honest], minlength=400)
    means = np.bincount(p.customer[honest], p.amount_minor[honest], 400)[counts >= 50] / counts[counts >= 50]
    # U(5, 100) in cents; a deviation of half the mean leaves .07 of it on a mean of 50, redrawn amounts add .01
    assert 400 < means.min() < 700
    assert 9_000 < means.max() < 12_500


def test_a_compromised_terminal_takes_all_its_payments_for_28_days() -> None:
    p = world(3, customers=300, terminals=300, days=60)
    for terminal in np.unique(p.terminal[p.kind == 2])[:50]:
        own = p.terminal == terminal
        first = p.days[own & (p.kind == 2)].min()
        if (p.days[own & (p.kind == 2)] == first).all():
            continue
        later = own & (p.days > first) & (p.days < min(first + 28 - 14, 60))
        assert (p.fraud[later] == 1).all()


def naive_window(
    p: Payments, key: str, value: list[int], row: int, days: int, delay_s: int
) -> tuple[int, int]:  # fmt: skip
    """Count and sum over the same key in (t - delay - days, t - delay], rows after the present one never seen."""
    keys, now = getattr(p, key), int(p.seconds[row]) - delay_s
    seen = range(row + 1) if not delay_s else range(len(p))
    inside = [j for j in seen if keys[j] == keys[row] and now - days * DAY_S < p.seconds[j] <= now]
    return len(inside), sum(value[j] for j in inside)


def test_the_fifteen_features_mean_what_the_text_says() -> None:
    p = world(5, customers=6, terminals=400, days=45)
    x = protocol.fifteen(p)
    amounts, frauds = p.amount_minor.tolist(), p.fraud.tolist()
    for row in range(0, len(p), max(1, len(p) // 60)):
        want = [amounts[row] / 100, float((p.days[row] + 6) % 7 >= 5), float(p.seconds[row] % DAY_S < 7 * 3600)]
        for days in (1, 7, 30):
            count, total = naive_window(p, "customer", amounts, row, days, 0)
            want += [count, total / count / 100]
        for days in (1, 7, 30):
            count, total = naive_window(p, "terminal", frauds, row, days, 7 * DAY_S)
            want += [count, total / count if count else 0.0]
        assert x[row].tolist() == pytest.approx(want, abs=1e-12)


def test_known_cards_are_left_out_of_the_test_week(small: Payments) -> None:
    p, first = small, 40
    rows = set(protocol.test_rows(p, first).tolist())
    frauds: dict[int, list[int]] = {}
    for customer, day in zip(p.customer[p.kind > 0].tolist(), p.days[p.kind > 0].tolist(), strict=True):
        frauds.setdefault(customer, []).append(day)
    for row in np.flatnonzero((p.days >= first + 14) & (p.days < first + 21)).tolist():
        day = int(p.days[row])
        of = frauds.get(int(p.customer[row]), [])
        known = any(first <= d < first + 7 or first + 6 <= d <= day - 8 for d in of)
        assert (row in rows) == (not known)
    assert {int(p.days[row]) for row in rows} == set(range(54, 61))


def test_card_precision_by_hand() -> None:
    days = np.array([0, 0, 0, 0, 1, 1, 1])
    cards = np.array([1, 1, 2, 3, 1, 2, 3])
    fraud = np.array([False, True, False, False, True, False, True])
    score = np.array([9, 1, 5, 7, 9, 5, 7])
    # day 0: cards 1 (9) and 3 (7), one compromised; card 1 is found; day 1: cards 3 (7) and 2 (5), one compromised
    assert protocol.card_precision(days, cards, fraud, score, top=2) == 0.5
    # with one place a day: card 1, then card 3
    assert protocol.card_precision(days, cards, fraud, score, top=1) == 1.0


def test_everything_once_small(small: Payments) -> None:
    found = handbook.run(small, RECIPE, starts=(54,))
    assert set(found) == {"xgboost", "xgboost_100", "ours_week", "ours"}
    for of in found.values():
        assert len(of["folds"]) == 1
        assert set(of["mean"]) == {"ap", "auc", "cp100"}
        assert of["mean"]["ap"] == pytest.approx(np.mean([fold["ap"] for fold in of["folds"]]))
    assert found["ours"]["mean"]["ap"] > found["xgboost"]["mean"]["ap"] > 0.3
    assert handbook.table(found | {"fresh": []}).count("\n") == 5


def test_no_label_younger_than_the_delay_is_used(small: Payments) -> None:
    """With every label from day first + 7 turned round, rows before day first + 14 and what is trained on stay."""
    first = 47
    turned = np.where(small.days >= first + 7, 1 - small.fraud, small.kind).astype(np.int8)
    other = Payments(small.seconds, small.customer, small.terminal, small.amount_minor, turned)
    rows, twin = handbook.rows_of(small, RECIPE), handbook.rows_of(other, RECIPE)
    before = small.days < first + 14
    assert np.array_equal(rows[before], twin[before])
    assert not np.array_equal(rows[~before], twin[~before])
    for history in (False, True):
        chosen, weights = handbook.training(small, RECIPE, rows, first, history=history)
        again, _ = handbook.training(other, RECIPE, twin, first, history=history)
        assert np.array_equal(chosen, again)
        assert small.days[chosen].max() == first + 6
        assert small.days[chosen].min() == (40 if history else first)
        # a seeded share of the honest payments stands for all of them, but for cards known as compromised
        known = rows[:, [f.name for f in RECIPE.features].index("known_frauds_14d")]
        whole = (small.days >= (40 if history else first)) & (small.days < first + 7) & (known == 0)
        assert weights.sum() == pytest.approx(whole.sum(), rel=0.1)


def test_a_file_without_a_column_is_refused(tmp_path: Path) -> None:
    pl.DataFrame({"TX_DATETIME": [1], "TX_FRAUD": [0]}).write_parquet(tmp_path / "short.parquet")
    with pytest.raises(BadValue, match="no column CUSTOMER_ID, TERMINAL_ID, TX_AMOUNT; found TX_DATETIME, TX_FRAUD"):
        handbook.load(tmp_path / "short.parquet")


def test_the_published_counts_come_back(shared: Callable[[str], Path]) -> None:
    """Chapter 3: rows and frauds of training and test week, and what a perfect scorer reaches."""
    p = handbook.load(shared(FILE))
    train, test = protocol.week_rows(p, 115), protocol.test_rows(p, 115)
    assert (len(train), int(p.fraud[train].sum())) == (67_240, 598)
    assert (len(test), int(p.fraud[test].sum())) == (58_264, 385)
    perfect = protocol.figures(p, test, p.fraud[test].astype(np.int64))
    assert perfect["ap"] == perfect["auc"] == 1.0
    assert round(perfect["cp100"], 3) == 0.397


def test_the_mapping_reads_the_file_as_the_harness_does(tmp_path: Path, shared: Callable[[str], Path]) -> None:
    pl.read_parquet(shared(FILE)).head(3_000).write_parquet(tmp_path / "head.parquet")
    batch, own = read(tmp_path / "head.parquet", RECIPE), handbook.load(tmp_path / "head.parquet")
    paid = np.flatnonzero(batch.kinds == 0)
    assert len(paid) == 3_000
    assert not batch.refusals
    assert (batch.kinds == 1).sum() == 3_000
    values = handbook.values_of(own, RECIPE)
    names = list(columns(RECIPE))
    for name in ("amount", "fraud", "day"):
        assert np.array_equal(batch.values[paid, names.index(name)], values[:, names.index(name)])
    for name in ("customer", "terminal"):
        place = names.index(name)
        said = [int(batch.names[place][i]) for i in batch.values[paid, place].tolist()]
        assert said == values[:, place].tolist()
