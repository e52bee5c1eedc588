"""Who may read what for which purpose, and how long it is kept: one TOML file that a person can read and sign.

`registry.toml` in a book's directory; without it the one beside this file. A change of it shows in the second log,
because each line there names the registry it was allowed by.
"""

import tomllib
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal

import msgspec

from waglan.schema.units import BadValue

NAME: Final = "registry.toml"
RECORDS: Final = "records"
REFUSALS: Final = "refusals"
EVERYBODY: Final = "*"

DEEDS: Final = (
    "explain",
    "prove",
    "queue",
    "subject",
    "erase",
    "hold",
    "expire",
    "keys",
    "backup",
    "export",
    "fairness",
    "override",
    "appeal",
    "breaches",
    "acknowledge",
    "waive",
)
"""What somebody does with records: reads first, then changes of what is kept."""


class NotAllowed(BadValue):
    """The registry does not let this person do this for this purpose. It is logged all the same."""


class Purpose(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One reason to read. `restricted`: lines about it are no part of what the person concerned is shown."""

    title: str
    may: list[str]
    who: list[str] = msgspec.field(default_factory=lambda: [EVERYBODY])
    restricted: bool = False


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Somebody who may put answers right, or let a limit be passed: make an override or a waiver, check one, answer an
    appeal, acknowledge a breach."""

    title: str
    may: list[Literal["make", "check", "answer", "acknowledge"]]


class Retention(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename={"since": "from"}):
    """How long something is kept, counted from what, by which law. `on_request`: erased sooner if the person asks."""

    years: int
    since: str
    source: str
    on_request: bool = True


class Registry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file."""

    purposes: dict[str, Purpose]
    retention: dict[str, Retention]
    people: dict[str, Person] = {}

    def person(self, name: str, role: str) -> None:
        """Raise NotAllowed unless somebody is registered for that role, as in `Person.may`."""
        found = self.people.get(name)
        if found is None:
            known = ", ".join(self.people) or "nobody"
            raise NotAllowed(f"{name!r} is not among the people of the registry ([people]); registered: {known}")
        if role not in found.may:
            raise NotAllowed(f"{name!r} is registered to {', '.join(found.may)}, and not to {role}")

    def check(self, deed: str, purpose: str, who: str) -> None:
        """Raise NotAllowed unless `who` may do `deed` for `purpose`."""
        found = self.purposes.get(purpose)
        if found is None:
            raise NotAllowed(f"the purpose {purpose!r} is not in the registry; it knows {', '.join(self.purposes)}")
        if deed not in found.may:
            raise NotAllowed(f"the purpose {purpose!r} is for {', '.join(found.may)}, and not for {deed}")
        if EVERYBODY not in found.who and who not in found.who:
            raise NotAllowed(f"{who!r} is not among those who may act for the purpose {purpose!r}")

    def over(self, what: str, last: date, today: date) -> bool:
        """Whether what was last needed on a day has been kept long enough."""
        return years_on(last, self.retention[what].years) <= today


def read_registry(book: Path) -> tuple[Registry, bytes]:
    """A book's registry and the digest of its file. Raises BadValue with the place for anything it cannot use."""
    own = book / NAME
    file = own if own.exists() else Path(__file__).parent / NAME
    data = file.read_bytes()
    try:
        registry = msgspec.convert(tomllib.loads(data.decode()), Registry)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise BadValue(f"{file}: {error}") from None
    for name, purpose in registry.purposes.items():
        for deed in purpose.may:
            if deed not in DEEDS:
                raise BadValue(f"{file}: purpose {name!r} is for {deed!r}; what can be done is {', '.join(DEEDS)}")
    for needed in (RECORDS, REFUSALS):
        if needed not in registry.retention:
            raise BadValue(f"{file}: [retention.{needed}] is missing")
    return registry, sha256(data).digest()


def years_on(day: date, years: int) -> date:
    """The same day so many years later; of 29 February the first of March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
