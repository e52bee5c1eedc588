"""The moving state against the plain meaning: every loop, chunk, thread count and restart gives the oracle's cells."""

from collections.abc import Callable
from time import process_time
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.features import naive, streams
from tests.features.streams import Stream, recipe_of
from waglan.features import Plan, Windows, plan
from waglan.kernels import layout
from waglan.schema.recipe import Feature, Recipe, columns
from waglan.schema.units import DAY_NS, HOUR_NS, NULL, SECOND_NS, BadValue, half_even

Ints = NDArray[np.int64]
Answer = tuple[Ints, NDArray[np.int8]]
Way = Callable[[Plan, "Arrays"], Answer]


class Arrays:
    """A stream in the arrays that `step` takes."""

    def __init__(self, stream: Stream, wide: int) -> None:
        self.kinds = np.array(stream.kinds, dtype=np.int8)
        self.ts = np.array(stream.ts_ns, dtype=np.int64)
        cells = [[NULL if cell is None else cell for cell in line] for line in stream.values]
        self.values = np.array(cells, dtype=np.int64).reshape(-1, wide)

    def cut(self, start: int, stop: int) -> tuple[NDArray[np.int8], Ints, Ints]:
        return self.kinds[start:stop], self.ts[start:stop], self.values[start:stop]


def meant(recipe: Recipe, stream: Stream) -> Answer:
    """The oracle's rows and status."""
    blank: list[int | None] = [None] * len(recipe.features)
    rows, status = [], []
    late = naive.late(stream.ts_ns)
    for row, below, kind in zip(
        naive.rows(recipe, stream.kinds, stream.ts_ns, stream.values), late, stream.kinds, strict=True
    ):
        shown = row if isinstance(row, list) else blank
        rows.append([NULL if cell is None else cell for cell in shown])
        status.append((int(below) if kind >= 0 else 0) + (layout.TOO_LARGE if row == naive.TOO_LARGE else 0))
    return np.array(rows, dtype=np.int64).reshape(-1, len(blank)), np.array(status, dtype=np.int8)


def feature(**fields: Any) -> Feature:
    return Feature(**fields)


def joined(parts: list[Answer], f: int) -> Answer:
    rows = [rows for rows, _ in parts] or [np.empty((0, f), dtype=np.int64)]
    return np.concatenate(rows), np.concatenate([s for _, s in parts] or [np.empty(0, dtype=np.int8)])


def at_once(compiled: Plan, given: Arrays) -> Answer:
    return Windows(compiled).step(*given.cut(0, len(given.ts)))


def one_by_one(compiled: Plan, given: Arrays) -> Answer:
    state, parts = Windows(compiled), []
    for kind, ts, line in zip(given.kinds, given.ts, given.values, strict=True):
        row, status = state.step_one(int(kind), int(ts), line)
        parts.append((row.copy().reshape(1, -1), np.array([status], dtype=np.int8)))
    return joined(parts, len(compiled.names))


def in_chunks(size: int, blocked: bool = False) -> Way:
    def way(compiled: Plan, given: Arrays) -> Answer:
        state, n = Windows(compiled), len(given.ts)
        cuts = range(0, n, size)
        parts = [state.step(*given.cut(a, a + size), blocked=blocked and i % 2 == 0) for i, a in enumerate(cuts)]
        return joined(parts, len(compiled.names))

    return way


def in_blocks(threads: int) -> Way:
    def way(compiled: Plan, given: Arrays) -> Answer:
        return Windows(compiled).step(*given.cut(0, len(given.ts)), blocked=True, threads=threads)

    return way


def in_small_blocks(compiled: Plan, given: Arrays) -> Answer:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("waglan.features.blocks.BLOCK", 16)
        return in_blocks(2)(compiled, given)


def restarted(blocked: bool) -> Way:
    def way(compiled: Plan, given: Arrays) -> Answer:
        half, n = len(given.ts) // 2, len(given.ts)
        state = Windows(compiled, partitions=2)
        first = state.step(*given.cut(0, half), blocked=blocked, threads=2)
        again, position = Windows.restore(compiled, state.snapshot(half))
        assert position == half
        return joined([first, again.step(*given.cut(half, n), blocked=blocked)], len(compiled.names))

    return way


WAYS: dict[str, Way] = {
    "at once": at_once,
    "one by one": one_by_one,
    "chunks of 7": in_chunks(7),
    "chunks of 7, in turns by blocks": in_chunks(7, blocked=True),
    "blocks": in_blocks(1),
    "blocks, two threads": in_blocks(2),
    "small blocks, two threads": in_small_blocks,
    "restarted": restarted(blocked=False),
    "restarted, blocks": restarted(blocked=True),
}


