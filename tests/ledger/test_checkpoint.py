"""Checkpoints against the standard's example, a public log's own, and with every bit turned."""

import json
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waglan.ledger.checkpoint import Checkpoint, open_checkpoint, read_checkpoint, read_text
from waglan.ledger.key import BadNote, SignerKey, read_vkey
from waglan.ledger.note import Unsigned

SIGNER = SignerKey("example.com/log", bytes(range(32)))
HEAD = Checkpoint("example.com/log", 17, bytes(range(32)))

ARCHE = """arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
"""  # noqa: E501
"""A staging log of Certificate Transparency as it was served in May 2026: by the log twice, and by four witnesses."""

ARCHE_KEY = "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"


def test_the_standards_example_is_read(shared: Callable[[str], Path]) -> None:
    example = json.loads(shared("oracles/merkle_and_notes.json").read_text())["notes"]["c2sp_checkpoint_example"]
    checkpoint, note = read_checkpoint(example.encode())
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.root == b64decode("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")
    assert note.encode().decode() == example
    assert checkpoint.text == note.text


def test_gos_body_is_written_as_go_writes_it(shared: Callable[[str], Path]) -> None:
    told = json.loads(shared("oracles/merkle_and_notes.json").read_text())["notes"]["golang_tlog_tree"]
    body = read_text(told["body"])
    assert (body.origin, body.size, body.extensions) == ("go.sum database tree", told["n"], ())
    assert Checkpoint(body.origin, body.size, body.root).text == told["body"]


def test_a_public_logs_checkpoint_is_checked() -> None:
    checkpoint, note = open_checkpoint(
        ARCHE.encode(), "arche2025h1.staging.ct.transparency.dev", [read_vkey(ARCHE_KEY)]
    )
    assert checkpoint.size == 1432088532
    assert len(note.signatures) == 6


def test_it_is_signed_and_opened() -> None:
    data = HEAD.sign(SIGNER).encode()
    assert open_checkpoint(data, "example.com/log", [SIGNER.verifier])[0] == HEAD
    with pytest.raises(BadNote, match=r"'example\.com/other' was expected"):
        open_checkpoint(data, "example.com/other", [SIGNER.verifier])
    with pytest.raises(Unsigned):
        open_checkpoint(data, "example.com/log", [SignerKey("example.com/log", bytes(32)).verifier])


def test_every_turned_bit_is_seen() -> None:
    data = HEAD.sign(SIGNER).encode()
    for bit in range(8 * len(data)):
        turned = bytearray(data)
        turned[bit // 8] ^= 1 << bit % 8
        with pytest.raises(BadNote):
            open_checkpoint(bytes(turned), HEAD.origin, [SIGNER.verifier])


ROOT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        f"origin\n5\n{ROOT}",
        f"\n5\n{ROOT}\n",
        f"origin\n05\n{ROOT}\n",
        f"origin\n-5\n{ROOT}\n",
        f"origin\n+5\n{ROOT}\n",
        f"origin\n\u0665\n{ROOT}\n",
        f"origin\n5_0\n{ROOT}\n",
        f"origin\n9223372036854775808\n{ROOT}\n",
        f"origin\n5\n{ROOT[:-1]}\n",
        "origin\n5\nAAAA\n",
        f"origin\n5\n{ROOT}\n\n",
        f"origin\n5\n{ROOT}\n\nextension\n",
        "origin\n5\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(BadNote):
        read_text(text)


@given(st.integers(0, (1 << 63) - 1), st.binary(min_size=32, max_size=32), st.lists(st.just("more"), max_size=2))
def test_text_and_fields_are_one(size: int, root: bytes, more: list[str]) -> None:
    checkpoint = Checkpoint("go.sum database tree", size, root, tuple(more))
    assert read_text(checkpoint.text) == checkpoint
