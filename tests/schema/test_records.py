"""Records: one byte form, with nothing in it but arrays, whole numbers, strings, bytes, nil and flags."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from waglan.schema.records import (
    CODES,
    Action,
    Decision,
    Event,
    Observation,
    Refusal,
    Warm,
    decode_decision,
    decode_event,
    decode_observation,
    decode_refusal,
    decode_warm,
    encode,
)

whole = st.integers(-(1 << 63), (1 << 63) - 1)
digest = st.binary(min_size=32, max_size=32)
row = st.lists(st.none() | whole, max_size=6).map(tuple)
events = st.builds(Event, st.text(max_size=20), st.text(max_size=9), whole, row)
actions = st.builds(Action, st.text(max_size=9), st.lists(whole, max_size=3).map(tuple))
decisions = st.builds(
    Decision, events, digest, row, whole, st.lists(actions, max_size=2).map(tuple),
    st.lists(st.text(max_size=9), max_size=3).map(tuple), st.none() | st.lists(whole, max_size=4).map(tuple),
    st.booleans(),
)  # fmt: skip
FORMS: list[tuple[st.SearchStrategy[Any], Any]] = [
    (events, decode_event),
    (decisions, decode_decision),
    (st.builds(Observation, events, digest, st.booleans()), decode_observation),
    (st.builds(Refusal, st.sampled_from(sorted(CODES)), st.text(max_size=9), st.integers(0, 1 << 62)), decode_refusal),
    (st.builds(Warm, st.integers(0, 1 << 62), digest, whole, digest), decode_warm),
]


@pytest.mark.parametrize("form", range(len(FORMS)))
@given(data=st.data())
def test_a_record_comes_back_from_its_bytes(form: int, data: st.DataObject) -> None:
    strategy, decode = FORMS[form]
    record = data.draw(strategy)
    encoded = encode(record)
    assert decode(encoded) == record
    assert encode(decode(encoded)) == encoded
    assert_plain(msgspec.msgpack.decode(encoded))


def assert_plain(value: Any) -> None:
    """No maps and no floats, so that equal records have equal bytes in every language."""
    if isinstance(value, list):
        for item in value:
            assert_plain(item)
    else:
        assert value is None or type(value) in (int, str, bytes, bool)


def test_bytes_by_hand() -> None:
    event = Event("P1", "payment", 5, (None, -1, 300))
    assert encode(event) == bytes.fromhex("94 a25031 a7 7061796d656e74 05 93 c0 ff cd012c")
    assert encode(Refusal("negative", "amount", 7)) == bytes.fromhex("93 a86e65676174697665 a6616d6f756e74 07")
    decision = Decision(event, b"\x11" * 2, (0,), -70000, (Action("decline"),), ("R1",), (1, 2), False)
    assert encode(decision) == encode(event).join(
        [b"\x98", bytes.fromhex("c4021111 91 00 d2fffeee90 91 92 a76465636c696e65 90 91 a25231 92 0102 c2")]
    )


def test_records_are_frozen() -> None:
    event = Event("P1", "payment", 5, ())
    with pytest.raises(AttributeError):
        event.id = "P2"  # type: ignore[misc]


def test_meanings_are_sentences_of_their_own() -> None:
    assert len(set(CODES.values())) == len(CODES)
    assert all(code == code.lower() and meaning[0].islower() for code, meaning in CODES.items())