def check(recipe: Recipe, stream: Stream) -> None:
    compiled = plan.compile(recipe)
    given, (rows, status) = Arrays(stream, compiled.columns), meant(recipe, stream)
    for name, way in WAYS.items():
        ours, ours_status = way(compiled, given)
        wrong = np.argwhere(ours != rows)[:3]
        assert wrong.size == 0, f"{name}: {[(r, recipe.features[c], ours[r, c], rows[r, c]) for r, c in wrong]}"
        assert np.array_equal(ours_status, status), name


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_every_way_gives_the_meaning(data: st.DataObject) -> None:
    recipe = data.draw(streams.recipes())
    check(recipe, data.draw(streams.streams(recipe, 60, refused=True)))


def long_stream(seed: int, n: int) -> Stream:
    """Seeded events a few seconds apart on three keys, so that rings grow, drop and wrap many times."""
    rng = np.random.default_rng(seed)
    now, stream = streams.START_NS, Stream([], [], [])
    pools = {name: streams.pool(name, column) for name, column in columns(recipe_of([])).items()}
    pools["points"] += list(range(-40, 400))
    for _ in range(n):
        gap = rng.choice(
            [0, 1, SECOND_NS, 2 * SECOND_NS, 40 * SECOND_NS, 3 * HOUR_NS], p=[0.3, 0.1, 0.3, 0.2, 0.09, 0.01]
        )
        now += int(gap)
        stream.kinds.append(int(rng.choice([0, 0, 0, 0, 1, 4])))
        stream.ts_ns.append(now - (SECOND_NS if rng.random() < 0.1 else 0))
        line = [pool[int(rng.integers(len(pool)))] for pool in pools.values()]
        line[0] = 0 if line[0] is None else line[0]
        stream.values.append(line)
    return stream


@pytest.mark.parametrize("window", [{"window": "1m"}, {"window": "2s"}, {"events": 9}, {}])
@pytest.mark.parametrize("seen", [{"present": True}, {"present": False}, {"delay": "30s"}])
def test_long_streams(window: dict[str, str | int], seen: dict[str, bool | str]) -> None:
    spans = {**window, **seen}
    takes = [
        ("count", None), ("sum", "points"), ("mean", "points"), ("std", "points"), ("min", "points"), ("max", "points"),
        ("distinct", "points"), ("distinct", "device"), ("last", "points"), ("lag", "points"), ("rate", "online"),
        ("time_since", "last"), ("time_since", "first"),
    ]  # fmt: skip
    features = [
        feature(
            name=f"{take} {of} {by} {kind}", take=take, of=of, by=by, of_key=of_key, kind=kind,
            lag=3 if take == "lag" else 1, **spans,
        )
        for take, of in takes
        for by, of_key, kind in (("payer", None, None), ("payee", "payer", None), ("payee", None, "login"))
    ]  # fmt: skip
    check(recipe_of(features), long_stream(11, 220))


def test_windows_of_one_ring_in_blocks() -> None:
    """Windows that share a delay, a queue or a ring's other view must not be moved twice by one run."""
    ring = {"by": ["payer", "payee"], "delay": "2s"}
    spans: list[dict[str, Any]] = [ring, ring | {"window": "1d", "delay": "3s"}, ring | {"window": "4s"}]
    takes = [("rate", "online"), ("sum", "online"), ("max", "online"), ("max", "online")]
    features = [
        feature(name=f"{i} {span}", take=take, of=of, **span) for span in spans for i, (take, of) in enumerate(takes)
    ]
    across = {"by": ["payee", "payer"], "of_key": ["payer", "payee"], "window": "4s", "delay": "2s"}
    check(recipe_of([*features, feature(name="across", take="max", of="online", **across)]), long_stream(8, 200))


def test_no_future_is_seen() -> None:
    recipe = recipe_of([
        feature(name=f"{take}{s}", take=take, of=None if take == "count" else "points", by="payer", window="1h", **s)
        for take in ("count", "sum", "min", "distinct", "std") for s in ({"present": True}, {"delay": "5s"})
    ])  # fmt: skip
    stream = long_stream(5, 120)
    compiled = plan.compile(recipe)
    before = Arrays(stream, compiled.columns)
    changed = Arrays(stream, compiled.columns)
    half = 60
    rng = np.random.default_rng(6)
    changed.values[half:] = rng.permutation(changed.values[half:])
    changed.ts[half:] += 7 * SECOND_NS
    for way in WAYS.values():
        assert np.array_equal(way(compiled, before)[0][:half], way(compiled, changed)[0][:half])


