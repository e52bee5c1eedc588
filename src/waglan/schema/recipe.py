"""A recipe: everything that can change an answer, in one TOML file that a person can read, compare and sign.

The structs here are the file's shape and nothing more; each room checks the part it runs. Unknown keys are errors.
See docs/reference/recipe.md.
"""

import hashlib
import tomllib
from pathlib import Path
from typing import Any, Literal

import msgspec

from waglan.schema.lending import Aim as Aim
from waglan.schema.lending import Grade as Grade
from waglan.schema.lending import Handling as Handling
from waglan.schema.lending import Offer as Offer
from waglan.schema.lending import Profit as Profit
from waglan.schema.lending import Review as Review
from waglan.schema.risk import Limit as Limit
from waglan.schema.risk import Risk as Risk
from waglan.schema.units import SEMANTICS, BadValue


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What people call something, in three scripts."""

    en: str
    zh_hant: str
    zh_hans: str


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One column of an event: exactly one of entity, money, values, integer, decimal, flag says what it is."""

    entity: str | None = None
    """The subject type whose identifiers it holds (account, card, device ...): columns of one type share their keys."""
    money: str | None = None
    """Currency code, or the name of the category column that holds it; stored in minor units."""
    values: list[str] | None = None
    """Declared categories; stored as the position in this list."""
    other: bool = False
    """A category outside the list is stored as len(values) and not refused."""
    integer: bool = False
    decimal: bool = False
    """A ratio or coordinate; stored in millionths."""
    flag: bool = False
    """False or true; stored as 0 or 1."""
    required: bool = True
    """A decided event without it is refused."""
    negative: bool = False
    """Negative numbers are allowed."""
    truth_after: str | None = None
    """The column tells the outcome, known only this long after the event: features must be delayed by at least it."""
    protected: Literal["sex", "disability", "family_status", "race", "age", "other"] | None = None
    """The ground on which nobody may be treated worse: no feature, rule, list or recourse reads such a column."""
    en: str = ""
    zh_hant: str = ""
    zh_hans: str = ""
    """What people call it; recourse says it to the person concerned."""
    names: dict[str, Words] = {}
    """What people call its categories."""


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One column of a file that was not made for us."""

    column: str
    unit: Literal["major", "minor", "s", "ms", "us", "ns", "day", "text"] | None = None
    """Of money: major (default) or minor. Of time: the unit of a whole number, or text."""
    format: str | None = None
    """strptime format of a text time; ISO 8601 without it."""
    zone: str | None = None
    """Time zone of a text time that names none; the recipe's zone without it."""
    rename: dict[str, str] = {}
    """Value in the file -> category in the recipe."""
    round: bool = False
    """Of money and integers: a number with more digits than the column's unit goes to the nearest, half to even, and is
    not refused."""


class OutcomeSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A truth column in the file, turned into outcome events of their own that come `after` the event."""

    column: str
    after: str
    positive: list[str | int] = msgspec.field(default_factory=lambda: [1])


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a file becomes events; absent, the file is in our own form (id, kind, ts_ns, and columns by name)."""

    id: str | None = None
    """Column of the event's id; absent, the row's position in the file."""
    kind: str = "payment"
    """Kind of every row, if `kind_column` is absent."""
    kind_column: str | None = None
    time: Source
    map: dict[str, Source | str] = {}
    outcome: OutcomeSource | None = None


