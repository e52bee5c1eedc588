"""The master key: made once, kept by its owner alone, changed so that each instant of it can be a crash."""

import os
from pathlib import Path

import pytest

from waglan.store.failure import NoKey
from waglan.store.master import Bare, Master, MasterFile, destroy


class Reversing:
    """A guard that is easily recognised; `away` is when its service does not answer."""

    away = False

    def seal(self, key: bytes) -> bytes:
        return key[::-1]

    def open(self, sealed: bytes) -> bytes:
        if self.away:
            raise TimeoutError("the key service does not answer")
        return sealed[::-1]


@pytest.fixture
def file(tmp_path: Path) -> MasterFile:
    return MasterFile(tmp_path / "keys", os.urandom)


def test_a_wrapped_key_opens_under_its_master_and_label(file: MasterFile) -> None:
    master, key = file.create(), os.urandom(32)
    wrapped = master.wrap(key, b"card\0000")
    assert len(wrapped) == 48
    assert master.unwrap(wrapped, b"card\0000") == key
    assert master.wrap(key, b"card\0000") == wrapped, "the same key wrapped again tells nothing more"
    for data, label in ((wrapped, b"card\0001"), (wrapped[1:], b"card\0000"), (b"", b"card\0000")):
        with pytest.raises(NoKey, match="does not open the key of"):
            master.unwrap(data, label)
    with pytest.raises(NoKey, match="does not open"):
        Master(os.urandom(32)).unwrap(wrapped, b"card\0000")


def test_it_is_made_once_for_its_owner_alone(file: MasterFile) -> None:
    name = file.create().name
    assert file.create().name == file.named(name).name == name
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert file.directory.stat().st_mode & 0o777 == 0o700


def test_a_guard_keeps_the_key(tmp_path: Path) -> None:
    guard = Reversing()
    file = MasterFile(tmp_path, lambda n: bytes(range(n)), guard)
    master = file.create()
    assert file.named(master.name).name == master.name
    with pytest.raises(NoKey, match="is not master key"):
        MasterFile(tmp_path, os.urandom, Bare()).named(master.name)
    guard.away = True
    with pytest.raises(NoKey, match="did not give it: the key service does not answer"):
        file.named(master.name)


@pytest.mark.parametrize("text", ["", "waglan-master-key-1 00", "other-form-9 00 AA==", "waglan-master-key-1 00 !!"])
def test_what_is_no_master_key_is_told(file: MasterFile, text: str) -> None:
    file.create()
    file.path.write_text(text)
    with pytest.raises(NoKey, match=r"master\.key"):
        file.named("00")


def test_a_change_broken_off_before_or_after_the_store_knew_of_it(file: MasterFile) -> None:
    old = file.create()
    new = file.begin()
    assert file.named(old.name).name == old.name, "the store was not told: the new key goes"
    assert not file.next.exists()
    new = file.begin()
    assert file.named(new.name).name == new.name, "the store was told: the new key takes the old one's place"
    assert not file.next.exists()
    with pytest.raises(NoKey, match=f"under master key {old.name}"):
        file.named(old.name)


def test_a_key_that_is_destroyed_is_overwritten_first(tmp_path: Path) -> None:
    path, twin = tmp_path / "key", tmp_path / "twin"
    path.write_bytes(b"secret")
    os.link(path, twin)
    destroy(path)
    assert not path.exists()
    assert twin.read_bytes() == bytes(6)
    destroy(path)
