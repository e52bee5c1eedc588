"""Episodes of breached limits while they are followed: records in, in the log's order, and what is open moves.

One episode for each limit, scope and grade is open at a time. A decision that has the reason raises or continues it. An
order is only asked about, so it raises and never cures: a breach whose every decision was a stopped order has nothing
held that passes the limit. Where no reason is given because a waiver stands, the ordinary limit says whether the
episode goes on. Deadlines run from the first fill or measure; a waiver that covers what is held moves the cure to its
end, and what passes a waiver too has the time of a new breach.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from msgspec.structs import replace

from waglan.govern.breach import Breach, Grade, State, Waiver
from waglan.policy.waivers import about, ordinary, passes, scope
from waglan.risk.columns import risk_columns
from waglan.schema.recipe import Recipe, columns
from waglan.schema.records import Decision, Event
from waglan.schema.risk import ACKNOWLEDGE, OTHERS, STAGES, WAIVED, WAIVER, Limit
from waglan.schema.units import SECOND_NS, duration_ns

REASONS: Final[Mapping[Grade, str]] = {"soft": "soft:", "hard": "limit:"}
"""What reasons of each grade begin with."""

ORDER: Final = STAGES[0]

Name = Callable[[str, int], str]
"""Column and token -> whom a record names."""


class Episode:
    """One breach while it moves. Its facts say nothing of states and deadlines, which depend on when one asks."""

    def __init__(self, limit: Limit, facts: Breach) -> None:
        self.limit, self.facts = limit, facts
        self._due: Final[dict[str, int]] = {}
        self._missed: Final[set[str]] = set()

    def go_on(self, stage: str, value: int, ts_ns: int, exceeds: bool = True) -> None:
        """A decision beyond the limit. exceeds: it had the reason, so no waiver lets it stand."""
        facts, first = self.facts, self.facts.held_ns is None
        if exceeds:
            facts = replace(facts, decisions=facts.decisions + 1)
        if stage == ORDER:
            self.facts = facts if not first else self._measured(facts, value, ts_ns, not facts.decisions - 1)
            return
        if first:
            facts = replace(facts, held_ns=ts_ns, stage=stage)
            times = {"acknowledge": self.limit.acknowledge, "cure": self.limit.cure}
            self._due.update({name: ts_ns + duration_ns(time) for name, time in times.items() if time is not None})
        elif exceeds and self._covered(ts_ns) and self.limit.cure is not None:
            self._due["cure"] = min(self._due["cure"], ts_ns + duration_ns(self.limit.cure))
        self.facts = self._measured(facts, value, ts_ns, first)

    def acknowledge(self, ts_ns: int, who: str) -> None:
        """Somebody saw it; the first who says so counts."""
        if self.facts.acknowledged_ns is None:
            self._met("acknowledge", ts_ns)
            self.facts = replace(self.facts, acknowledged_ns=ts_ns, acknowledged_by=who)

    def waive(self, waiver: Waiver) -> None:
        """Two people let it stand for a while, and have seen it."""
        self._met("acknowledge", waiver.ts_ns)
        self.facts = replace(self.facts, waivers=(*self.facts.waivers, waiver))
        if "cure" in self._due and self.facts.cured_ns is None and self._covers(waiver):
            self._late("cure", waiver.ts_ns)
            self._due["cure"] = max(self._due["cure"], waiver.until_ns)

    def cure(self, ts_ns: int, event_id: str) -> None:
        """A fill or measure within the limit."""
        for name in tuple(self._due):
            self._met(name, ts_ns)
        self.facts = replace(self.facts, cured_ns=ts_ns, cured_by=event_id)

    def at(self, now_ns: int) -> Breach:
        """The breach as it stands then."""
        late = {name for name, due in self._due.items() if now_ns > due}
        waiting = [due for name, due in self._due.items() if name not in late]
        state: State = "raised"
        if self.facts.cured_ns is not None:
            state = "cured"
        elif self._covered(now_ns):
            state = "waived"
        elif late:
            state = "overdue"
        elif self.facts.acknowledged_ns is not None:
            state = "acknowledged"
        missed = tuple(sorted(self._missed | late))
        return replace(self.facts, state=state, due_ns=min(waiting, default=None), missed=missed)

    def _measured(self, facts: Breach, value: int, ts_ns: int, first: bool) -> Breach:
        facts = replace(facts, last_minor=value, last_ns=ts_ns)
        worse = passes(self.limit, value, _size(self.limit, facts.worst_minor))
        return replace(facts, worst_minor=value, worst_ns=ts_ns) if first or worse else facts

    def _covered(self, now_ns: int) -> bool:
        """Whether the latest waiver, which takes the place of those before it, lets what is measured stand."""
        last = self.facts.waivers[-1:]
        return any(now_ns < waiver.until_ns and self._covers(waiver) for waiver in last)

    def _covers(self, waiver: Waiver) -> bool:
        return not passes(self.limit, self.facts.last_minor, waiver.amount_minor)

    def _late(self, name: str, ts_ns: int) -> None:
        if ts_ns > self._due.get(name, ts_ns):
            self._missed.add(name)

    def _met(self, name: str, ts_ns: int) -> None:
        self._late(name, ts_ns)
        self._due.pop(name, None)


def _size(limit: Limit, value: int) -> int:
    """The amount that a value is just within."""
    return -value if limit.side == "below" else abs(value) if limit.absolute else value


class Episodes:
    """Every breach of a recipe's limits in what was taken so far. issuers: as `policy.waivers.scope` takes them."""

    def __init__(self, recipe: Recipe, name: Name, issuers: Mapping[str, str]) -> None:
        self._recipe, self._name, self._issuers = recipe, name, issuers
        self._columns: Final = columns(recipe)
        self._limits: Final = tuple(recipe.policy.limits)
        place = {column: len(recipe.features) + i for i, column in enumerate(risk_columns(recipe))}
        self._cells: Final = [(place[limit.of], place[WAIVED + limit.code]) for limit in self._limits]
        self._open: Final[dict[tuple[str, str, Grade], Episode]] = {}
        self._about: Final[dict[str, list[Episode]]] = {}
        self._all: Final[list[Episode]] = []

    def at(self, now_ns: int) -> tuple[Breach, ...]:
        """Every breach as it stands then, in the order in which they were raised."""
        return tuple(episode.at(now_ns) for episode in self._all)

    def decided(self, position: int, decision: Decision) -> None:
        """A decision of this recipe, in its place in the log."""
        if not (self._open or any(reason.startswith(tuple(REASONS.values())) for reason in decision.reasons)):
            return
        cells = self._read(decision.event)
        for limit, (of, waived) in zip(self._limits, self._cells, strict=True):
            value, key = decision.row[of], scope(limit, cells, self._issuers)
            if value is None or key is None:
                continue
            for grade, amount in ordinary(limit, key, self._recipe.risk).items():
                in_force = max(amount, decision.row[waived] or amount) if grade == "hard" else amount
                self._follow(limit, grade, key, amount, in_force, value, position, decision, cells)

    def _follow(
        self, limit: Limit, grade: Grade, key: str, amount: int, in_force: int, value: int, position: int,
        decision: Decision, cells: Mapping[str, str | int],
    ) -> None:  # fmt: skip
        at, event, stage = (limit.code, key, grade), decision.event, str(cells["stage"])
        episode = self._open.get(at)
        if REASONS[grade] + limit.code in decision.reasons:
            if episode is None:
                trader = cells.get("trader")
                facts = Breach(
                    id=event.id, limit=limit.code, grade=grade, by=limit.by, key=key, state="raised", position=position,
                    raised_ns=event.ts_ns, stage=stage, trader=None if trader is None else str(trader),
                    verb=decision.actions[0].verb if decision.actions else "", value_minor=value, limit_minor=in_force,
                    worst_minor=value, worst_ns=event.ts_ns, last_minor=value, last_ns=event.ts_ns,
                    last_id=event.id, decisions=0,
                )  # fmt: skip
                episode = self._open[at] = Episode(limit, facts)
                self._all.append(episode)
            episode.go_on(stage, value, event.ts_ns)
            self._named(event.id, episode)
        elif episode is not None and stage != ORDER:
            if passes(limit, value, amount):
                episode.go_on(stage, value, event.ts_ns, exceeds=False)
                if grade == "hard" and REASONS["soft"] + limit.code in decision.reasons:  # a waiver lets it stand
                    self._named(event.id, episode)
            else:
                episode.cure(event.ts_ns, event.id)
                del self._open[at]

    def _named(self, event_id: str, episode: Episode) -> None:
        """Acknowledgements and waivers about this decision are about the episode."""
        self._about.setdefault(event_id, []).append(episode)
        episode.facts = replace(episode.facts, last_id=event_id)

    def observed(self, position: int, event: Event) -> None:
        """An event that was not decided; all but acknowledgements and waivers are passed over."""
        if event.kind not in (ACKNOWLEDGE, WAIVER):
            return
        cells = self._read(event)
        found = list(self._concerned(event, cells.get("limit")))
        if event.kind == ACKNOWLEDGE:
            for episode in found:
                episode.acknowledge(event.ts_ns, str(cells["maker"]))
            return
        waiver = Waiver(
            id=event.id, position=position, ts_ns=event.ts_ns, amount_minor=int(cells["amount"]),
            until_ns=int(cells["until_s"]) * SECOND_NS, maker=str(cells["maker"]), checker=str(cells["checker"]),
            reason=str(cells["breach_reason"]),
        )  # fmt: skip
        for episode in found:
            if episode.facts.grade == "hard":
                episode.waive(waiver)

    def _concerned(self, event: Event, limit: str | int | None) -> Iterator[Episode]:
        """Episodes that an event is about: those its decision belongs to, of the limit it names or of all."""
        for episode in self._about.get(about(event.id, self._recipe), ()):
            if limit is None or episode.limit.code == limit:
                yield episode

    def _read(self, event: Event) -> dict[str, str | int]:
        """What the event has, by column: categories and people by name, all else as it is stored."""
        found: dict[str, str | int] = {}
        for (name, column), value in zip(self._columns.items(), event.values, strict=True):
            if value is None:
                continue
            if column.values is not None:
                found[name] = column.values[value] if value < len(column.values) else OTHERS
            elif column.entity is not None:
                found[name] = self._name(name, value)
            else:
                found[name] = value
        return found
