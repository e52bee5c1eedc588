"""What the law sets: multipliers, zones, thresholds and horizons, read from `regulation.toml` with their sources.

The file is where these numbers are kept and dated; `measures` have the same ones as constants, because they are pure
functions that read no file, and a test holds both equal.
"""

import tomllib
from datetime import date
from functools import cache
from pathlib import Path

import msgspec

from waglan.schema.units import MICRO, BadValue


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where a table stands, from which day it holds, and whether it was read in the rule's own words."""

    source: str
    since: str
    verified: bool
    read_in: str


class Multipliers(Source, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """By exceptions 0, 1, ... in `days` at a tail; the last one for all beyond."""

    days: int
    tail_micro: int
    micro: tuple[int, ...]


class Zones(Source, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Cumulative chances from which the light is yellow and red."""

    yellow_micro: int
    red_micro: int


class DeskExceptions(Source, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The most exceptions of 12 months, by tail in millionths, with which a desk keeps its model."""

    most: dict[int, int]


class Attribution(Source, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Green beyond the first of each pair, red beyond the second."""

    days: int
    correlation_micro: tuple[int, int]
    distance_micro: tuple[int, int]


class Level(Source, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Chance of the tail of expected shortfall."""

    tail_micro: int


class Horizons(Source, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Days to leave a risk: the lengths there are, and which class of factor has which."""

    base_days: int
    days: tuple[int, ...]
    classes: dict[str, int]


class Reduced(Source, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The least share of the full ES that a reduced set must explain, on average over so many weeks."""

    least_micro: int
    weeks: int


class Regulation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file."""

    multipliers: dict[str, Multipliers]
    zones: Zones
    desk: DeskExceptions
    attribution: Attribution
    level: Level
    horizons: Horizons
    reduced: Reduced
    rules: dict[str, Source]

    def tables(self) -> dict[str, Source]:
        """Every table by name: what a page lists as its sources."""
        single = {name: getattr(self, name) for name in
                  ("zones", "desk", "attribution", "level", "horizons", "reduced")}  # fmt: skip
        many = {f"multipliers.{name}": table for name, table in self.multipliers.items()}
        return many | single | {f"rules.{name}": table for name, table in self.rules.items()}


@cache
def regulation() -> Regulation:
    """The tables that come with this version."""
    return read_regulation((Path(__file__).parent / "regulation.toml").read_bytes())


def read_regulation(data: bytes, where: str = "regulation") -> Regulation:
    """Tables from a file's bytes. Raises BadValue with the table and the value for anything that cannot be."""
    try:
        found = msgspec.convert(tomllib.loads(data.decode()), Regulation, strict=False)
        for name, table in found.tables().items():
            date.fromisoformat(table.since)
            if not table.source or not table.read_in:
                raise BadValue(f"{name}: a table has a source, and where it was read")
        _check(found)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError, ValueError) as error:
        raise BadValue(f"{where}: {error}") from None
    return found


def _check(found: Regulation) -> None:
    for name, table in found.multipliers.items():
        if not table.micro or sorted(table.micro) != list(table.micro):
            raise BadValue(f"multipliers.{name}: multipliers rise with exceptions, were {table.micro}")
    days = found.horizons.days
    if list(days) != sorted(set(days)) or days[:1] != (found.horizons.base_days,):
        raise BadValue(f"horizons: days rise strictly from the base of {found.horizons.base_days}, were {days}")
    for name, length in found.horizons.classes.items():
        if length not in days:
            raise BadValue(f"horizons: {name!r} has one of {days} days, was {length}")
    if not 0 < found.zones.yellow_micro < found.zones.red_micro < MICRO:
        raise BadValue(f"zones: yellow comes before red, were {found.zones.yellow_micro} and {found.zones.red_micro}")
