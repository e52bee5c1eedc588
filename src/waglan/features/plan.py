"""A recipe's features, compiled: rings shared by features that see the same past, and one program for the kernel.

Features share a ring if the same events enter it under the same key; a feature whose value column may be null shares
only with features of that column, because an event without the value does not enter for it.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np

from waglan.features import meaning, zones
from waglan.features.meaning import Window, bad
from waglan.kernels import distinct, layout, queues
from waglan.kernels.layout import Ints
from waglan.schema.recipe import Feature, Recipe, columns, kinds
from waglan.schema.units import MICRO, SEMANTICS

TAKES = {
    "count": layout.TAKE_COUNT, "sum": layout.TAKE_SUM, "mean": layout.TAKE_MEAN, "rate": layout.TAKE_RATE,
    "std": layout.TAKE_STD, "min": layout.TAKE_EXTREME, "max": layout.TAKE_EXTREME, "last": layout.TAKE_LAG,
    "lag": layout.TAKE_LAG, "distinct": layout.TAKE_DISTINCT,
}  # fmt: skip
AFTER = {
    "ratio": layout.AFTER_RATIO, "difference": layout.AFTER_DIFFERENCE, "add": layout.AFTER_ADD,
    "product": layout.AFTER_PRODUCT,
}  # fmt: skip
CLOCK = {
    "hour": layout.AFTER_HOUR, "weekday": layout.AFTER_WEEKDAY, "day": layout.AFTER_DAY, "month": layout.AFTER_MONTH,
    "weekend": layout.AFTER_WEEKEND, "night": layout.AFTER_NIGHT, "second_of_day": layout.AFTER_SECOND,
    "holiday": layout.AFTER_HOLIDAY,
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What the moving state and the model need to know of a recipe's features.

    `scales[i]` is what feature i's cells are multiplied by; `use` the positions given to the model; `categorical` the
    positions whose cells are places in a category list; `universes` the entity columns of each subject type, as column
    positions; `program` the kernel's; `sizes` what it needs of the arena.
    """

    names: tuple[str, ...]
    scales: tuple[int, ...]
    use: tuple[int, ...]
    categorical: tuple[int, ...]
    feedback: bool
    columns: int
    program: Ints
    sizes: "Sizes"
    digest: bytes


@dataclass(frozen=True, slots=True)
class Sizes:
    """Where the first lane begins, how many words a lane has, and its reserve before its first block."""

    first_lane: int
    lane_words: int
    reserve: int
    largest: dict[int, int]
    universes: int
    universe_columns: tuple[tuple[int, ...], ...]


@dataclass(slots=True)
class Ring:
    """A ring being put together: what enters, and what hangs on it."""

    kind: int
    key: int
    where: tuple[tuple[str, int], ...]
    slots: dict[str, bool] = field(default_factory=dict)
    hashes: dict[str, bool] = field(default_factory=dict)
    windows: dict[Window, int] = field(default_factory=dict)
    queues: dict[tuple[Window, str, int], int] = field(default_factory=dict)
    counts: dict[tuple[Window, str], int] = field(default_factory=dict)
    carried: set[str] = field(default_factory=set)
    views: dict[int, list[tuple[Window, Feature, int]]] = field(default_factory=dict)
    first: bool = False


@dataclass(slots=True)
class Draft:
    """The recipe's keys, rings, lists and row operations before they are laid out."""

    recipe: Recipe
    column_index: dict[str, int]
    keys: dict[tuple[str, ...], int] = field(default_factory=dict)
    enters: dict[int, int] = field(default_factory=dict)
    looked: set[int] = field(default_factory=set)
    rings: dict[tuple[object, ...], Ring] = field(default_factory=dict)
    lists: dict[tuple[int, int], int] = field(default_factory=dict)
    members: list[tuple[int, int, int]] = field(default_factory=list)
    after: list[tuple[int, ...]] = field(default_factory=list)
    checks: dict[int, None] = field(default_factory=dict)
    scales: dict[str, int] = field(default_factory=dict)
    categorical: dict[str, bool] = field(default_factory=dict)
    clock: bool = False


