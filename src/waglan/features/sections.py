"""Where everything of a draft lies: the sections of its program, and the arena's words that they count on.

The arena begins with words that never move: the bases of the tables, how many keys each universe has room for, the
tables of pairs, the keys of the present event; then come the lanes, from which blocks are taken as events come.
"""

from dataclasses import dataclass

import numpy as np

from waglan.features import zones
from waglan.features.draft import Draft
from waglan.features.program import Ground, Program
from waglan.features.rings import entry_words, head_words, lay_rings
from waglan.kernels import layout
from waglan.kernels.layout import Ints
from waglan.schema.recipe import columns, kinds


@dataclass(frozen=True, slots=True)
class Sizes:
    """Where the first lane begins, how many words a lane has, and its reserve before its first block.

    `largest`: a structure's place in a lane -> words of its largest block at first; `universe_columns`: the entity
    columns of each universe, as column positions, none for a universe of pairs.
    """

    first_lane: int
    lane_words: int
    reserve: int
    largest: dict[int, int]
    universes: int
    universe_columns: tuple[tuple[int, ...], ...]


def lay_out(draft: Draft) -> tuple[Ints, Sizes]:
    """The program and the sizes of a draft."""
    program, rings = Program(), list(draft.rings.values())
    ground = Ground({width: i for i, width in enumerate(sorted({2, *map(entry_words, rings)}))})
    universes = universe_numbers(draft)
    bases = layout.STATIC
    caps = bases + len(rings) + len(draft.lists)
    spaces = caps + len(universes)
    scratch = spaces + 4 * len(universes)
    first_lane = (scratch + len(draft.keys) + 7) & ~7
    lay_keys(program, draft, ground, universes, spaces)
    lay_tables(program, draft, universes)
    lay_rings(program, ground, rings, draft.column_index, checked_places(draft))
    lay_lists(program, draft)
    lay_rest(program, draft)
    header = program.header
    header[layout.H_COLUMNS], header[layout.H_CELLS] = len(draft.column_index), len(draft.scales)
    header[layout.H_LANE], header[layout.H_SCRATCH] = first_lane, scratch
    header[layout.H_UNIVERSES], header[layout.H_BASES] = caps, bases
    sizes = Sizes(
        first_lane=first_lane,
        lane_words=(layout.LANE_FREE + len(ground.classes) * layout.LOGS + len(ground.structs) + 15) & ~7,
        reserve=sum(words * factor for words, factor in ground.structs.values()) + 64,
        largest={place: words for place, (words, _) in ground.structs.items()},
        universes=len(universes),
        universe_columns=universe_columns(draft, universes),
    )
    return np.array(program.rows, dtype=np.int64), sizes


def checked_places(draft: Draft) -> dict[str, int]:
    """Where the value of each checked column lies in an event's fields: behind one for each key."""
    names = list(draft.column_index)
    return {names[column]: len(draft.keys) + i for i, column in enumerate(draft.checks)}


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


def lay_keys(
    program: Program, draft: Draft, ground: Ground, universes: dict[tuple[str, ...], int], spaces: int
) -> None:
    """The rows of the keys. A universe of pairs has one table of them, whichever key asks first."""
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
    program.section(layout.H_KEY0, rows)


def lay_tables(program: Program, draft: Draft, universes: dict[tuple[str, ...], int]) -> None:
    """The rows of the tables of heads, rings first, then lists."""
    of_key = [universes[subject_types(draft, key)] for key in draft.keys]
    rows = [(of_key[ring.key], head_words(ring)) for ring in draft.rings.values()]
    program.section(layout.H_TABLE0, rows + [(of_key[key], 1) for _, key in draft.lists])


def lay_lists(program: Program, draft: Draft) -> None:
    """The rows of the lists and of the features that ask them; their tables follow those of the rings."""
    header, base = program.header, len(draft.rings)
    key0 = header[layout.H_KEY0]
    program.section(layout.H_LIST0, [(name, key0 + key, base + i) for (name, key), i in draft.lists.items()])
    program.section(layout.H_MEMBER0, [(key0 + key, base + store, out) for key, store, out in draft.members])
    header[layout.H_LISTING] = kinds(draft.recipe).index("listing")
    header[layout.H_LIST_COLUMN] = draft.column_index["list"]
    header[layout.H_UNTIL_COLUMN] = draft.column_index["until_s"]


def lay_rest(program: Program, draft: Draft) -> None:
    """Columns whose size is checked, operations on the row, the clock."""
    program.section(layout.H_CHECK0, [(column,) for column in draft.checks])
    program.section(layout.H_AFTER0, draft.after)
    program.header[layout.H_CLOCK] = int(draft.clock)
    holidays = zones.holiday_days(draft.recipe.holidays)
    if draft.clock:
        program.section(layout.H_ZONE0, list(zones.transitions(draft.recipe.zone)))
        program.section(layout.H_HOLIDAY0, [(day,) for day in holidays])
