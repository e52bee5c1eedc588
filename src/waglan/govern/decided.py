"""What was decided, side by side: the arrays that an audit counts, from a book or from a plain table.

A row is a decision: what was done, what it scored, what became true of it. The score is the log-odds of the bad
outcome, higher is worse; outcome 1 is the bad one. What was erased or refused can not be grouped: it is counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from waglan.book import Book
from waglan.engine.judge import Model
from waglan.engine.replay import matrix
from waglan.govern.sheet import Sheet
from waglan.ledger.entry import DECISION, OBSERVATION, REFUSAL
from waglan.schema.recipe import columns as columns_of
from waglan.schema.records import Decision, decode_decision, decode_observation
from waglan.schema.units import MICRO, NULL, BadValue
from waglan.store.vault import ERASED

Ints = NDArray[np.int64]

GOOD: Final = 0
BAD: Final = 1
UNKNOWN: Final = 2

CHUNK: Final = 8192


@dataclass(frozen=True)
class Decided:
    """n decisions in log order.

    position (n,): place in the log, or row of the table from 1. verb (n,): places in `verbs`, mildest first, which are
    favourable or not. outcome (n,): 0 good, 1 bad, 2 not known. score_micro, chance_micro (n,): NULL without one; a
    chance is that of the bad outcome. subject (n,): token of the person, NULL where nobody is. values (n, c): the
    event's own columns. rows (n, f): what the model saw of each, by `features`.
    """

    source: str
    desk: str
    digest: str
    ids: list[str]
    position: Ints
    ts_ns: Ints
    verb: Ints
    verbs: tuple[str, ...]
    favourable: tuple[bool, ...]
    outcome: Ints
    score_micro: Ints
    chance_micro: Ints
    subject: Ints
    values: Ints
    features: tuple[str, ...]
    rows: Ints
    erased: int = 0
    refused: int = 0
    about: dict[str, NDArray[np.bool_]] | None = None
    """`override`, `appeal` -> which decisions have one, where the recipe has kinds for them and there is any."""

    def __len__(self) -> int:
        return len(self.verb)

    def take(self, keep: NDArray[np.bool_]) -> "Decided":
        """Some of the decisions."""
        at = np.flatnonzero(keep)
        return replace(
            self,
            ids=[self.ids[i] for i in at.tolist()],
            about={kind: flags[keep] for kind, flags in (self.about or {}).items()},
            **{name: getattr(self, name)[keep] for name in COLUMNS},
        )

    def within(self, cells: Sequence[tuple[int, int]]) -> NDArray[np.bool_]:
        """Which decisions lie in any of these cells (outcome, 1 if favourable else 0), (n,)."""
        wanted = np.zeros((3, 2), np.bool_)
        for cell in cells:
            wanted[cell] = True
        return wanted[self.outcome, np.array(self.favourable, np.int64)[self.verb]]

    def once(self) -> NDArray[np.bool_]:
        """The last decision of each person, (n,); those about nobody all stay."""
        keep: NDArray[np.bool_] = self.subject == NULL
        _, back = np.unique(self.subject[::-1], return_index=True)
        keep[len(self) - 1 - back] = True
        return keep


COLUMNS: Final = ("position", "ts_ns", "verb", "outcome", "score_micro", "chance_micro", "subject", "values", "rows")


def of_book(book: Book) -> Decided:
    """Every decision of a book that can be opened, in one pass over its records."""
    book.engine.commit()
    store, judge = book.engine.store, book.engine.judge
    use = [judge.names.index(name) for name in judge.model.features]
    outcome_at = list(columns_of(book.recipe)).index("outcome")
    blocks, waiting = list[_Block](), list[Decision]()
    tokens, positions, truth, about = list[int](), list[int](), dict[str, int](), dict[str, set[str]]()
    review = book.recipe.policy.review
    asked = {} if review is None else {review.override: "override", review.appeal: "appeal"}
    erased = refused = 0
    for row in store.range(0, store.size):
        if row.form == ERASED:
            erased += row.kind == DECISION
        elif row.kind == REFUSAL:
            refused += 1
        elif row.kind == OBSERVATION:
            event = decode_observation(row.record).event
            if event.kind == "outcome":
                truth[event.id.rsplit("/", 1)[0]] = event.values[outcome_at] or 0
            elif event.kind in asked:
                about.setdefault(asked[event.kind], set()).add(event.id.rsplit("/", 1)[0])
        elif row.kind == DECISION:
            waiting.append(decode_decision(row.record))
            positions.append(row.position)
            tokens.append(NULL if row.token is None else row.token)
            if len(waiting) == CHUNK:
                blocks.append(_block(waiting, use, book))
                waiting = []
    if waiting:
        blocks.append(_block(waiting, use, book))
    if not blocks:
        raise BadValue(f"{book.path}: a book with decisions was expected; {erased:,} were made and all were erased")
    ids = [event_id for block in blocks for event_id in block.ids]
    scores = np.concatenate([block.score for block in blocks])
    policy = book.recipe.policy
    return Decided(
        source=book.recipe.name,
        desk=book.recipe.desk,
        digest=judge.digest.hex(),
        ids=ids,
        position=np.array(positions, np.int64),
        ts_ns=np.concatenate([block.ts_ns for block in blocks]),
        verb=np.concatenate([block.verb for block in blocks]),
        verbs=tuple(policy.verbs),
        favourable=tuple(verb not in policy.adverse for verb in policy.verbs),
        outcome=np.array([truth.get(event_id, UNKNOWN) for event_id in ids], np.int64),
        score_micro=scores,
        chance_micro=_chances(judge.model, scores),
        subject=np.array(tokens, np.int64),
        values=np.concatenate([block.values for block in blocks]),
        features=tuple(judge.model.features),
        rows=np.concatenate([block.rows for block in blocks]),
        erased=erased,
        refused=refused,
        about={kind: np.array([i in found for i in ids], np.bool_) for kind, found in sorted(about.items())},
    )


def _chances(model: Model, scores: Ints) -> Ints:
    """Stated chances in millionths, each distinct score asked once."""
    distinct, back = np.unique(scores, return_inverse=True)
    told = [model.probability(score) for score in distinct.tolist()]
    return np.array([NULL if chance is None else chance for chance in told], np.int64)[back]


@dataclass(frozen=True)
class _Block:
    ids: list[str]
    ts_ns: Ints
    verb: Ints
    score: Ints
    values: Ints
    rows: Ints


def _block(made: Sequence[Decision], use: Sequence[int], book: Book) -> _Block:
    """Some thousand decisions as arrays: a row in Python's own numbers takes 3 KB, so only some at once."""
    place = {verb: code for code, verb in enumerate(book.recipe.policy.verbs)}
    width = len(book.engine.judge.names)
    columns = len(made[0].event.values)
    return _Block(
        [d.event.id for d in made],
        np.array([d.event.ts_ns for d in made], np.int64),
        np.array([place[d.actions[0].verb] if d.actions else 0 for d in made], np.int64),
        np.array([d.score_micro for d in made], np.int64),
        matrix([d.event.values for d in made]).reshape(-1, columns),
        matrix([d.row for d in made]).reshape(-1, width)[:, use],
    )