def compile(recipe: Recipe) -> Plan:
    """The plan of a recipe's features. Raises BadValue, with the name and the value, for one that is refused."""
    draft = Draft(recipe, {name: i for i, name in enumerate(columns(recipe))})
    for out, feature in enumerate(recipe.features):
        if feature.name in draft.scales or not feature.name:
            raise bad(feature, "two features have this name" if feature.name else "a feature needs a name")
        add(draft, feature, out)
        draft.categorical[feature.name] = is_categorical(recipe, feature)
    program, sizes = lay_out(draft)
    named = "\n".join([str(SEMANTICS), *draft.scales]).encode()
    return Plan(
        names=tuple(draft.scales),
        scales=tuple(draft.scales.values()),
        use=tuple(i for i, feature in enumerate(recipe.features) if feature.use),
        categorical=tuple(i for i, yes in enumerate(draft.categorical.values()) if yes),
        feedback=any(feature.kind == "effect" for feature in recipe.features),
        columns=len(draft.column_index),
        program=program,
        sizes=sizes,
        digest=hashlib.sha256(named + program.tobytes()).digest(),
    )


def is_categorical(recipe: Recipe, feature: Feature) -> bool:
    """Whether a feature's cells are places in a list of categories."""
    if feature.take not in ("value", "last", "lag") or not isinstance(feature.of, str):
        return False
    return columns(recipe)[feature.of].values is not None


def add(draft: Draft, feature: Feature, out: int) -> None:
    """Check one feature and give it its place."""
    if feature.take not in meaning.PLAIN:
        draft.scales[feature.name] = add_windowed(draft, feature, out)
        return
    meaning.check_plain(feature)
    if feature.take in meaning.ARITHMETIC:
        scale = add_arithmetic(draft, feature, out)
    elif feature.take == "value":
        scale = add_value(draft, feature, out)
    else:
        (add_calendar if feature.take == "calendar" else add_member)(draft, feature, out)
        scale = 1
    draft.scales[feature.name] = scale


def key_index(draft: Draft, key: tuple[str, ...], kind: int | None) -> int:
    """The number of a key; `kind` is the kind of event that enters under it, None if it is looked up."""
    index = draft.keys.setdefault(key, len(draft.keys))
    if kind is None:
        draft.looked.add(index)
    else:
        draft.enters[index] = draft.enters.get(index, 0) | (1 << kind)
    return index


def add_windowed(draft: Draft, feature: Feature, out: int) -> int:
    """A feature over a window; its scale."""
    recipe = draft.recipe
    of_key, by = meaning.check_keys(recipe, feature)
    kind, window, where = (
        meaning.check_kind(recipe, feature), meaning.check_window(feature), meaning.check_where(recipe, feature)
    )  # fmt: skip
    value = meaning.check_value(recipe, feature)
    own = value if value is not None and (kind != 0 or not columns(recipe)[value].required) else None
    key = key_index(draft, of_key, kind)
    ring = draft.rings.setdefault((kind, key, where, own), Ring(kind, key, where))
    ring.windows.setdefault(window, len(ring.windows))
    ring.views.setdefault(key_index(draft, by, None), []).append((window, feature, out))
    hang(ring, feature, window, value)
    if value is not None and columns(recipe)[value].entity is None:
        draft.checks[draft.column_index[value]] = None
    if feature.take == "rate":
        return MICRO
    plain = value is None or feature.take == "distinct"
    return 1 if plain else meaning.column_scale(recipe, feature, str(value))


