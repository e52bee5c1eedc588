"""What could not be read, for a person: how many rows of each code, and the first of them."""

from typing import Any

from waglan.schema.batch import REFUSED, Batch
from waglan.schema.records import CODES


def summary(batch: Batch, examples: int = 3) -> dict[str, Any]:
    """Counts and first examples of refusals; values are shown here and nowhere else.

    {"rows", "events", "refused", "by_code": {code: {"count", "means", "first": [{"position", "column", "shown"}]}}},
    codes in the order of schema.records.CODES, examples in the batch's order.
    """
    by_code: dict[str, Any] = {}
    for code, means in CODES.items():
        found = [refused for refused in batch.refusals.values() if refused.code == code]
        if found:
            first = [{"position": r.position, "column": r.column, "shown": r.shown} for r in found[:examples]]
            by_code[code] = {"count": len(found), "means": means, "first": first}
    refused = int((batch.kinds == REFUSED).sum())
    return {"rows": len(batch), "events": len(batch) - refused, "refused": refused, "by_code": by_code}
