"""Who paid whom, and from which device: the neighbourhood of a payment, as the case shows it."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from waglan.desks.fraud.decided import Decided
from waglan.desks.fraud.report import Node, Past, Tie
from waglan.engine.replay import matrix
from waglan.schema.units import NULL

Ints = NDArray[np.int64]

PAST_MAX: Final = 60
NODES_MAX: Final = 18


class Network:
    """Who paid whom and from which device: every payment of a book, history and decided, by token."""

    def __init__(self, all_: Decided) -> None:
        wanted = ("payer", "payee", "device", all_.money)
        ids, ts_ns, before = all_.book.history_operands(wanted)
        decided = matrix([d.event.values for d in all_.decisions])
        self.ids = ids + [d.event.id for d in all_.decisions]
        self.ts_ns = np.concatenate([ts_ns, np.array([d.event.ts_ns for d in all_.decisions], np.int64)])
        self.place = {event_id: i for i, event_id in enumerate(self.ids)}
        self.columns = {name: np.concatenate([before[name], decided[:, all_.names.index(name)]]) for name in wanted}
        self.order = {name: np.argsort(self.columns[name], kind="stable") for name in ("payer", "payee", "device")}

    def before(self, name: str, key: int, place: int) -> Ints:
        """Places of payments up to `place` whose column is `key`, oldest first."""
        if key == NULL:
            return np.empty(0, np.int64)
        order, column = self.order[name], self.columns[name]
        low, high = np.searchsorted(column, key, sorter=order), np.searchsorted(column, key, "right", sorter=order)
        found = order[low:high]
        return found[found <= place]


def past(all_: Decided, net: Network, place: int, verbs: Mapping[str, str]) -> tuple[Past, ...]:
    """The payer's earlier payments, the latest PAST_MAX."""
    found = net.before("payer", int(net.columns["payer"][place]), place - 1)[-PAST_MAX:]
    return tuple(
        Past(
            ts_ns=int(net.ts_ns[i]),
            amount_minor=int(net.columns[all_.money][i]),
            verb=verbs.get(net.ids[i], "approve"),
            truth="fraud" if net.ids[i] in all_.truth else "legit",
        )
        for i in found.tolist()
    )


def linked(all_: Decided, net: Network, place: int) -> tuple[tuple[Node, ...], tuple[Tie, ...]]:
    """Accounts and devices near a payment: its two accounts, its device, and whom they last dealt with."""
    payer, payee, device = (int(net.columns[name][place]) for name in ("payer", "payee", "device"))
    near = [place]
    for name, key in (("payer", payee), ("payee", payee), ("payee", payer), ("device", device), ("payer", payer)):
        near += net.before(name, key, place)[-6:][::-1].tolist()
    nodes: dict[tuple[str, int], str] = {("account", payer): "payer"}
    ties: dict[tuple[tuple[str, int], tuple[str, int]], list[int]] = {}
    flagged: set[tuple[str, int]] = set()
    for i in dict.fromkeys(near):
        source, target = ("account", int(net.columns["payer"][i])), ("account", int(net.columns["payee"][i]))
        thing = ("device", int(net.columns["device"][i]))
        for end, role in (
            (target, "payee" if target[1] == payee else "account"),
            (source, "account"),
            (thing, "device"),
        ):
            if end[1] != NULL and len(nodes) < NODES_MAX:
                nodes.setdefault(end, role)
        if net.ids[i] in all_.truth:
            flagged |= {target}
        for link, amount in (((source, target), int(net.columns[all_.money][i])), ((source, thing), 0)):
            if link[0] in nodes and link[1] in nodes and link[0] != link[1]:
                line = ties.setdefault(link, [0, 0, 0])
                line[0] += 1
                line[1] += amount
                line[2] |= i == place
    at = {node: k for k, node in enumerate(nodes)}
    drawn = tuple(Node(token=key, role=role, fraud=(kind, key) in flagged) for (kind, key), role in nodes.items())
    lines = tuple(
        Tie(source=at[a], target=at[b], count=count, amount_minor=amount, now=bool(now))
        for (a, b), (count, amount, now) in ties.items()
    )
    return drawn, lines