def payments(n: int, keys: Ints, gap_ns: int) -> tuple[NDArray[np.int8], Ints, Ints]:
    """n payments of the given payers, `gap_ns` apart, of 1, 2, 3 ... points."""
    wide = plan.compile(recipe_of([])).columns
    values = np.full((n, wide), NULL, dtype=np.int64)
    values[:, 0], values[:, 7] = keys, np.arange(n) % 1000
    return np.zeros(n, dtype=np.int8), streams.START_NS + gap_ns * np.arange(n, dtype=np.int64), values


HOT = [
    Feature(name="count", take="count", by="payer", window="1d", present=True),
    Feature(name="sum", take="sum", of="points", by="payer", window="1h", present=False),
    Feature(name="max", take="max", of="points", by="payer", window="1d", present=True),
    Feature(name="distinct", take="distinct", of="points", by="payer", window="1d", present=True),
]


def test_a_hot_key_long_silent_does_not_stall() -> None:
    n = 1_000_000
    state = Windows(plan.compile(recipe_of(HOT)))
    kinds, ts, values = payments(n, np.zeros(n, dtype=np.int64), 1000)
    state.step(kinds, ts, values)
    started = process_time()
    row, status = state.step_one(0, int(ts[-1]) + 2 * DAY_NS, values[-1])
    assert process_time() - started < 0.001
    assert (list(row), status) == ([1, 0, values[-1, 7], 1], 0)


def test_a_full_window_is_refused_and_goes_on() -> None:
    n = layout.FULL + 2
    features = [
        Feature(name="count", take="count", by="payer", window="1d", present=True),
        Feature(name="ever", take="count", by="payer", present=True),
    ]
    compiled = plan.compile(recipe_of(features))
    given = payments(n, np.zeros(n, dtype=np.int64), 1000)
    for blocked in (False, True):
        state = Windows(compiled)
        rows, status = state.step(*given, blocked=blocked)
        assert list(rows[layout.FULL - 2]) == [layout.FULL - 1, layout.FULL - 1]
        assert list(status[layout.FULL - 2 :]) == [0] + [layout.WINDOW_FULL] * 3
        assert (rows[layout.FULL - 1 :] == NULL).all()
        row, code = state.step_one(0, int(given[1][-1]) + 2 * DAY_NS, given[2][-1])
        assert (list(row), code) == ([1, n + 1], 0)


def test_a_number_too_large_enters_nothing() -> None:
    recipe = recipe_of([Feature(name="sum", take="sum", of="points", by="payer", window="1d", present=True)])
    kinds, ts, values = payments(3, np.zeros(3, dtype=np.int64), 1)
    values[1, 7] = layout.VALUE_LIMIT
    for blocked in (False, True):
        rows, status = Windows(plan.compile(recipe)).step(kinds, ts, values, blocked=blocked)
        assert list(rows[:, 0]) == [0, NULL, 2]
        assert list(status) == [0, layout.TOO_LARGE, 0]


def test_an_all_time_sum_beyond_an_int64_is_refused_and_comes_back() -> None:
    """Such a sum takes millions of events to reach, so the first entry's running sum is put near it by hand."""
    spans: dict[str, dict[str, Any]] = {"now": {"present": True}, "late": {"delay": "1s"}}
    for take, near, limit in (("sum", 1 << 62, 1 << 62), ("mean", (1 << 63) - 1, (1 << 63) - 1)):
        features = [feature(name=name, take=take, of="points", by="payer", **seen) for name, seen in spans.items()]
        state = Windows(plan.compile(recipe_of(features)))
        kinds, ts, values = payments(6, np.zeros(6, dtype=np.int64), 2 * SECOND_NS)
        values[:, 7] = [123_456_789, 7, -7, 9, 5, -14]
        state.step(kinds[:1], ts[:1], values[:1])
        state._arena.words[state._arena.words == 123_456_789] = near
        rows, status = state.step(kinds[1:], ts[1:], values[1:])
        true = near + np.cumsum([0, 7, -7, 9, 5, -14]).astype(object)
        for i in range(5):
            now, late = true[i + 1], true[i]
            assert bool(status[i]) == (now > limit or late > limit)
            if not status[i]:
                counts = (1, 1) if take == "sum" else (i + 2, i + 1)
                assert list(rows[i]) == [half_even(now, counts[0]), half_even(late, counts[1])]


def words_of(state: Windows) -> int:
    return state.memory_bytes() // 8


