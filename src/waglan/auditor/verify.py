"""Check a log as an outsider: `python verify.py DIR --key VKEY`; a proof: `python verify.py --proof FILE --key VKEY`.

This one file can be handed to an auditor. It needs Python 3.11 and, for signatures, the package `cryptography`; it was
written from the public standards (RFC 6962; C2SP tlog-tiles, tlog-checkpoint, signed-note, tlog-cosignature) and shares
no line with what writes the log. Every leaf is hashed again from its entry and every node from its leaves; each tile,
the root and the signatures are compared with that. Status 0: all agrees; 1: it does not, and the first fault is named;
2: a mistake in what was typed.
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import re
import struct
import sys
import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

WIDE: Final = 256
"""Hashes in a full tile, entries in a full bundle."""
ENTRIES: Final = -1
"""The level of entry bundles, below that of leaf hashes."""
FAULTS_MAX: Final = 100
NOTE_MAX: Final = 1 << 20
BUNDLE_MAX: Final = WIDE * (2 + 0xFFFF)
PROOF_MAX: Final = 1 << 26
SIZE_MAX: Final = (1 << 63) - 1
MAGIC: Final = b"wgl\x01"
KINDS: Final = {1: "decision", 2: "observation", 3: "refusal", 4: "warm", 5: "shadow", 6: "access", 7: "trial"}
UNOPENED: Final = "what the records say: they are not in the log; ask for proofs, or for the store"
LOG_KEY: Final = 1
WITNESS_KEY: Final = 4
PLACE: Final = re.compile(r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.A)
FOLDER: Final = re.compile(r"tile(/(entries|0|[1-9][0-9]?)(/x[0-9]{3}){0,6}(/[0-9]{3}\.p)?)?", re.A)
sha256 = hashlib.sha256


class Fault(Exception):
    """What does not agree, in one line."""


class Key(NamedTuple):
    """A key that can check signatures: its name, the four bytes that notes call it by, its kind and 32 bytes."""

    name: str
    id: bytes
    kind: int
    raw: bytes


class Checkpoint(NamedTuple):
    """A signed tree head: the text that is signed, what it says, and (name, key id and signature) of each signer."""

    text: str
    origin: str
    size: int
    root: bytes
    signatures: tuple[tuple[str, bytes], ...]


@dataclass(slots=True)
class Report:
    """What was checked, in words, and what was found wrong; `facts` are the same for machines."""

    facts: dict[str, Any] = field(default_factory=dict)
    checked: list[tuple[str, str]] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    fault_count: int = 0

    def fault(self, text: str) -> None:
        """Note a fault; the first hundred are kept, all are counted."""
        self.fault_count += 1
        if len(self.faults) < FAULTS_MAX:
            self.faults.append(text)


def decode64(text: str) -> bytes:
    """Bytes of standard base64 in its one canonical form. Raises Fault for any other."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        data = b""
    if not text or base64.b64encode(data).decode() != text:
        raise Fault(f"this is not base64: {text[:80]!r}")
    return data


def read_key(text: str, kind: int) -> Key:
    """A verifier key, `name+id+base64` (signed-note): of a log (kind 1, Ed25519) or of a witness (kind 4)."""
    what = {LOG_KEY: "a log", WITNESS_KEY: "a witness"}
    if text.strip().startswith("PRIVATE+"):
        raise Fault("this is a private key; the public one was expected, and nobody else should have seen this")
    name, digits, coded = [*text.strip().split("+", 2), "", ""][:3]
    data = decode64(coded) if coded else b""
    if not name or any(map(str.isspace, name)) or not re.fullmatch("[0-9a-f]{8}", digits) or len(data) != 33:
        raise Fault(f"a key is NAME+8 hexadecimal digits+base64 of 33 bytes, this is {text[:120]!r}")
    if data[0] != kind:
        found = what.get(data[0], f"type {data[0]}, which is not known here")
        raise Fault(f"the key of {what[kind]} was expected, the key {name}+{digits} is that of {found}")
    if sha256(name.encode() + b"\n" + data).digest()[:4].hex() != digits:
        raise Fault(f"the key {name}+{digits} does not belong to its own id: it was changed or mistyped")
    return Key(name, bytes.fromhex(digits), kind, data[1:])


