"""A log's directory by the plainest means: recursive RFC 6962, file after file. The oracle of writer and verifier.

Nothing here is shared with either: the tree is the definition in section 2.1, word by word, and the tiles are slices of
the list of leaves.
"""

import base64
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ORIGIN = "bank.example/log"


def entry(number: int, kind: int = 1, desk: bytes = b"fraud") -> bytes:
    """An entry in Waglan's form whose digests are made from its number."""
    digest = sha256(b"commitment %d" % number).digest()
    return b"wgl\x01" + bytes([kind, len(desk)]) + desk + sha256(b"recipe").digest() + digest


def entries(count: int) -> list[bytes]:
    """`count` entries; observations are among them."""
    return [entry(number, 2 if number % 7 == 3 else 1) for number in range(count)]


def mth(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962, section 2.1, over leaf hashes."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def leaf(data: bytes) -> bytes:
    """A leaf's hash."""
    return sha256(b"\x00" + data).digest()


def number(index: int) -> str:
    """The index of a tile as a path: 1234067 is x001/x234/067."""
    parts = [f"{index % 1000:03}"]
    while index := index // 1000:
        parts.insert(0, f"x{index % 1000:03}")
    return "/".join(parts)


def tree_files(data: Sequence[bytes]) -> dict[str, bytes]:
    """Every file of a log of these entries but its checkpoint."""
    files: dict[str, bytes] = {}
    hashes, level = [leaf(one) for one in data], 0
    for at in range(0, len(data), 256):
        part = data[at : at + 256]
        suffix = "" if len(part) == 256 else f".p/{len(part)}"
        files[f"tile/entries/{number(at // 256)}{suffix}"] = b"".join(len(e).to_bytes(2, "big") + e for e in part)
    while hashes:
        for at in range(0, len(hashes), 256):
            tile = hashes[at : at + 256]
            suffix = "" if len(tile) == 256 else f".p/{len(tile)}"
            files[f"tile/{level}/{number(at // 256)}{suffix}"] = b"".join(tile)
        hashes = [mth(hashes[at : at + 256]) for at in range(0, len(hashes) - 255, 256)]
        level += 1
    return files


@cache
def signer(seed: int) -> Ed25519PrivateKey:
    """A key from a number."""
    return Ed25519PrivateKey.from_private_bytes(sha256(b"seed %d" % seed).digest())


def vkey(seed: int, name: str = ORIGIN, kind: int = 1) -> str:
    """The verifier key of a signer."""
    material = bytes([kind]) + signer(seed).public_key().public_bytes_raw()
    return f"{name}+{key_id(name, material).hex()}+{base64.b64encode(material).decode()}"


def key_id(name: str, material: bytes) -> bytes:
    """The four bytes by which notes call a key."""
    return sha256(name.encode() + b"\n" + material).digest()[:4]


def body(size: int, root: bytes, origin: str = ORIGIN) -> str:
    """The text of a checkpoint."""
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"


def signature(text: str, seed: int, name: str = ORIGIN) -> str:
    """A log's line under a text."""
    material = b"\x01" + signer(seed).public_key().public_bytes_raw()
    data = key_id(name, material) + signer(seed).sign(text.encode())
    return f"— {name} {base64.b64encode(data).decode()}\n"


def cosignature(text: str, seed: int, name: str, at: int) -> str:
    """A witness's line under a text."""
    material = b"\x04" + signer(seed).public_key().public_bytes_raw()
    signed = signer(seed).sign(f"cosignature/v1\ntime {at}\n{text}".encode())
    data = key_id(name, material) + at.to_bytes(8, "big") + signed
    return f"— {name} {base64.b64encode(data).decode()}\n"


def checkpoint(data: Sequence[bytes], lines: Sequence[str] | None = None) -> bytes:
    """The checkpoint of these entries, signed by signer 1 unless other lines are given."""
    text = body(len(data), mth([leaf(one) for one in data]))
    return (text + "\n" + "".join([signature(text, 1)] if lines is None else lines)).encode()


def lay(root: Path, files: dict[str, bytes]) -> Path:
    """Files in a directory."""
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def log_at(root: Path, count: int) -> Path:
    """A whole log of `count` entries."""
    return lay(root, tree_files(entries(count)) | {"checkpoint": checkpoint(entries(count))})
