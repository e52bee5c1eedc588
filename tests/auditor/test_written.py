"""The log's writer under the verifier and under the naive writer: three that share no code, and one directory."""

import random
from pathlib import Path

import pytest

from tests.auditor import naive
from waglan.auditor.verify import LOG_KEY, WITNESS_KEY, audit, read_key
from waglan.ledger.checkpoint import Checkpoint
from waglan.ledger.cosignature import cosign, cosigner_of
from waglan.ledger.key import SignerKey
from waglan.ledger.log import Log

SIGNER = SignerKey(naive.ORIGIN, bytes(32))
KEY = read_key(SIGNER.verifier.text, LOG_KEY)


def publish(log: Log) -> None:
    """Put the head of a log into its directory, signed."""
    log.publish(Checkpoint(naive.ORIGIN, log.size, log.root()).sign(SIGNER).encode())


def files(root: Path) -> dict[str, bytes]:
    """Every file of a log but its checkpoint."""
    paths = [path for path in root.rglob("*") if path.is_file() and path.name != "checkpoint"]
    return {str(path.relative_to(root)): path.read_bytes() for path in paths}


@pytest.mark.parametrize("size", [*range(301), 511, 512, 513, 65_536, 70_000])
def test_what_is_written_is_what_the_standard_says(size: int, tmp_path: Path) -> None:
    data, root = naive.entries(size), tmp_path / "log"
    with Log(root) as log:
        log.append(data)
        publish(log)
        assert files(root) == naive.tree_files(data)
    report = audit(root, [KEY])
    assert report.faults == []
    assert report.unchecked[1:] == report.unchecked[-1:]  # nothing lies beyond the checkpoint
    assert bytes.fromhex(report.facts["root"]) == naive.mth([naive.leaf(one) for one in data])


@pytest.mark.parametrize("seed", range(6))
def test_a_log_that_grows_holds_under_each_of_its_checkpoints(seed: int, tmp_path: Path) -> None:
    draw, root, data = random.Random(seed), tmp_path / "log", naive.entries(2000)
    size = 0
    while size < len(data):
        with Log(root) as log:
            for _ in range(draw.randrange(4)):
                step = draw.choice((1, 2, 30, 255, 256, 257))
                log.append(data[size : size + step])
                size = min(size + step, len(data))
                if draw.random() < 0.6:
                    publish(log)
                    report = audit(root, [KEY])
                    assert (report.faults, report.facts["size"]) == ([], size)
            if log.published is None:
                continue
        assert audit(root, [KEY]).faults == []


def test_what_lies_beyond_the_checkpoint_is_said(tmp_path: Path) -> None:
    with Log(tmp_path / "log") as log:
        log.append(naive.entries(300))
        publish(log)
        log.append(naive.entries(700)[300:])
        report = audit(tmp_path / "log", [KEY])
    assert report.faults == []
    assert report.facts["size"] == 300
    assert "files beyond the checkpoint" in " ".join(report.unchecked)


def test_a_witness_of_ours_is_one_to_the_verifier(tmp_path: Path) -> None:
    witness = SignerKey("witness.example/w1", bytes(31) + b"2")
    key = read_key(cosigner_of(witness).text, WITNESS_KEY)
    with Log(tmp_path / "log") as log:
        log.append(naive.entries(3))
        note = Checkpoint(naive.ORIGIN, log.size, log.root()).sign(SIGNER)
        log.publish(note.encode())
        assert audit(tmp_path / "log", [KEY], [key]).faults[0].startswith("the witness witness.example/w1+")
        log.publish(note.signed([cosign(note.text, witness, 1_700_000_000)]).encode())
    report = audit(tmp_path / "log", [KEY], [key])
    assert report.faults == []
    assert report.facts["cosigned_by"] == ["witness.example/w1"]