@dataclass(frozen=True)
class Columns:
    """Which columns of a plain table say what. `favourable`: values of `action`; `bad`: values of `outcome`."""

    action: str
    favourable: Sequence[str]
    outcome: str | None = None
    bad: Sequence[str] = ()
    chance: str | None = None
    score: str | None = None
    id: str | None = None
    features: Sequence[str] = ()


def of_sheet(sheet: Sheet, columns: Columns) -> Decided:
    """The decisions of a plain table, in its order. BadValue for columns or values that are not there."""
    words, verb = sheet.values(sheet.need(columns.action, "what was done"))
    _named(sheet, columns.action, words, columns.favourable)
    _stated(sheet, columns.action, verb)
    order = sorted(range(len(words)), key=lambda i: (words[i] not in columns.favourable, words[i]))
    verb = np.argsort(np.array(order, np.int64))[verb]
    nothing = np.full(len(sheet), NULL, np.int64)
    chance = nothing if columns.chance is None else _chance(sheet, columns.chance)
    score = nothing if columns.score is None else sheet.numbers(sheet.need(columns.score, "the score"))
    rows = [_feature(sheet, name) for name in columns.features]
    return Decided(
        source=sheet.where,
        desk="",
        digest="",
        ids=_ids(sheet, columns.id),
        position=np.arange(1, len(sheet) + 1),
        ts_ns=np.zeros(len(sheet), np.int64),
        verb=verb,
        verbs=tuple(words[i] for i in order),
        favourable=tuple(words[i] in columns.favourable for i in order),
        outcome=_outcome(sheet, columns),
        score_micro=chance if columns.score is None else score,
        chance_micro=chance,
        subject=nothing,
        values=np.empty((len(sheet), 0), np.int64),
        features=tuple(columns.features),
        rows=np.column_stack(rows) if rows else np.empty((len(sheet), 0), np.int64),
    )


