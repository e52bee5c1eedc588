"""Subjects: dense numbers by first appearance, tokens and keys that do not depend on it under a seed."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from waglan.store.keys import KeySource, RandomKeys, SeededKeys
from waglan.store.vault import LOG, Vault

NAMES = st.lists(st.text(max_size=6), max_size=30)


def counting_entropy() -> KeySource:
    counter = itertools.count(1)
    return RandomKeys(lambda n: next(counter).to_bytes(2, "big") * (n // 2))


@given(st.lists(NAMES, max_size=5))
def test_dense_numbers_follow_first_appearance(batches: list[list[str]]) -> None:
    vault, seen = Vault(SeededKeys(1)), dict[str, int]()
    for batch in batches:
        expected = [seen.setdefault(name, len(seen)) for name in batch]
        got = vault.intern("card", batch)
        assert got.dtype == np.int64
        assert got.tolist() == expected
    tokens = vault.tokens("card")
    assert tokens.shape == (len(seen),)
    for name, dense in seen.items():
        token = int(tokens[dense])
        assert vault.identifier("card", token) == name
        assert vault.dense_of_token("card", token) == vault.find("card", name) == dense


@given(st.lists(st.text(max_size=6), unique=True, min_size=2, max_size=20), st.randoms(use_true_random=False))
def test_seeded_keys_do_not_depend_on_the_order(names: list[str], chance: object) -> None:
    one, other = Vault(SeededKeys(7)), Vault(SeededKeys(7))
    one.intern("card", names)
    other.intern("card", names[::-1])
    for name in names:
        a, b = one.find("card", name), other.find("card", name)
        assert a is not None
        assert b is not None
        assert one.tokens("card")[a] == other.tokens("card")[b]
        assert one.keys("card")[a] == other.keys("card")[b]
    assert one.log_key == other.log_key != Vault(SeededKeys(8)).log_key


def test_types_share_nothing() -> None:
    vault = Vault(SeededKeys(1))
    assert vault.intern("card", ["x"]).tolist() == vault.intern("device", ["x"]).tolist() == [0]
    assert vault.keys("card") != vault.keys("device")
    assert vault.tokens("card")[0] != vault.tokens("device")[0]
    with pytest.raises(KeyError):
        vault.identifier("card", int(vault.tokens("device")[0]))
    assert vault.find("card", "y") is None


def test_random_keys_come_from_the_entropy_handed_in() -> None:
    vault = Vault(counting_entropy())
    vault.intern("card", ["a", "b", "a"])
    assert vault.log_key == b"\0\1" * 16
    assert vault.keys("card") == [b"\0\2" * 16, b"\0\3" * 16]
    assert vault.tokens("card").tolist() == [0x0002000200020002 >> 1, 0x0003000300030003 >> 1]


def test_a_key_source_that_repeats_itself_is_found_out() -> None:
    vault = Vault(RandomKeys(bytes))
    vault.intern("card", ["a"])
    assert vault.tokens("card").tolist() == [1]
    with pytest.raises(AssertionError, match="repeats itself"):
        vault.intern("card", ["b"])


def test_fresh_subjects_are_told_once_and_load_again() -> None:
    vault = Vault(SeededKeys(3))
    vault.intern("card", ["a", "b"])
    fresh = vault.fresh()[:]
    assert [(s.subject_type, s.dense, s.identifier) for s in fresh] == [
        (LOG, 0, b""),
        ("card", 0, b"a"),
        ("card", 1, b"b"),
    ]
    vault.kept(len(fresh))
    assert vault.fresh() == []
    again = Vault(SeededKeys(4), fresh)
    assert again.log_key == vault.log_key
    assert again.tokens("card").tolist() == vault.tokens("card").tolist()
    assert again.intern("card", ["b", "c"]).tolist() == [1, 2]
    assert [s.identifier for s in again.fresh()] == [b"c"]


def test_tokens_are_a_view_that_cannot_be_written() -> None:
    vault = Vault(SeededKeys(3))
    vault.intern("card", ["a"])
    tokens = vault.tokens("card")
    with pytest.raises(ValueError, match="read-only"):
        tokens[0] = 1
    vault.intern("card", [str(i) for i in range(100)])
    assert len(tokens) == 1
    assert len(vault.tokens("card")) == 101