def hang(ring: Ring, feature: Feature, window: Window, value: str | None) -> None:
    """What a feature needs of its ring: a running sum, squares, a queue, links, the first time."""
    forever = not window.span_ns and not window.events
    if feature.take == "time_since":
        ring.first = ring.first or (forever and feature.of == "first")
    elif feature.take == "distinct":
        assert value is not None
        ring.hashes[value] = ring.hashes.get(value, False) or forever
        ring.counts.setdefault((window, value), len(ring.counts))
    elif value is not None:
        ring.slots[value] = ring.slots.get(value, False) or feature.take == "std"
        if feature.take in ("min", "max"):
            ring.queues.setdefault((window, value, 1 if feature.take == "min" else -1), len(ring.queues))
        if forever and feature.take in ("sum", "mean", "rate"):
            ring.carried.add(value)


def add_arithmetic(draft: Draft, feature: Feature, out: int) -> int:
    """ratio, difference, product, add; its scale."""
    operands = meaning.names_of(feature.of)
    if len(operands) != 2:
        raise bad(feature, f"`{feature.take}` has two operands; `of` was {feature.of!r}")
    sides, scales = [], []
    for name in operands:
        place, is_cell, scale = operand(draft, feature, name)
        sides += [place, is_cell]
        scales.append(scale)
    draft.after.append((AFTER[feature.take], out, *sides, scales[1]))
    return MICRO if feature.take == "ratio" else scales[0]


def operand(draft: Draft, feature: Feature, name: str) -> tuple[int, int, int]:
    """Where an operand lies, whether that is a cell of the row, and its scale: an earlier feature, or else a column."""
    if name in draft.scales:
        if draft.categorical[name]:
            raise bad(feature, f"operand {name!r} is a category and no number")
        return list(draft.scales).index(name), 1, draft.scales[name]
    if any(later.name == name for later in draft.recipe.features) and name not in draft.column_index:
        raise bad(feature, f"operand {name!r} is not declared before its use")
    column = meaning.column_of(draft.recipe, feature, name)
    if not meaning.is_number(column):
        raise bad(feature, f"operand {name!r} is no number")
    meaning.check_truth(draft.recipe, feature, name)
    meaning.check_currency(draft.recipe, feature, column)
    draft.checks[draft.column_index[name]] = None
    return draft.column_index[name], 0, meaning.column_scale(draft.recipe, feature, name)


def add_value(draft: Draft, feature: Feature, out: int) -> int:
    """A column of the present event; its scale."""
    name = meaning.check_value(draft.recipe, feature)
    assert name is not None
    draft.checks[draft.column_index[name]] = None
    draft.after.append((layout.AFTER_VALUE, out, draft.column_index[name], 0, 0, 0, 0))
    return meaning.column_scale(draft.recipe, feature, name)


def add_calendar(draft: Draft, feature: Feature, out: int) -> None:
    """A part of the local time."""
    if feature.of not in CLOCK:
        raise bad(feature, f"`calendar` is of one of {', '.join(CLOCK)}; it was {feature.of!r}")
    draft.clock = True
    draft.after.append((CLOCK[str(feature.of)], out, 0, 0, 0, 0, 0))


def add_member(draft: Draft, feature: Feature, out: int) -> None:
    """Whether the key is on a list."""
    names = [rule.name for rule in draft.recipe.policy.lists]
    if feature.of not in names:
        raise bad(feature, f"no list {feature.of!r}; the lists are {', '.join(names) or 'none'}")
    of_key, by = meaning.check_keys(draft.recipe, feature)
    if len(by) > 1:
        raise bad(feature, f"a list holds single keys; by was {list(by)}")
    listing = kinds(draft.recipe).index("listing")
    store = (names.index(str(feature.of)), key_index(draft, of_key, listing))
    draft.members.append((key_index(draft, by, None), draft.lists.setdefault(store, len(draft.lists)), out))


