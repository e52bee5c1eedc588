"""Blocks of made-up records for the tests: mixed kinds, repeating subjects, some records that concern nobody."""

from waglan.ledger.entry import DECISION, OBSERVATION, REFUSAL, seal_many
from waglan.store.records import Store
from waglan.store.rows import Block

RECIPE = bytes(range(32))
KIND = (DECISION, DECISION, OBSERVATION, DECISION, DECISION, REFUSAL, DECISION)
VERB = ("approve", "approve", "approve", "review", "decline")


def block_of(store: Store, start: int, stop: int) -> Block:
    """Records start to stop of one made-up stream, sealed under the store's keys."""
    numbers = range(start, stop)
    kinds = bytes(KIND[i % 7] for i in numbers)
    ids = [f"P{i}" for i in numbers]
    dense = store.vault.intern("account", [f"A{i * i % 97}" for i in numbers]).tolist()
    mine, all_tokens = store.vault.keys("account"), store.vault.tokens("account").tolist()
    nobody = [kind == REFUSAL for kind in kinds]
    keys = [store.vault.log_key if out else mine[d] for d, out in zip(dense, nobody, strict=True)]
    records = [b"%d:" % i + b"x" * (i % 300) for i in numbers]
    decided = [kind == DECISION for kind in kinds]
    return Block(
        recipe=RECIPE,
        kinds=kinds,
        ids=ids,
        tokens=[None if out else all_tokens[d] for d, out in zip(dense, nobody, strict=True)],
        ts_ns=[i * 10**9 for i in numbers],
        verbs=[VERB[i % 5] if d else None for i, d in zip(numbers, decided, strict=True)],
        scores=[i * 7919 % 2_000_001 - 1_000_000 if d else None for i, d in zip(numbers, decided, strict=True)],
        records=records,
        entries=seal_many(keys, ids, records, kinds, "fraud", RECIPE),
    )


def filled(store: Store, count: int, step: int) -> Store:
    """The store with the stream's first `count` records, in blocks of `step`."""
    for start in range(0, count, step):
        store.append(block_of(store, start, min(start + step, count)))
    return store
