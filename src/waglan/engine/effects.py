"""The effects of decisions among other events: what their ids are, and who may write them.

Under a recipe with `effects` the engine writes each effect itself, right behind its decision. If anybody else could, an
id taken before its cause came would stop the log, and a replay could not tell which events it must make again.
"""

from typing import Final

from waglan.engine.judge import EFFECT
from waglan.schema.batch import REFUSED, Batch, Refused

OWN: Final = "/effect"
"""What the id of an effect has after its cause's id."""


def without_own(batch: Batch) -> Batch:
    """The batch with rows refused that only the engine may write: effects, and ids such as theirs.

    No intake counted such a refusal: its position is -1, for the engine to put its own place in the log there.
    """
    own = {}
    for i, (event_id, code) in enumerate(zip(batch.ids, batch.kinds.tolist(), strict=True)):
        if code == EFFECT:
            own[i] = Refused("unknown_kind", "kind", -1, "effect")
        elif event_id.endswith(OWN):
            own[i] = Refused("bad_id", "id", -1, event_id)
    if not own:
        return batch
    kinds = batch.kinds.copy()
    kinds[list(own)] = REFUSED
    return Batch(batch.ids, kinds, batch.ts_ns, batch.values, batch.names, batch.refusals | own)