class Program:
    """Rows of the kernel's program, written in order; sections are half-open ranges of rows."""

    def __init__(self) -> None:
        self.rows: list[list[int]] = [[0] * layout.WIDTH]

    def add(self, *words: int) -> int:
        """Append a row; its number."""
        self.rows.append([*words, *[0] * (layout.WIDTH - len(words))])
        return len(self.rows) - 1

    def section(self, first: int, items: Sequence[tuple[int, ...]]) -> tuple[int, int]:
        """Append rows and note their range in words `first` and the next of the header."""
        start = len(self.rows)
        for item in items:
            self.add(*item)
        self.rows[0][first : first + 2] = [start, len(self.rows)]
        return start, len(self.rows)


@dataclass(slots=True)
class Ground:
    """Where the fixed words of the arena lie."""

    classes: dict[int, int]
    structs: dict[int, tuple[int, int]] = field(default_factory=dict)

    def size_class(self, width: int) -> int:
        """The free-list class of blocks of entries of `width` words."""
        return self.classes[width]

    def struct(self, words: int, factor: int) -> int:
        """A place in each lane for the largest block of a structure, at first `words`, reserved `factor` times."""
        place = layout.LANE_FREE + len(self.classes) * layout.LOGS + len(self.structs)
        self.structs[place] = (words, factor)
        return place


def entry_words(ring: Ring) -> int:
    """Time, one running sum a value column, two more for squares, one link for each column of different values."""
    return 1 + sum(3 if squares else 1 for squares in ring.slots.values()) + len(ring.hashes)


def lay_out(draft: Draft) -> tuple[Ints, Sizes]:
    """The program and the sizes of a draft."""
    program, rings = Program(), list(draft.rings.values())
    classes = {width: i for i, width in enumerate(sorted({2, *map(entry_words, rings)}))}
    ground = Ground(classes)
    universes = universe_numbers(draft)
    tables = len(rings) + len(draft.lists)
    bases = layout.STATIC
    caps = bases + tables
    spaces = caps + len(universes)
    scratch = spaces + 4 * len(universes)
    first_lane = (scratch + len(draft.keys) + 7) & ~7
    header = program.rows[0]
    key0 = lay_keys(program, draft, ground, universes, spaces)
    heads = [head_words(ring) for ring in rings]
    table0 = lay_tables(program, draft, rings, heads, universes)
    lay_rings(program, draft, rings, heads, ground, key0, table0)
    lay_lists(program, draft, key0, table0 + len(rings))
    lay_rest(program, draft)
    header[layout.H_COLUMNS], header[layout.H_CELLS] = len(draft.column_index), len(draft.scales)
    header[layout.H_LANE], header[layout.H_SCRATCH] = first_lane, scratch
    header[layout.H_UNIVERSES], header[layout.H_BASES] = caps, bases
    reserve = sum(words * factor for words, factor in ground.structs.values()) + 64
    sizes = Sizes(
        first_lane=first_lane,
        lane_words=(layout.LANE_FREE + len(classes) * layout.LOGS + len(ground.structs) + 15) & ~7,
        reserve=reserve,
        largest={place: words for place, (words, _) in ground.structs.items()},
        universes=len(universes),
        universe_columns=universe_columns(draft, universes),
    )
    return np.array(program.rows, dtype=np.int64), sizes


def subject_types(draft: Draft, key: tuple[str, ...]) -> tuple[str, ...]:
    """The subject types of a key's columns."""
    declared = columns(draft.recipe)
    return tuple(str(declared[name].entity) for name in key)


def universe_numbers(draft: Draft) -> dict[tuple[str, ...], int]:
    """A number for each set of keys that share dense numbers: a subject type, or a pair of them."""
    out: dict[tuple[str, ...], int] = {}
    for key in draft.keys:
        out.setdefault(subject_types(draft, key), len(out))
    return out


def universe_columns(draft: Draft, universes: dict[tuple[str, ...], int]) -> tuple[tuple[int, ...], ...]:
    """The columns whose values are keys of each universe; none for pairs."""
    out: list[set[int]] = [set() for _ in universes]
    for key in draft.keys:
        if len(key) == 1:
            out[universes[subject_types(draft, key)]].add(draft.column_index[key[0]])
    return tuple(tuple(sorted(group)) for group in out)


