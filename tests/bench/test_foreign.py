"""The harness of the foreign files: its counting against plain counting, its protocol against leaks, small runs."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.foreign import LOOK, REPORT, ROOT, SILENT, Declarations, best_cut, fold, gathered, macro_f1, run
from waglan.book import Book
from waglan.engine.lint import lint
from waglan.engine.training import NEVER, history, train
from waglan.intake import from_table
from waglan.schema.recipe import open_recipe
from waglan.schema.units import DAY_NS
from waglan.store.keys import SeededKeys

Shared = Callable[[str], Path]
FLAGS = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=30)


def plain_macro_f1(said: list[bool], so: list[bool]) -> float:
    """Mean over both classes of 2 TP / (2 TP + FP + FN)."""
    total = 0.0
    for one in (True, False):
        hits = sum(a == one and b == one for a, b in zip(said, so, strict=True))
        wrong = sum((a == one) != (b == one) for a, b in zip(said, so, strict=True))
        total += 2 * hits / (2 * hits + wrong) if hits + wrong else 0.0
    return total / 2


@given(FLAGS)
def test_macro_f1_is_the_plain_one(pairs: list[tuple[bool, bool]]) -> None:
    said, so = [a for a, _ in pairs], [b for _, b in pairs]
    assert macro_f1(np.array(said), np.array(so)) == pytest.approx(plain_macro_f1(said, so), abs=1e-12)


@given(st.lists(st.tuples(st.integers(-5, 5), st.booleans()), min_size=2, max_size=30))
def test_best_cut_is_the_best_of_all(pairs: list[tuple[int, bool]]) -> None:
    score, positive = np.array([s for s, _ in pairs], np.int64), np.array([p for _, p in pairs])
    reached = {cut: macro_f1(score >= cut, positive) for cut in set(score.tolist())}
    assert reached[best_cut(score, positive)] == pytest.approx(max(reached.values()), abs=1e-12)


def test_an_account_has_its_highest_or_its_mean_score() -> None:
    scores, who = np.array([5, -7, 3, -8], np.int64), np.array([0, 2, 0, 2], np.int64)
    assert gathered(scores, who, 3, "highest").tolist() == [5, SILENT, -7]
    assert gathered(scores, who, 3, "mean").tolist() == [4, SILENT, -8]  # -7.5, rounded down


def test_accounts_are_divided_by_their_name_alone() -> None:
    folds = [fold(str(i)) for i in range(2_000)]
    assert fold("68") == folds[68]
    shares = [folds.count(k) / len(folds) for k in range(5)]
    assert min(shares) > 0.17
    assert max(shares) < 0.23
    assert {LOOK, REPORT} == {3, 4}


@pytest.mark.parametrize("name", ["customs", "amlsim"])
def test_recipes_are_clean(name: str) -> None:
    recipe, _ = open_recipe(ROOT / "recipes" / f"{name}.toml")
    assert lint(recipe) == []
    assert recipe.source is not None


def small(shared: Shared) -> pa.Table:
    """Every ninth declaration."""
    table = pq.read_table(shared("data/customs_declarations.parquet"))
    return table.take(np.arange(0, table.num_rows, 9))


def test_results_are_not_seen_before_they_are_known(shared: Shared) -> None:
    """Turning every result from a day on leaves all rows up to seven days after it as they were, and no later one."""
    recipe, _ = open_recipe(ROOT / "recipes" / "customs.toml")
    table = small(shared)
    turned = pc.if_else(pc.greater_equal(table["Date"], "2020-09-01"), pc.subtract(1, table["Fraud"]), table["Fraud"])
    place = table.column_names.index("Fraud")
    one, other = (
        history(recipe, from_table(t, recipe), NEVER)
        for t in (table, table.set_column(place, "Fraud", turned.cast(pa.int64())))
    )
    first_ns = int(np.datetime64("2020-08-31T15:00", "ns").astype(np.int64))  # midnight in Seoul
    early = one.ts_ns <= first_ns + 7 * DAY_NS
    assert one.ids == other.ids
    assert (one.rows[early] == other.rows[early]).all()
    assert (one.rows[~early] != other.rows[~early]).any()
    assert first_ns in one.ts_ns
    assert (one.positive != other.positive).any()


def test_truth_is_joined_by_id(shared: Shared, tmp_path: Path) -> None:
    table = small(shared)
    path = tmp_path / "customs.parquet"
    pq.write_table(table, path)
    known, recipe = Declarations.of(path), open_recipe(ROOT / "recipes" / "customs.toml")[0]
    past = history(recipe, from_table(table, recipe), NEVER)
    assert [known.fraud[i] for i in past.ids] == past.positive.tolist()
    read = set(past.ids)
    parts = np.unique(np.array(table["split"].to_pylist()), return_counts=True)
    for part, count in zip(*parts, strict=True):
        there = sum(known.part[i] == part for i in read)
        assert there + len(known.unread(part, past.ids)) == count


def test_a_book_decides_the_rows_that_the_bench_scores(shared: Shared, tmp_path: Path) -> None:
    """The same recipe through the engine, one event after another, gives the scores of the stepped rows."""
    recipe, _ = open_recipe(ROOT / "recipes" / "customs.toml")
    few = msgspec.structs.replace(recipe, model=msgspec.structs.replace(recipe.model, parameters={"rounds": 4}))
    batch = from_table(small(shared), few)
    trained, past = train(few, batch), history(few, batch, NEVER)
    scores = dict(zip(past.ids, trained.model.score(past.rows[:, past.plan.use]).tolist(), strict=True))
    warm = len(batch) - 400
    with Book.create(tmp_path / "book", trained.recipe_bytes, trained.model.data, SeededKeys(1)) as book:
        book.warm(batch.slice(0, warm))
        answers = [a for a in book.run(batch.slice(warm, len(batch))) if a.score_micro is not None]
    assert len(answers) > 100
    assert [a.score_micro for a in answers] == [scores[a.id] for a in answers]


def test_a_small_run_is_whole_and_does_not_move(shared: Shared, tmp_path: Path) -> None:
    pq.write_table(small(shared), tmp_path / "customs_declarations.parquet")
    (tmp_path / "amlsim").mkdir()
    stem = "20K_fanin200cycle200"
    nodes = pq.read_table(shared(f"data/amlsim/{stem}_nodes.parquet"))
    transfers = pq.read_table(shared(f"data/amlsim/{stem}_transactions.parquet"))
    pq.write_table(nodes, tmp_path / "amlsim" / f"{stem}_nodes.parquet")
    pq.write_table(transfers.slice(0, 5_000), tmp_path / "amlsim" / f"{stem}_transactions.parquet")
    first, again = (run(tmp_path, rounds=4) for _ in range(2))
    assert first["answer"] == again["answer"]
    assert first["customs"]["rows"] == again["customs"]["rows"]
    assert first["customs"]["declarations"] == 6_000
    for row in first["customs"]["rows"].values():
        assert 0.3 < row["test_macro_f1"] < 1
        assert row["test_declarations"] == first["customs"]["rows"]["published baseline, refitted"]["test_declarations"]
    assert first["amlsim"]["transfers"] == 5_000
    for row in first["amlsim"]["rows"].values():
        assert row["test_ap"] > first["amlsim"]["base rate"]
    low, high = first["amlsim"]["trees less logistic, 95%"]
    assert low <= high