class Feature(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One declared feature. See docs/reference/features.md for each `take`."""

    name: str
    take: Literal[
        "value", "count", "sum", "mean", "std", "min", "max", "distinct", "last", "lag", "time_since", "rate",
        "in_list", "calendar", "ratio", "difference", "product", "add", "least", "greatest"
    ]  # fmt: skip
    of: str | list[str] | None = None
    """The value column; for ratio, difference, product, add the two operands (columns or earlier features); for
    calendar one of hour, weekday, day, month, weekend, night, second_of_day, holiday; for in_list the list's name;
    for time_since `last` or `first`."""
    by: str | list[str] | None = None
    """Key column or pair of columns of the present event by which the window is looked up."""
    of_key: str | list[str] | None = None
    """Key column(s) under which past events entered, if not `by`: a key across roles."""
    kind: str | None = None
    """Kind of event that enters the window; the decided kind by default."""
    where: dict[str, str | int | bool] = {}
    """Only events whose category, flag or integer columns equal these enter."""
    window: str | None = None
    """A duration, 1s to 1y; absent for all time where the take allows it."""
    events: int | None = None
    """A window of the last n events instead of a duration."""
    delay: str | None = None
    """The window is (t - delay - window, t - delay]."""
    present: bool | None = None
    """Whether the present event is in the window; must be stated for windows without a delay."""
    lag: int = 1
    """For lag: how many entries back, 1 the latest before the present one."""
    concept: str | None = None
    """The name under which an analyst sees its part; its own name if absent."""
    use: bool = True
    """False: it is computed for rules and other features and not given to the model."""
    monotone: Literal["rises", "falls"] | None = None
    """The model's score never falls, or never rises, as the feature rises: held while training and verified after."""
    special: list[int] | None = None
    """Values with a meaning of their own (-1: no history), in the feature's own unit: a scorecard gives each a bin."""


class Concept(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What people call a group of features, in three scripts, and its reason code."""

    code: str
    en: str
    zh_hant: str
    zh_hans: str


class Rejects(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What training takes the declined to have been, of whom no truth can come."""

    method: Literal["parcelling", "fuzzy"]
    """Parcelling: in bands of one score, by lot. Fuzzy: each twice, weighing its chance of bad and the rest."""
    multiplier_micro: int
    """How many times as bad as accepted ones of the same score they are assumed to be: a judgement, so it is stated."""
    bands: int = 20


class ModelRef(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The model file that scores, and how `train` makes it."""

    file: str | None = None
    digest: str | None = None
    kind: Literal["lightgbm", "logistic", "scorecard", "ebm"] = "lightgbm"
    parameters: dict[str, int | float | str | bool] = {}
    seed: int = 0
    negatives_micro: int = 1_000_000
    """Share of the negatives that the fit sees, by a seeded draw on the event id; each then weighs as many."""
    mature: str | None = None
    """How old an event must be to be learned from: most of its truth has come then. Seven days without it."""
    unknown: Literal["good", "left_out"] | None = None
    """What an event is learned as whose truth did not come: good without it. A loan's truth comes either way."""
    rejects: Rejects | None = None
    """The declined are learned from as well, as far as they can be guessed; left out without it."""


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A CEL expression over event, row and score_micro; when true its verb is a candidate and its code a reason."""

    code: str
    when: str
    verb: str
    en: str = ""
    zh_hant: str = ""
    zh_hans: str = ""


class ListRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A list that overrides: looked up by a key column; the first list that holds the key decides alone."""

    name: str
    by: str
    verb: str


class Costs(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What each verb costs, in minor units, from which `train` computes the cuts; shares are millionths."""

    review_minor: int
    friction_minor: int
    stepup_minor: int
    recovery_micro: int
    stepup_stops_micro: int
    warn_stops_micro: int
    warn_minor: int = 0
    """Cost of one warning; at nothing every event is worth a warning."""


class Budget(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Alerts a day for each verb, from which `train` computes the cuts on its calibration days."""

    decline: int = 0
    review: int = 0
    step_up: int = 0
    warn: int = 0


class Actionable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a person can change one column. Numbers are the column's stored whole numbers: minor units, millionths."""

    direction: Literal["up", "down", "either"] = "either"
    least: int | None = None
    most: int | None = None
    """Bounds of the new value, themselves allowed."""
    step: int = 1
    """The new value is a multiple of it."""
    cost: int = 1
    """Of a number: what each step costs that the value moves, the last one in full. Of a category: what a change
    costs."""
    to: dict[str, list[str]] = {}
    """Of a category: what each can become."""
    months: int | None = None
    """About how long the change takes; told, not reckoned with."""


class Recourse(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the person concerned can change, and how much of it at once."""

    columns: dict[str, Actionable]
    columns_max: int = 3
    """Most columns that change together."""


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """From score and row to verbs."""

    verbs: list[str] = msgspec.field(default_factory=lambda: ["approve", "warn", "step-up", "review", "decline"])
    """From the mildest to the gravest; the gravest candidate is the action."""
    adverse: list[str] = msgspec.field(default_factory=lambda: ["review", "decline"])
    """Verbs for which parts are sealed."""
    cuts: dict[str, int] = {}
    """Verb -> least score_micro; must rise with the ladder."""
    costs: Costs | None = None
    budget: Budget | None = None
    profit: Profit | None = None
    target: dict[str, Aim] = {}
    """Verb -> bounds, from which `train` computes the cuts."""
    offer: Offer | None = None
    """The terms that an action has."""
    review: Review | None = None
    """How people put an answer right."""
    lists: list[ListRule] = []
    rules: list[Rule] = []
    let_through_micro: int = 0
    """Share of declines that is let through, by a seeded draw on the event id, so that their truth is learned."""
    seed: int = 0
    effects: bool = False
    """The action re-enters as an `effect` event: features on it are feedback, and the recipe runs in log order."""
    reasons_max: int = 3
    """Most concepts named in the reasons of one decision, 1 to 4 (Regulation B's commentary: more than four help
    nobody)."""
    recourse: Recourse | None = None
    limits: list[Limit] = []
    """What a market book is held inside; needs `[risk]`."""


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file."""

    name: str
    desk: str
    purpose: str
    owner: str
    review: str
    """Date (ISO) by which a person looks at this recipe again."""
    semantics: int = SEMANTICS
    zone: str = "Asia/Hong_Kong"
    holidays: list[str] = []
    decide: str = "payment"
    """The kind of event that is decided; all others are observed."""
    observe: list[str] = []
    """Further kinds that only move state, such as login; outcome, listing and effect are always known."""
    subject: str
    """The entity column of the person a record belongs to."""
    columns: dict[str, Column]
    source: Mapping | None = None
    features: list[Feature]
    concepts: dict[str, Concept] = {}
    model: ModelRef = ModelRef()
    policy: Policy = Policy()
    risk: Risk | None = None
    """A market book: its state is positions and prices too, and its model file a universe."""


def kinds(recipe: Recipe) -> tuple[str, ...]:
    """Every kind of event the recipe knows; a kind's code is its position. The decided kind is code 0."""
    return (recipe.decide, "outcome", "listing", "effect", *recipe.observe)


ADDED = ("outcome", "list", "until_s", "verb")
"""Columns that every recipe has behind its own."""


def columns(recipe: Recipe) -> dict[str, Column]:
    """Every column of an event in order: the recipe's own, then those of the kinds that every desk has.

    `outcome` is the truth an outcome event brings, `list` and `until_s` (seconds since 1970; 0 takes the key off, null
    is for ever) are a listing's, `verb` is an effect's.
    """
    return recipe.columns | {
        "outcome": Column(flag=True, required=False),
        "list": Column(values=[rule.name for rule in recipe.policy.lists], required=False),
        "until_s": Column(integer=True, required=False),
        "verb": Column(values=recipe.policy.verbs, required=False),
    }


def read_recipe(data: bytes, where: str = "recipe") -> Recipe:
    """The recipe in a file's bytes. Raises BadValue with the place and the value for anything it cannot use."""
    try:
        tree: dict[str, Any] = tomllib.loads(data.decode("utf-8"))
        recipe = msgspec.convert(tree, Recipe)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadValue(f"{where}: line {line}: the byte {data[error.start]:#04x} is no UTF-8") from None
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise BadValue(f"{where}: {error}") from None
    if recipe.semantics != SEMANTICS:
        raise BadValue(f"{where}: semantics {recipe.semantics} is not one this version runs; it runs {SEMANTICS}")
    return recipe


def open_recipe(path: Path) -> tuple[Recipe, bytes]:
    """The recipe in a file and the file's bytes."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadValue(f"{path}: {error.strerror}") from None
    return read_recipe(data, str(path)), data


def recipe_digest(data: bytes, model_digest: bytes) -> bytes:
    """SHA-256 over the semantics version, the recipe file and the model file's digest: what every decision names."""
    assert len(model_digest) == 32, f"a digest has 32 bytes, it had {len(model_digest)}"
    inner = hashlib.sha256(data).digest() + model_digest
    return hashlib.sha256(b"waglan recipe\n" + SEMANTICS.to_bytes(4, "big") + inner).digest()