def lay_keys(program: Program, draft: Draft, ground: Ground, universes: dict[tuple[str, ...], int], spaces: int) -> int:
    """The rows of the keys; the first."""
    structs: dict[int, int] = {}
    rows = []
    for key, index in draft.keys.items():
        universe = universes[subject_types(draft, key)]
        second, space, struct = -1, -1, 0
        if len(key) == 2:
            second, space = draft.column_index[key[1]], spaces + 4 * universe
            struct = structs.setdefault(universe, 0) or ground.struct(32, 2)
            structs[universe] = struct
        looked = int(index in draft.looked)
        first, entering = draft.column_index[key[0]], draft.enters.get(index, 0)
        rows.append((first, second, space, universe, entering, looked, struct, ground.size_class(2)))
    return program.section(layout.H_KEY0, rows)[0]


def lay_tables(
    program: Program, draft: Draft, rings: list[Ring], heads: list[int], universes: dict[tuple[str, ...], int]
) -> int:
    """The rows of the tables of heads, rings first, then lists; the first."""
    keys = list(draft.keys)
    rows = [(universes[subject_types(draft, keys[ring.key])], words) for ring, words in zip(rings, heads, strict=True)]
    rows += [(universes[subject_types(draft, keys[key])], 1) for _, key in draft.lists]
    return program.section(layout.H_TABLE0, list(rows))[0]


def head_places(ring: Ring) -> tuple[dict[str, dict[object, int]], int]:
    """Where everything lies in a head, and how many words it has."""
    at = layout.HEAD_FIXED
    places: dict[str, dict[object, int]] = {
        name: {} for name in ("low", "high", "carry", "queue", "hash", "count", "first")
    }
    for name, wanted, words in (
        ("low", [w for w in ring.windows if w.span_ns], 1),
        ("high", sorted({w.delay_ns for w in ring.windows if w.delay_ns}), 1),
        ("first", [0] if ring.first else [], 1),
        ("carry", sorted(ring.carried), 1),
        ("queue", list(ring.queues), queues.QUEUE_WORDS),
        ("hash", list(ring.hashes), distinct.HASH_WORDS),
        ("count", list(ring.counts), distinct.COUNT_WORDS),
    ):
        for item in wanted:
            places[name][item] = at
            at += words
    return places, at


def head_words(ring: Ring) -> int:
    """Words of a head: whole cache lines."""
    return (head_places(ring)[1] + 7) & ~7


def lay_rings(
    program: Program, draft: Draft, rings: list[Ring], heads: list[int], ground: Ground, key0: int, table0: int
) -> None:
    """The rows of the rings, side by side, and behind them what hangs on each."""
    blank: list[tuple[int, ...]] = [()] * len(rings)
    start, _ = program.section(layout.H_RING0, blank)
    for i, ring in enumerate(rings):
        words = lay_ring(program, draft, ring, ground, key0)
        width = entry_words(ring)
        first = ((width << layout.RING_LOG) + 7) & ~7
        factor = 3 + 4 * len(ring.queues)
        words[layout.R_EXTRA] = 3 * width + 16 * len(ring.queues) + 24 * len(ring.hashes)
        words[layout.R_STRUCT], words[layout.R_RESERVE] = ground.struct(first, factor), factor
        own = list(ring.views).index(ring.key) + 1 if ring.key in ring.views else 0
        words[layout.R_OWN], words[layout.R_PLAIN] = own, int(ring.kind == 0 and own == len(ring.views) == 1)
        words[layout.R_LIGHT] = int(not ring.hashes and not ring.carried and not any(ring.slots.values()))
        spots = [*head_places(ring)[0]["low"].values(), *head_places(ring)[0]["high"].values()]
        words[layout.R_SPOT0], words[layout.R_SPOT1] = (min(spots), max(spots) + 1) if spots else (0, 0)
        words[layout.R_TABLE], words[layout.R_HEAD] = i, heads[i]
        words[layout.R_KIND], words[layout.R_KEY] = ring.kind, key0 + ring.key
        words[layout.R_ENTRY], words[layout.R_CLASS] = width, ground.size_class(width)
        program.rows[start + i] = words
    assert table0 > 0