def _outcome(sheet: Sheet, columns: Columns) -> Ints:
    """Blank is not known yet."""
    if columns.outcome is None:
        return np.full(len(sheet), UNKNOWN, np.int64)
    words, codes = sheet.values(sheet.need(columns.outcome, "what became true"))
    _named(sheet, columns.outcome, words, columns.bad)
    meaning = np.array([BAD if word in columns.bad else GOOD for word in words] + [UNKNOWN], np.int64)
    return meaning[codes]


def _chance(sheet: Sheet, name: str) -> Ints:
    found = sheet.numbers(sheet.need(name, "the stated chance"))
    wrong = np.flatnonzero((found != NULL) & ((found < 0) | (found > MICRO)))
    if len(wrong):
        at = int(wrong[0])
        raise BadValue(f"{sheet.where}: row {at + 1}: {name} is a chance from 0 to 1, it was {found[at] / MICRO:g}")
    return found


def _feature(sheet: Sheet, name: str) -> Ints:
    """A column of numbers in millionths, or one of words by their place in the alphabet."""
    try:
        return sheet.numbers(sheet.need(name, "a feature"))
    except BadValue:
        words, codes = sheet.values(sheet.need(name, "a feature"))
        place = {word: i for i, word in enumerate(sorted(words))}
        return np.array([place[word] for word in words] + [NULL], np.int64)[codes]


def _ids(sheet: Sheet, name: str | None) -> list[str]:
    """The table's own ids, or the numbers of its rows."""
    if name is None:
        return [str(row) for row in range(1, len(sheet) + 1)]
    words, codes = sheet.values(sheet.need(name, "the id"))
    _stated(sheet, name, codes)
    counts = np.bincount(codes)
    if (counts > 1).any():
        twice = int(np.flatnonzero(counts > 1)[0])
        at = np.flatnonzero(codes == twice)
        raise BadValue(f"{sheet.where}: row {int(at[1]) + 1}: {name} {words[twice]!r} was in row {int(at[0]) + 1} too")
    return [words[code] for code in codes.tolist()]


def _stated(sheet: Sheet, name: str, codes: Ints) -> None:
    blank = np.flatnonzero(codes < 0)
    if len(blank):
        raise BadValue(f"{sheet.where}: row {int(blank[0]) + 1}: {name} is blank")


def _named(sheet: Sheet, name: str, words: Sequence[str], wanted: Sequence[str]) -> None:
    for word in wanted:
        if word not in words:
            what = ", ".join(sorted(words)[:8]) or "blank in every row"
            raise BadValue(f"{sheet.where}: {name} is never {word!r}; it is {what}")