def read_checkpoint(data: bytes) -> Checkpoint:
    """A checkpoint from a note's bytes (tlog-checkpoint, signed-note). Nobody's signature is checked here."""
    try:
        note = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Fault(f"the checkpoint is not UTF-8 at byte {error.start}") from None
    if any(letter < " " and letter != "\n" for letter in note):
        raise Fault("the checkpoint holds a control character")
    text, blank, signed = note.rpartition("\n\n")
    lines = text.split("\n")
    if not blank or not signed.endswith("\n") or len(lines) < 3 or not all(lines):
        raise Fault("the checkpoint is not three lines of text or more, an empty line, and lines of signatures")
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", lines[1], re.A) or int(lines[1]) > SIZE_MAX:
        raise Fault(f"the checkpoint's size is {lines[1][:80]!r}: no number of entries")
    root = decode64(lines[2])
    if len(root) != 32:
        raise Fault(f"the checkpoint's root has {len(root)} bytes, 32 belong there")
    signatures = tuple(_signature(line) for line in signed[:-1].split("\n"))
    return Checkpoint(text + "\n", lines[0], int(lines[1]), root, signatures)


def _signature(line: str) -> tuple[str, bytes]:
    dash, _, rest = line.partition(" ")
    name, _, coded = rest.partition(" ")
    if dash != "\N{EM DASH}" or not name or "+" in name or any(map(str.isspace, name)):
        raise Fault(f"this is no line of a signature: {line[:80]!r}")
    data = decode64(coded)
    if len(data) < 5:
        raise Fault(f"the signature of {name} has {len(data)} bytes")
    return name, data


def check_signatures(checkpoint: Checkpoint, keys: Sequence[Key], witnesses: Sequence[Key], report: Report) -> None:
    """One log key at least has signed, every witness has cosigned, and none of their signatures is false."""
    signers = [key for key in keys if _stamps(checkpoint, key)]
    if keys and not signers:
        names = ", ".join(f"{key.name}+{key.id.hex()}" for key in keys)
        raise Fault(
            f"the checkpoint is not signed by {names}; it is by {', '.join(n for n, _ in checkpoint.signatures)}"
        )
    for key in signers:
        if checkpoint.origin != key.name and not checkpoint.origin.startswith(key.name + "/"):
            raise Fault(f"the checkpoint is of {checkpoint.origin!r}; the key {key.name!r} does not speak for it")
        report.checked.append(("signed", f"by {key.name}, key {key.id.hex()}"))
    for key in witnesses:
        if not (times := _stamps(checkpoint, key)):
            raise Fault(f"the witness {key.name}+{key.id.hex()} has not cosigned the checkpoint")
        report.checked.append(("cosigned", f"by {key.name}, key {key.id.hex()}, at {_when(max(times))}"))
    report.facts["signed_by"] = [key.name for key in signers]
    report.facts["cosigned_by"] = [key.name for key in witnesses]
    if not keys:
        report.unchecked.append("who signed the checkpoint: no --key was given")
    if not witnesses:
        report.unchecked.append("whether others are shown another log: no --witness was given")


def _stamps(checkpoint: Checkpoint, key: Key) -> list[int]:
    """Times of a key's signatures on a checkpoint, 0 for a log's. Raises Fault if one of them is false."""
    mine = [data[4:] for name, data in checkpoint.signatures if (name, data[:4]) == (key.name, key.id)]
    times = []
    for data in mine:
        stamp = int.from_bytes(data[:8], "big") if key.kind == WITNESS_KEY else 0
        message, signature = checkpoint.text, data
        if key.kind == WITNESS_KEY:
            message, signature = f"cosignature/v1\ntime {stamp}\n{message}", data[8:]
        if stamp >= 1 << 63 or not _verified(key.raw, signature, message.encode()):
            raise Fault(f"the signature of {key.name}+{key.id.hex()} on the checkpoint is false")
        times.append(stamp)
    return times


