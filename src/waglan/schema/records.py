"""The frozen records that rooms hand to each other and the log seals, and their one byte form.

A record's bytes are its fields in order as MessagePack arrays of whole numbers, strings, byte strings and nil: no maps,
no floats, so equal records have equal bytes and a reader in any language can open them. See docs/reference/records.md.
"""

from typing import Final

import msgspec


class Event(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Something that happened.

    `values` follow the recipe's columns in order: money in minor units, entities as random tokens, categories as their
    position in the declared list, None where the event has no such column. `ts_ns` is UTC.
    """

    id: str
    kind: str
    ts_ns: int
    values: tuple[int | None, ...]


class Action(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A verb and its whole-number terms, as the desk declares them."""

    verb: str
    terms: tuple[int, ...] = ()


class Decision(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What was seen, what it scored, what was done and why.

    `row` follows the recipe's features (None is null), `score_micro` is the model's margin in millionths, `reasons` are
    codes in order of weight, `parts` (present if an action is adverse) follow the model's terms, bias last, and sum to
    `score_micro` exactly.
    """

    event: Event
    recipe: bytes
    row: tuple[int | None, ...]
    score_micro: int
    actions: tuple[Action, ...]
    reasons: tuple[str, ...]
    parts: tuple[int, ...] | None
    late: bool


class Observation(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An event that moved state and was not decided: an outcome, a list change, an effect of a decision."""

    event: Event
    recipe: bytes
    late: bool


class Refusal(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An event that could not be decided. The offending value is not here: it goes to the terminal and the vault."""

    code: str
    column: str
    position: int


class Warm(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """History that was observed before the first decision: how many events, their digest, the last watermark."""

    events: int
    digest: bytes
    watermark_ns: int
    recipe: bytes


Record = Decision | Observation | Refusal | Warm

CODES: Final[dict[str, str]] = {
    "missing_column": "a column that this kind of event needs is absent or empty",
    "wrong_type": "the value is not of the column's type",
    "not_finite": "the number is NaN or infinite",
    "unknown_currency": "the currency is not one this recipe knows",
    "unknown_category": "the value is not in the column's declared list",
    "unknown_kind": "the event's kind is not one this recipe knows",
    "unknown_reference": "the event speaks of another event that is not in the log",
    "negative": "the amount is negative",
    "too_large": "the magnitude reaches 2**42 units",
    "too_precise": "the number has more digits than the column's unit",
    "bad_time": "the time cannot be read, lies before 1970 or after 2262",
    "bad_id": "the id is absent, empty or longer than 128 characters",
    "same_person": "the maker of an override or a waiver is its checker too, or who answers an appeal decided before",
    "rate_too_high": "an override or answer grants a rate above the recipe's bounds",
    "other_person": "an override or appeal is about an event of somebody else",
    "appeal_answered": "an override comes after the answer to an appeal, which stands",
    "no_breach": "an acknowledgement or waiver is about a decision that did not pass that limit",
    "other_scope": "a waiver is for another book, trader or counterparty than the decision it is about",
    "own_trade": "a waiver is made or checked by a trader whom it concerns",
    "bad_amount": "a waiver's amount is not above the hard limit, or above what the recipe lets it become",
    "bad_until": "a waiver ends before it begins, or lasts longer than the recipe lets it",
    "bad_encoding": "the bytes are not valid UTF-8",
    "bad_line": "the line is not one whole record",
    "window_full": "a window reached 2**21 events of one key",
    "no_price": "an instrument that is held or asked for has a missing, stale or impossible quote",
    "expired": "an instrument that is held or asked for has expired",
}
"""Why an event is refused: code and plain meaning."""

_encoder = msgspec.msgpack.Encoder()
encode = _encoder.encode
"""The one byte form of a record."""

decode_decision = msgspec.msgpack.Decoder(Decision).decode
decode_observation = msgspec.msgpack.Decoder(Observation).decode
decode_refusal = msgspec.msgpack.Decoder(Refusal).decode
decode_warm = msgspec.msgpack.Decoder(Warm).decode
decode_event = msgspec.msgpack.Decoder(Event).decode