def test_memory_is_the_stated_formula() -> None:
    """8 x (H x keys + W x entries): H = 8 words, W = 1 and 2, 40 entries a key in blocks of 64."""
    recipe = recipe_of([
        Feature(name="count", take="count", by="payer", window="1y", present=True),
        Feature(name="sum", take="sum", of="points", by="payer", kind="payment", window="1y", present=True),
    ])  # fmt: skip
    compiled = plan.compile(recipe)
    keys, each = 1000, 40
    state = Windows(compiled)
    fixed = words_of(state)
    state.step(*payments(keys * each, np.tile(np.arange(keys), each), SECOND_NS))
    rings = compiled.program[0, layout.H_RING1] - compiled.program[0, layout.H_RING0]
    assert rings == 2  # `points` may be absent, so it does not share a ring with the count
    heads, entries = 2 * 8 * 1024, keys * 64 * (1 + 2)
    assert heads + entries < words_of(state) - fixed < 2 * (heads + entries)


def test_blocks_of_grown_rings_are_reused() -> None:
    recipe = recipe_of([Feature(name="count", take="count", by="payer", window="1y", present=True)])
    state = Windows(plan.compile(recipe))
    state.step(*payments(3 * 512, np.repeat(np.arange(512), 3), 1))
    grown = words_of(state)
    kinds, ts, values = payments(30_000, np.full(30_000, 0), 1)
    state.step(kinds, ts + DAY_NS, values)  # one key grows through 8, 16 ... 32,768 entries
    after = words_of(state)
    assert after > grown
    kinds, ts, values = payments(12_000, np.full(12_000, 1), 1)
    state.step(kinds, ts + 2 * DAY_NS, values)
    assert words_of(state) == after


def test_windows_that_slide_do_not_grow() -> None:
    state = Windows(plan.compile(recipe_of(HOT)))
    kinds, ts, values = payments(200_000, np.arange(200_000) % 7, 100 * SECOND_NS)
    state.step(kinds[:50_000], ts[:50_000], values[:50_000])
    before = words_of(state)
    state.step(kinds[50_000:], ts[50_000:], values[50_000:])
    assert words_of(state) < 1.05 * before


def test_a_snapshot_is_bound_and_checked() -> None:
    compiled, other = plan.compile(recipe_of(HOT)), plan.compile(recipe_of(HOT[:2]))
    state = Windows(compiled)
    state.step(*payments(50, np.arange(50) % 3, SECOND_NS))
    data = state.snapshot(50)
    with pytest.raises(BadValue, match="plan"):
        Windows.restore(other, data)
    with pytest.raises(BadValue, match="cut"):
        Windows.restore(compiled, data[:-8])
    with pytest.raises(BadValue, match="altered"):
        Windows.restore(compiled, data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(BadValue, match="no snapshot"):
        Windows.restore(compiled, b"something else")
    again, position = Windows.restore(compiled, data)
    assert (position, again.snapshot(50)) == (50, data)


def test_wrong_arrays_and_keys_are_refused() -> None:
    compiled = plan.compile(recipe_of(HOT))
    kinds, ts, values = payments(3, np.arange(3), 1)
    with pytest.raises(BadValue, match="values"):
        Windows(compiled).step(kinds, ts, values[:, :3])
    values[2, 0] = 1 << 31
    for blocked in (False, True):
        with pytest.raises(BadValue, match="row 2"):
            Windows(compiled).step(kinds, ts, values, blocked=blocked)


def test_two_threads_prepare_where_no_room_is_left() -> None:
    compiled = plan.compile(recipe_of(HOT))
    kinds, ts, values = payments(400, np.arange(400) % 50, SECOND_NS)
    state, half = Windows(compiled), 200
    first = state.step(kinds[:half], ts[:half], values[:half], blocked=True, threads=2)
    arena = state._arena
    arena.words[arena.lanes[0] + layout.LANE_TOP] = len(arena.words) & ~7
    second = state.step(kinds[half:], ts[half:], values[half:], blocked=True, threads=2)
    rows, status = Windows(compiled).step(kinds, ts, values)
    assert (np.concatenate([first[0], second[0]]) == rows).all()
    assert (np.concatenate([first[1], second[1]]) == status).all()


def test_rows_are_written_where_they_are_asked_for_or_refused() -> None:
    compiled = plan.compile(recipe_of(HOT))
    events = payments(50, np.arange(50) % 7, SECOND_NS)
    wanted = Windows(compiled).step(*events)[0]
    out = np.zeros((70, wanted.shape[1]), np.int64)
    for blocked in (False, True):
        Windows(compiled).step(*events, blocked=blocked, out=out[10:60])
        assert (out[10:60] == wanted).all()
    wrongs: list[Any] = [out[:49], out[:50].astype(np.int32), np.zeros((50, 2 * out.shape[1]), np.int64)[:, ::2]]
    for wrong in wrongs:
        with pytest.raises(BadValue, match="out is contiguous"):
            Windows(compiled).step(*events, out=wrong)