def _verified(raw: bytes, signature: bytes, message: bytes) -> bool:
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        raise Fault("to check a signature the package `cryptography` is needed, and it is not here") from None
    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _when(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC" if seconds < 1 << 37 else f"{seconds} s"


def merge(hashes: bytes) -> bytes:
    """The RFC 6962 root over a power of two of hashes, joined."""
    while len(hashes) > 32:
        hashes = b"".join([sha256(b"\x01" + hashes[at : at + 64]).digest() for at in range(0, len(hashes), 64)])
    return hashes


def root_of(rows: Sequence[Sequence[bytes]]) -> bytes:
    """The RFC 6962 root of a tree from the unfinished tile of each level, leaves first."""
    peaks: list[bytes] = []
    for row in reversed(rows):
        at = 0
        for bit in (128, 64, 32, 16, 8, 4, 2, 1):
            if len(row) & bit:
                peaks.append(merge(b"".join(row[at : at + bit])))
                at += bit
    if not peaks:
        return sha256(b"").digest()
    root = peaks.pop()
    while peaks:
        root = sha256(b"\x01" + peaks.pop() + root).digest()
    return root


def place(level: int, index: int, width: int = WIDE) -> str:
    """The path of a tile or bundle: tile/0/x001/x234/067, tile/entries/005.p/17."""
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    *upper, last = (digits[at : at + 3] for at in range(0, len(digits), 3))
    number = "/".join([*("x" + part for part in upper), last])
    part = "" if width == WIDE else f".p/{width}"
    return f"tile/{'entries' if level == ENTRIES else level}/{number}{part}"


def read_file(path: Path, most: int) -> bytes:
    """A file's bytes. Raises Fault if it has more than `most`, FileNotFoundError if it is gone."""
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise Fault(f"cannot be read: {error.strerror}") from None
    if len(data) > most:
        raise Fault(f"has more than {most:,} bytes")
    return data


def files_of(root: Path, report: Report) -> dict[int, dict[int, set[int]]]:
    """The tiles in a directory, level -> index -> widths; whatever is no part of a log is a fault."""
    found: dict[int, dict[int, set[int]]] = {}
    folders = [""]
    for folder in folders:
        try:
            items = sorted(os.scandir(root / folder), key=lambda item: item.name)
        except OSError as error:
            report.fault(f"{folder or root} cannot be read: {error.strerror}")
            continue
        for item in items:
            name = folder + item.name
            if item.is_dir(follow_symlinks=False) and FOLDER.fullmatch(name):
                folders.append(name + "/")
            elif not item.is_file(follow_symlinks=False):
                report.fault(f"{name!a} does not belong to a log")
            elif (at := _placed(name)) is not None:
                found.setdefault(at[0], {}).setdefault(at[1], set()).add(at[2])
            elif name == "checkpoint.new":
                report.unchecked.append("checkpoint.new: a checkpoint that was being published")
            elif name != "checkpoint":
                report.fault(f"{name!a} does not belong to a log")
    return found


def _placed(name: str) -> tuple[int, int, int] | None:
    if (match := PLACE.fullmatch(name)) is None:
        return None
    level = ENTRIES if match[1] == "entries" else int(match[1])
    at = level, int(match[2].replace("x", "").replace("/", "")), int(match[3] or WIDE)
    return at if place(*at) == name and level < 64 and (match[3] is None or at[2] < WIDE) else None


def split(data: bytes, count: int) -> tuple[list[bytes], str]:
    """The entries of a bundle of `count`, and what is wrong with it, empty if nothing; as many as can be read."""
    wide = 2 + int.from_bytes(data[:2], "big")
    if len(data) == wide * count and data[::wide] == data[:1] * count and data[1::wide] == data[1:2] * count:
        return [entry for (entry,) in struct.iter_unpack(f"2x{wide - 2}s", data)], ""  # all alike: 5 times as fast
    entries: list[bytes] = []
    at, end = 0, len(data)
    while at < end and len(entries) < count:
        stop = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if stop > end or at + 2 > end:
            return entries, "is cut off inside it"
        entries.append(data[at + 2 : stop])
        at = stop
    if len(entries) < count:
        return entries, f"ends before it; {count} entries belong there"
    return entries, f"has {end - at:,} bytes too many at its end" if at < end else ""


def form_of(head: bytes, size: int) -> tuple[str, str, str] | str:
    """Kind, desk and recipe from what comes before an entry's commitment; what is wrong where it is no such entry."""
    desk = head[6:-32]
    if head[:4] != MAGIC:
        return f"begins with {head[:4].hex() or 'nothing'}, {MAGIC.hex()} belongs there"
    if len(head) < 39 or size != 70 + head[5] or not 1 <= head[5] <= 32:
        return f"has {size} bytes, 70 and those of the desk's name (1 to 32) belong there"
    if not all(32 < byte < 127 or byte == 32 for byte in desk):
        return f"has the desk {desk!r}, printable ASCII belongs there"
    return KINDS.get(head[4], f"kind {head[4]}"), desk.decode(), head[-32:].hex()


class Audit:
    """One walk over the entries of a log: leaves and nodes are made again, and tiles compared on the way."""

    def __init__(self, root: Path, size: int, report: Report, any_form: bool = False) -> None:
        self.root, self.size, self.any_form = root, size, any_form
        self.files = files_of(root, report)
        self.faults: list[tuple[int, int, str, str]] = []
        self.fault_count = 0
        self.forms: Counter[bytes] = Counter()
        self.rows: list[list[bytes | None]] = [[] for _ in range(10)]
        self.known_wrong: set[tuple[int, int]] = set()
        self.read = 0
        self.roots: dict[int, bytes | None] = {}
        self.compared: dict[str, int] = {"bundles": 0, "tiles": 0, "older": 0}

    def fault(self, level: int, at: int, text: str, if_root_holds: str = "") -> None:
        """Note a fault at entry or node `at` of a level; which of an entry and a tile is wrong, the root will tell."""
        self.fault_count += 1
        if len(self.faults) < FAULTS_MAX:
            self.faults.append((max(level, 0), at, text, if_root_holds or text))

    def walk(self, sizes: Collection[int] = ()) -> bytes | None:
        """The root over all entries, None if some could not be read; on the way, `roots` over the first of them."""
        full, rest = divmod(self.size, WIDE)
        there = self.files.get(ENTRIES, {}).keys() | self.files.get(0, {}).keys()
        for index in range(full + (rest > 0)):
            width = WIDE if index < full else rest
            if index not in there:
                at = index * WIDE
                self.fault(0, at, f"{place(ENTRIES, index, width)} is missing: entry {at:,} and others are not there")
                return None
            row = self._bundle(index, width)
            for size in (size for size in sizes if size // WIDE == index):
                self.roots[size] = self._root([row[: size % WIDE], *self.rows[1:]])
            self._tile(0, index, row)
        for level in range(1, len(self.rows)):
            if self.rows[level]:
                self.rows[level] = self._compare(level, self.size >> 8 * (level + 1), self.rows[level])
        self.roots[self.size] = self._root(self.rows)
        return self.roots[self.size]

    def _root(self, rows: Sequence[Sequence[bytes | None]]) -> bytes | None:
        whole = [[node for node in row if node is not None] for row in rows]
        return root_of(whole) if whole == rows else None

    def beyond(self) -> list[str]:
        """Files that reach past the checkpoint: no signature covers them."""
        return [
            place(level, index, width)
            for level, tiles in sorted(self.files.items())
            for index, widths in sorted(tiles.items())
            for width in sorted(widths)
            if index * WIDE + width > self.size >> 8 * max(level, 0)
        ]

    def _bundle(self, index: int, width: int) -> list[bytes | None]:
        """Leaf hashes of a bundle; None for an entry that could not be read."""
        first, data = index * WIDE, b""
        for wide, name, data in self._files(ENTRIES, index, width, BUNDLE_MAX):
            entries, wrong = split(data, wide)
            if wrong:
                at = first + len(entries)
                unread = f"entry {at:,} cannot be read: " if len(entries) < wide else ""
                self.fault(0, at, f"{unread}{name} {wrong}")
            break
        else:
            entries = []
        del entries[width:]
        self.read += len(entries)
        for head, count in Counter([entry[:-32] for entry in entries]).items():
            if head not in self.forms and not self.any_form:
                self._form(head, entries, first)
            self.forms[head] += count
        for part in sorted(w for w in self.files.get(ENTRIES, {}).get(index, ()) if w < width):
            end = sum(len(entry) + 2 for entry in entries[:part])
            self._older(ENTRIES, index, part, data[:end] if part <= len(entries) else None)
        hashes: list[bytes | None] = [sha256(b"\x00" + entry).digest() for entry in entries]
        return hashes + [None] * (width - len(hashes))

    def _form(self, head: bytes, entries: list[bytes], first: int) -> None:
        for at, entry in enumerate(entries):
            if entry[:-32] == head and isinstance(wrong := form_of(head, len(entry)), str):
                self.fault(0, first + at, f"entry {first + at:,} {wrong}")
                return

    def _tile(self, level: int, index: int, row: list[bytes | None]) -> None:
        """Compare a tile; a full one gives a hash to the tile above, and so on up."""
        row = self._compare(level, index, row)
        if len(row) < WIDE:
            self.rows[level] = row
            return
        above = self.rows[level + 1]
        above.append(None if None in row else merge(b"".join(row)))  # type: ignore[arg-type]
        if len(above) == WIDE:
            self.rows[level + 1] = []
            self._tile(level + 1, index // WIDE, above)

    def _compare(self, level: int, index: int, row: list[bytes | None]) -> list[bytes | None]:
        """The row of hashes after its tile was compared; what could not be made is taken from the tile."""
        made = None if None in row else b"".join(row)  # type: ignore[arg-type]
        for part in sorted(w for w in self.files.get(level, {}).get(index, ()) if w < len(row)):
            self._older(level, index, part, None if made is None else made[: 32 * part])
        for wide, name, data in self._files(level, index, len(row), 32 * WIDE):
            if len(data) != 32 * wide:
                self.fault(level, index * WIDE, f"{name} has {len(data):,} bytes, {32 * wide:,} belong there")
            elif data[: 32 * len(row)] != made:
                return self._differing(level, index, name, row, data)
            break
        return row

    def _differing(self, level: int, index: int, name: str, row: list[bytes | None], data: bytes) -> list[bytes | None]:
        for at, mine in enumerate(row):
            number, theirs = index * WIDE + at, data[32 * at : 32 * at + 32]
            if mine not in (None, theirs):
                self.known_wrong.add((level + 1, index))
                if (level, number) not in self.known_wrong and level == 0:
                    self.fault(
                        0,
                        number,
                        f"entry {number:,} is not the one that was logged: its hash is not the one in {name}",
                        f"{name} has a wrong hash at {at}: entry {number:,} gives another, and the signed root with it",
                    )
                elif (level, number) not in self.known_wrong:
                    self.fault(level, number, f"{name} has a wrong hash at {at}: the tile below it gives another")
        return [data[32 * at : 32 * at + 32] if mine is None else mine for at, mine in enumerate(row)]

    def _older(self, level: int, index: int, part: int, made: bytes | None) -> None:
        """An earlier checkpoint's partial file must be the beginning of what is there now."""
        name = place(level, index, part)
        try:
            if made is not None and read_file(self.root / name, max(BUNDLE_MAX, 1)) != made:
                self.fault(level, index * WIDE, f"{name} is not the beginning of what came after it")
            self.compared["older"] += 1
        except FileNotFoundError:
            pass
        except Fault as fault:
            self.fault(level, index * WIDE, f"{name} {fault}")

    def _files(self, level: int, index: int, width: int, most: int) -> Iterator[tuple[int, str, bytes]]:
        """The file of a tile, or the full one that came after it; a fault if neither can be read."""
        widths = self.files.get(level, {}).get(index, ())
        for wide in sorted({width, WIDE} & set(widths)):
            name = place(level, index, wide)
            try:
                data = read_file(self.root / name, most)
            except FileNotFoundError:
                continue
            except Fault as fault:
                self.fault(level, index * WIDE, f"{name} {fault}")
                return
            self.compared["bundles" if level == ENTRIES else "tiles"] += 1
            yield wide, name, data
            return
        self.fault(level, index * WIDE, f"{place(level, index, width)} is missing")


def audit(
    root: Path,
    keys: Sequence[Key] = (),
    witnesses: Sequence[Key] = (),
    any_form: bool = False,
    since: Sequence[Path] = (),
) -> Report:
    """Everything that a log's directory lets an outsider check. `any_form` takes entries that are not Waglan's.

    since: checkpoints that were kept from before; the log must have grown from each of them.
    """
    began, report = time.perf_counter(), Report()
    try:
        checkpoint = read_checkpoint(read_file(root / "checkpoint", NOTE_MAX))
    except FileNotFoundError:
        report.fault("checkpoint is missing: nothing here is signed")
        return report
    except Fault as bad:
        report.fault(f"checkpoint: {bad}")
        return report
    _head(checkpoint, keys, witnesses, report)
    earlier = list(_earlier(since, keys, checkpoint, report))
    walk = Audit(root, checkpoint.size, report, any_form)
    made = walk.walk({size for _, size, _ in earlier})
    holds = made == checkpoint.root
    for _, _, text, if_root_holds in sorted(walk.faults, key=lambda fault: fault[:2]):
        report.fault(if_root_holds if holds else text)
    report.fault_count += walk.fault_count - len(walk.faults)
    if made is not None and not holds:
        report.fault(f"the entries give the root {made.hex()}; the checkpoint says {checkpoint.root.hex()}")
    _grown(earlier, walk, report)
    _told(walk, report)
    report.facts["seconds"] = round(time.perf_counter() - began, 2)
    return report


def _earlier(
    files: Sequence[Path], keys: Sequence[Key], now: Checkpoint, report: Report
) -> Iterator[tuple[Path, int, bytes]]:
    """File, size and root of checkpoints that were kept, as far as this log can have grown from them."""
    for file in files:
        try:
            old = read_checkpoint(read_file(file, NOTE_MAX))
            check_signatures(old, keys, (), Report())
            if old.origin != now.origin:
                raise Fault(f"it is of another log, {old.origin!r}")
            if old.size > now.size:
                raise Fault(f"the log had {old.size:,} entries and has {now.size:,} now: some were taken away")
            yield file, old.size, old.root
        except FileNotFoundError:
            report.fault(f"{file}: no such file")
        except Fault as fault:
            report.fault(f"{file}: {fault}")


def _grown(earlier: Sequence[tuple[Path, int, bytes]], walk: Audit, report: Report) -> None:
    for file, size, root in earlier:
        made = walk.roots.get(size)
        if made == root:
            report.checked.append(("grown", f"from the {size:,} entries of {file}: nothing of them was changed"))
        elif made is not None:
            said = f"the root of {size:,} entries was {root.hex()} and is {made.hex()} now"
            report.fault(f"{file}: {said}: some were changed, dropped or put in between")
    report.facts["grown_from"] = [size for _, size, root in earlier if walk.roots.get(size) == root]


def _head(checkpoint: Checkpoint, keys: Sequence[Key], witnesses: Sequence[Key], report: Report) -> None:
    report.facts |= {"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex()}
    report.checked.append(("log", checkpoint.origin))
    report.checked.append(("checkpoint", f"{checkpoint.size:,} entries under root {checkpoint.root.hex()}"))
    try:
        check_signatures(checkpoint, keys, witnesses, report)
    except Fault as fault:
        report.fault(str(fault))


def _told(walk: Audit, report: Report) -> None:
    """What the walk saw, in words and for machines."""
    forms = {head: form_of(head, 70 + head[5] if len(head) > 5 else 0) for head in walk.forms}
    kinds: Counter[str] = Counter()
    for head, count in walk.forms.items():
        kinds[forms[head][0] if isinstance(forms[head], tuple) else "of another form"] += count
    recipes = {form[2] for form in forms.values() if isinstance(form, tuple)}
    report.facts |= {"entries": walk.read, "kinds": dict(kinds), "recipes": sorted(recipes)} | walk.compared
    by_kind = ", ".join(f"{count:,} {kind}" for kind, count in kinds.most_common()) or "none"
    report.checked.append(("entries", f"{walk.read:,} read and hashed again: {by_kind}"))
    report.checked.append(("recipes", f"{len(recipes):,} in force: {', '.join(sorted(recipes)) or 'none'}"))
    report.checked.append(("tiles", f"{walk.compared['tiles']:,} compared, each hash in them made again from entries"))
    if walk.compared["older"]:
        report.checked.append(
            ("older", f"{walk.compared['older']:,} files of earlier checkpoints are beginnings of these")
        )
    if beyond := walk.beyond():
        report.unchecked.append(
            f"{len(beyond):,} files beyond the checkpoint, the first {beyond[0]}: nobody signed them"
        )
    report.unchecked.append(UNOPENED)


FIELDS: Final = {
    "form": str,
    "index": int,
    "size": int,
    "root": str,
    "path": list,
    "entry": str,
    "salt": str,
    "record": str,
}
FORMS: Final = {"waglan proof 1": FIELDS, "waglan proof 2": FIELDS | {"checkpoint": str}}


def audit_proof(data: bytes, keys: Sequence[Key] = (), witnesses: Sequence[Key] = ()) -> Report:
    """A proof file: the record is the one that the entry commits to, and the entry lies under the signed root."""
    report = Report()
    try:
        proof = _proof(data)
        entry, salt, record, root = (_hex(name, proof[name]) for name in ("entry", "salt", "record", "root"))
        path = [_hex("path", step) for step in proof["path"]]
        form = form_of(entry[:-32], len(entry))
        if isinstance(form, str):
            raise Fault(f"the entry {form}")
        if len(salt) != 32 or hmac.digest(salt, record, "sha256") != entry[-32:]:
            raise Fault("the record under this salt is not the one that the entry commits to")
        made = climb(sha256(b"\x00" + entry).digest(), proof["index"], proof["size"], path)
        if made != root:
            raise Fault(f"the path of entry {proof['index']:,} leads to {made.hex()}, not to the root {root.hex()}")
        report.checked.append(("record", f"{len(record):,} bytes, {form[0]} of desk {form[1]}, opened by its salt"))
        report.checked.append(("entry", f"{proof['index']:,} of {proof['size']:,}, {len(path)} hashes below the root"))
        report.facts |= {"index": proof["index"], "kind": form[0], "desk": form[1], "recipe": form[2]}
        _signed_root(proof, root, keys, witnesses, report)
    except Fault as fault:
        report.fault(str(fault))
    return report


def _signed_root(
    proof: dict[str, Any], root: bytes, keys: Sequence[Key], witnesses: Sequence[Key], report: Report
) -> None:
    if "checkpoint" not in proof:
        if keys or witnesses:
            raise Fault("a proof of form 1 holds no signed checkpoint that a key could check; ask for form 2")
        report.facts |= {"size": proof["size"], "root": root.hex()}
        report.unchecked.append(f"who vouches for the root {root.hex()}: compare it with one you trust")
        return
    checkpoint = read_checkpoint(proof["checkpoint"].encode("utf-8", "surrogatepass"))
    if (checkpoint.size, checkpoint.root) != (proof["size"], root):
        raise Fault(f"the proof is under another root or size than its checkpoint, {checkpoint.root.hex()}")
    _head(checkpoint, keys, witnesses, report)


def _proof(data: bytes) -> dict[str, Any]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            raise ValueError("a name comes twice")
        return dict(pairs)

    try:
        proof = json.loads(data, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise Fault(f"this is not a proof: {str(error)[:120]}") from None
    form = proof.get("form") if isinstance(proof, dict) else None
    if not isinstance(form, str) or form not in FORMS:
        raise Fault(f"this is not a proof of a form that is known ({', '.join(FORMS)})")
    for name, kind in FORMS[form].items():
        if type(proof.get(name)) is not kind:
            raise Fault(f"the proof's {name} is missing, or not what it should be")
    if more := proof.keys() - FORMS[form].keys():
        raise Fault(f"the proof holds {min(more)!a}, which does not belong there")
    return dict(proof)


def _hex(name: str, text: object) -> bytes:
    if not isinstance(text, str) or not re.fullmatch("(?:[0-9a-f]{2})*", text, re.A):
        raise Fault(f"the proof's {name} is not lower-case hexadecimal digits")
    return bytes.fromhex(text)


def climb(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root to which a path leads from a leaf (RFC 9162, section 2.1.3.2)."""
    if not 0 <= index < size <= SIZE_MAX:
        raise Fault(f"there is no entry {index:,} among {size:,}")
    at, last, node = index, size - 1, leaf
    for step in path:
        if len(step) != 32 or last == 0:
            raise Fault("the path is too long, or a hash in it has not 32 bytes")
        if at & 1 or at == last:
            node = sha256(b"\x01" + step + node).digest()
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            node = sha256(b"\x01" + node + step).digest()
        at, last = at >> 1, last >> 1
    if last:
        raise Fault("the path is too short")
    return node


def lines_of(report: Report, what: str) -> list[str]:
    """The report for people: the verdict, what was checked, what was not, and the faults, the first one first."""
    faults = f"{report.fault_count:,} fault{'s' if report.fault_count > 1 else ''}"
    title = f"{what} is NOT as it should be: {faults}" if report.faults else f"{what} holds"
    lines = [title, *(f"  {name:<12}{text}" for name, text in report.checked)]
    lines += [f"  {'NOT checked':<12}{text}" for text in report.unchecked]
    lines += [f"  {'FIRST FAULT' if at == 0 else '':<12}{text}" for at, text in enumerate(report.faults)]
    return [*lines, f"  {'seconds':<12}{report.facts['seconds']}"] if "seconds" in report.facts else lines


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; its exit status."""
    parser = argparse.ArgumentParser(
        prog="verify.py", description="Check a log (C2SP tlog-tiles) or a proof from it, with nothing of its maker's."
    )
    parser.add_argument("directory", nargs="?", type=Path, metavar="DIR", help="the log: checkpoint and tile/")
    parser.add_argument("--proof", type=Path, metavar="FILE", help="check this proof in place of a log")
    parser.add_argument("--key", action="append", default=[], metavar="VKEY", help="the log's key, had from elsewhere")
    parser.add_argument(
        "--witness", action="append", default=[], metavar="VKEY", help="a witness that must have cosigned"
    )
    parser.add_argument(
        "--since", action="append", default=[], type=Path, metavar="FILE", help="a checkpoint that you kept from before"
    )
    parser.add_argument("--any-form", action="store_true", help="entries need not have Waglan's form")
    parser.add_argument("--json", action="store_true", help="one JSON object in place of text")
    given = parser.parse_args(arguments)
    if (given.directory is None) == (given.proof is None):
        parser.error("give either DIR or --proof FILE")
    try:
        keys = [read_key(text, LOG_KEY) for text in given.key]
        witnesses = [read_key(text, WITNESS_KEY) for text in given.witness]
        if given.proof is not None:
            report, what = audit_proof(read_file(given.proof, PROOF_MAX), keys, witnesses), "the proof"
        else:
            report, what = audit(given.directory, keys, witnesses, given.any_form, given.since), "the log"
    except FileNotFoundError:
        parser.error(f"{given.proof}: no such file")
    except Fault as fault:
        parser.error(str(fault))
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    facts = report.facts | {"holds": not report.faults, "fault_count": report.fault_count, "faults": report.faults}
    facts["not_checked"] = report.unchecked
    print(json.dumps(facts) if given.json else "\n".join(lines_of(report, what)))
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