def lay_ring(program: Program, draft: Draft, ring: Ring, ground: Ground, key0: int) -> list[int]:
    """What hangs on one ring; the ring's own words but for the fixed ones."""
    words = [0] * layout.WIDTH
    places, _ = head_places(ring)
    index = draft.column_index

    def section(first: int, items: Sequence[tuple[int, ...]]) -> int:
        start = len(program.rows)
        for item in items:
            program.add(*item)
        words[first : first + 2] = [start, len(program.rows)]
        return start

    section(layout.R_WHERE0, [(index[name], value) for name, value in ring.where])
    at, slots, links = 1, {}, {}
    for name, squares in ring.slots.items():
        slots[name] = at
        at += 3 if squares else 1
    for name in ring.hashes:
        links[name] = at
        at += 1
    carry = places["carry"]
    fields = {column: len(draft.keys) + i for i, column in enumerate(draft.checks)}
    section(layout.R_SLOT0, [
        (index[n], slots[n], int(squares), carry.get(n, 0), fields[index[n]]) for n, squares in ring.slots.items()
    ])  # fmt: skip
    section(layout.R_HASH0, [
        (index[n], links[n], places["hash"][n], int(keep), ground.size_class(2), ground.struct(16, 2))
        for n, keep in ring.hashes.items()
    ])  # fmt: skip
    # By delay, so that a run moves the ends of windows of one delay once; moved twice, they would start where it ended.
    ordered = sorted(ring.windows, key=lambda window: window.delay_ns)
    window0 = section(layout.R_WINDOW0, [window_row(ring, window, places) for window in ordered])
    windows = {window: window0 + i for i, window in enumerate(ordered)}
    queue0 = section(layout.R_QUEUE0, [
        (windows[key[0]], slots[key[1]], key[2], places["queue"][key], ground.size_class(2)) for key in ring.queues
    ])  # fmt: skip
    count0 = section(layout.R_DISTINCT0, [(windows[k[0]], links[k[1]], places["count"][k]) for k in ring.counts])
    first = places["first"].get(0, 0)
    words[layout.R_FIRST] = first
    views = []
    for key, wanted in ring.views.items():
        stateful: dict[int, int] = {}
        cell0 = len(program.rows)
        for window, feature, out in sorted(wanted, key=lambda item: (windows[item[0]], item[2])):
            value = str(feature.of)
            detail = cell_detail(ring, feature, window, queue0, count0, first)
            word, wraps = slots.get(value, 0), carry.get(value, 0)
            if window.span_ns or window.events:
                wraps = 0
            take = take_of(feature)
            if take in (layout.TAKE_EXTREME, layout.TAKE_DISTINCT) and stateful.setdefault(detail, out) != out:
                take, detail = layout.TAKE_SAME, stateful[detail]  # a queue or a count moves once an event
            program.add(take, windows[window], word, out, detail, wraps)
        group(program.rows[cell0:], cell0, program.rows)
        views.append((key0 + key, cell0, len(program.rows)))
    section(layout.R_VIEW0, views)
    return words


