"""The research log: trials are counted once, runs always; who vouches for the count, and when nobody does."""

from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ledger.test_log import SIGNER
from tests.ledger.test_witness import WITNESS
from waglan.auditor.verify import KINDS as SHOWN
from waglan.ledger.cosignature import cosign, cosigner_of
from waglan.ledger.entry import KINDS, TRIAL, Entry, decode_entry, encode_entry
from waglan.ledger.key import SignerKey
from waglan.ledger.log import Log
from waglan.ledger.note import Note, Signature
from waglan.ledger.research import ResearchLog
from waglan.schema.units import BadValue

KEY = bytes(range(32))
OWN, WITNESSES = [SIGNER.verifier], [cosigner_of(WITNESS)]


def digest(trial: int) -> bytes:
    return sha256(b"trial %d" % trial).digest()


def made(log: Log, trials: list[int]) -> ResearchLog:
    research = ResearchLog(log, SIGNER.name, KEY)
    for trial in trials:
        research.write(digest(trial), b"outcome of %d" % trial)
    return research


def published(log: Log, research: ResearchLog, witness: SignerKey | None = WITNESS) -> None:
    note = research.head().sign(SIGNER)
    log.publish((note if witness is None else note.signed([cosign(note.text, witness, 1_700_000_000)])).encode())


@given(st.lists(st.integers(0, 9), max_size=30))
def test_a_trial_run_again_is_a_run_more_and_no_trial_more(trials: list[int]) -> None:
    log = Log()
    found = made(log, trials).counted()
    assert (found.runs, found.trials) == (len(trials), len(set(trials)))
    assert found.root == log.root().hex()
    assert found.witnesses == ()
    again = ResearchLog(log, SIGNER.name, KEY).counted()
    assert again == found, "whoever reads the entries counts the same"


def test_a_log_on_disk_goes_on_where_it_was(tmp_path: Path) -> None:
    with Log(tmp_path / "research") as log:
        made(log, [1, 2, 2])
    with Log(tmp_path / "research") as log:
        found = made(log, [2, 3]).counted()
    assert (found.runs, found.trials) == (5, 3)


def test_records_are_bound_and_not_shown() -> None:
    log = Log()
    research = made(log, [1, 2, 1])
    assert research.binds(1, digest(2), b"outcome of 2")
    assert not research.binds(1, digest(2), b"outcome of 2, but better")
    assert not research.binds(1, digest(1), b"outcome of 1")
    assert not research.binds(3, digest(2), b"outcome of 2")
    first, third = log.entry(0), log.entry(2)
    assert decode_entry(first).recipe == decode_entry(third).recipe
    assert first != third, "the same outcome twice is not seen from outside"
    assert not ResearchLog(log, SIGNER.name, bytes(32)).binds(1, digest(2), b"outcome of 2")


def test_a_witnessed_count_names_its_witness() -> None:
    log = Log()
    research = made(log, [1, 2, 3])
    published(log, research)
    found = research.counted(OWN, WITNESSES)
    assert found.witnesses == (WITNESS.name,)
    head = log.root().hex()
    assert found.text == f"{SIGNER.name}: 3 trials in 3 runs, head {head}, witnessed by {WITNESS.name}"


def test_without_a_witness_the_trials_are_unknown() -> None:
    log = Log()
    research = made(log, [1, 2, 3])
    said = "trials unknown: no witness"
    assert research.counted(OWN, WITNESSES).text.endswith(said), "nothing is published"
    published(log, research, witness=None)
    assert research.counted(OWN, WITNESSES).witnesses == (), "nobody cosigned"
    published(log, research)
    assert research.counted(OWN).witnesses == (), "the reader trusts nobody"
    assert research.counted([], WITNESSES).witnesses == (), "the log's own key is not known"
    stranger = SignerKey("other.example.com/w", bytes(range(2, 34)))
    assert research.counted(OWN, [cosigner_of(stranger)]).witnesses == ()
    assert research.counted([stranger.verifier], WITNESSES).witnesses == ()
    research.write(digest(4), b"")
    assert research.counted(OWN, WITNESSES).witnesses == (), "a run after the head is not covered"
    other = ResearchLog(log, "another.example.com", KEY)
    assert other.counted(OWN, WITNESSES).witnesses == ()


def test_a_signature_that_does_not_fit_is_no_witness() -> None:
    log = Log()
    research = made(log, [1])
    note = research.head().sign(SIGNER)
    good = cosign(note.text, WITNESS, 1_700_000_000)
    bent = Signature(good.name, good.key_id, good.data[:-1] + bytes([good.data[-1] ^ 1]))
    log.publish(Note(note.text, (*note.signatures, bent)).encode())
    assert research.counted(OWN, WITNESSES).witnesses == ()


def test_the_auditors_file_knows_the_kind() -> None:
    assert KINDS[TRIAL] == SHOWN[TRIAL] == "trial"


@pytest.mark.parametrize("entry", [Entry(1, "research", KEY, KEY), Entry(TRIAL, "fraud", KEY, KEY)])
def test_a_log_of_something_else_is_refused(entry: Entry) -> None:
    log = Log()
    log.append([encode_entry(entry)])
    with pytest.raises(BadValue, match=r"entry 0 of .* is no trial"):
        ResearchLog(log, SIGNER.name, KEY)


def test_a_digest_has_32_bytes() -> None:
    with pytest.raises(BadValue, match="32 bytes, it had 3"):
        made(Log(), []).write(b"abc", b"")