def group(cells: list[list[int]], first: int, rows: list[list[int]]) -> None:
    """Tell the first cell of each window where its last is, and what a quick loop over them needs."""
    for _, same in groupby(range(len(cells)), key=lambda i: cells[i][layout.C_WINDOW]):
        places = list(same)
        head, wanted = cells[places[0]], [cells[i] for i in places]
        head[layout.C_AFTER] = first + places[-1] + 1
        counts = [cell for cell in wanted if cell[layout.C_TAKE] == layout.TAKE_COUNT]
        parts = [cell for cell in wanted if cell[layout.C_TAKE] in (layout.TAKE_MEAN, layout.TAKE_RATE)]
        by_time = rows[head[layout.C_WINDOW]][layout.W_MODE] == layout.BY_TIME
        if by_time and len(wanted) == len(counts) + len(parts) and max(len(counts), len(parts)) == 1:
            rate = bool(parts) and parts[0][layout.C_TAKE] == layout.TAKE_RATE
            head[layout.C_QUICK], head[layout.C_FACTOR] = 1, MICRO if rate else 1
            head[layout.C_COUNTED] = counts[0][layout.C_OUT] if counts else -1
            head[layout.C_DIVIDED] = parts[0][layout.C_OUT] if parts else -1
            head[layout.C_DIVIDED_WORD] = parts[0][layout.C_WORD] if parts else 0


def take_of(feature: Feature) -> int:
    """The kernel's number of a take."""
    if feature.take == "time_since":
        return layout.TAKE_SINCE_LAST if feature.of == "last" else layout.TAKE_SINCE_FIRST
    return TAKES[feature.take]


def cell_detail(ring: Ring, feature: Feature, window: Window, queue0: int, count0: int, first: int) -> int:
    """The row of a cell's queue or count, how far it goes back, or where the first time lies."""
    value = str(feature.of)
    if feature.take in ("min", "max"):
        return queue0 + ring.queues[window, value, 1 if feature.take == "min" else -1]
    if feature.take == "distinct":
        return count0 + ring.counts[window, value]
    if feature.take in ("last", "lag"):
        return feature.lag if feature.take == "lag" else 1
    return first


def window_row(ring: Ring, window: Window, places: dict[str, dict[object, int]]) -> tuple[int, ...]:
    """The kernel's words for one window."""
    mode = layout.BY_TIME if window.span_ns else layout.BY_COUNT if window.events else layout.FOR_EVER
    reach = [
        feature.lag if feature.take == "lag" else int(feature.take == "last")
        for wanted in ring.views.values() for seen, feature, _ in wanted if seen == window
    ]  # fmt: skip
    keep = window.events if window.events else max(reach)
    low, high = places["low"].get(window, 0), places["high"].get(window.delay_ns, 0)
    bounded = int(mode != layout.FOR_EVER)
    return mode, window.span_ns, window.delay_ns, window.events, int(window.present), low, high, keep, bounded


def lay_lists(program: Program, draft: Draft, key0: int, table: int) -> None:
    """The rows of the lists and of the features that ask them; tables are numbered from the first of all."""
    base = table - program.rows[0][layout.H_TABLE0]
    program.section(layout.H_LIST0, [(name, key0 + key, base + i) for (name, key), i in draft.lists.items()])
    program.section(layout.H_MEMBER0, [(key0 + key, base + store, out) for key, store, out in draft.members])
    header = program.rows[0]
    header[layout.H_LISTING] = kinds(draft.recipe).index("listing")
    header[layout.H_LIST_COLUMN] = draft.column_index["list"]
    header[layout.H_UNTIL_COLUMN] = draft.column_index["until_s"]


def lay_rest(program: Program, draft: Draft) -> None:
    """Columns whose size is checked, operations on the row, the clock."""
    program.section(layout.H_CHECK0, [(column,) for column in draft.checks])
    program.section(layout.H_AFTER0, draft.after)
    program.rows[0][layout.H_CLOCK] = int(draft.clock)
    holidays = zones.holiday_days(draft.recipe.holidays)
    if draft.clock:
        program.section(layout.H_ZONE0, list(zones.transitions(draft.recipe.zone)))
        program.section(layout.H_HOLIDAY0, [(day,) for day in holidays])
