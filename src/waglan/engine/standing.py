"""Rules that stand in the way of a whole box of changed events: each of its points would fire them.

So a rule about what nobody can change is told at once, and one about what can be changed is passed in halves and not
point by point.
"""

import numpy as np
from numpy.typing import NDArray

from waglan.engine.judge import Judge
from waglan.kernels.reach import reach
from waglan.policy.certainty import ANY, YES, Certainty, Stretch
from waglan.schema.recipe import columns
from waglan.schema.units import NULL

Ints = NDArray[np.int64]
FAR = 1 << 62


class Standing:
    """The rules of a recipe whose verb is adverse."""

    def __init__(self, judge: Judge) -> None:
        self.program = judge.plan.program
        self.columns = list(columns(judge.recipe))
        self.features = {name: place for place, name in enumerate(judge.names)}
        self.declared = columns(judge.recipe)
        adverse = judge.recipe.policy.adverse
        self.rules = {rule.code: Certainty(rule.when) for rule in judge.recipe.policy.rules if rule.verb in adverse}

    def firing(self, low: Ints, high: Ints, sealed: tuple[Ints, Ints, Ints]) -> tuple[list[str], list[str]]:
        """Codes of the rules that fire for every event of low..high (c,), and of those that can be told apart in it."""
        if not self.rules:
            return [], []
        least, greatest, null = (part.copy() for part in sealed)
        reach(self.program, low, high, least, greatest, null)

        def look(root: str, name: str) -> Stretch:
            if root == "event":
                at = self.columns.index(name)
                return (1, 0, True) if low[at] == NULL else (int(low[at]), int(high[at]), False)
            if root == "row":
                at = self.features[name]
                return int(least[at]), int(greatest[at]), bool(null[at])
            return -FAR, FAR, False

        found = {code: rule.of(look, self.place) for code, rule in self.rules.items()}
        return [code for code, told in found.items() if told == YES], [c for c, told in found.items() if told != ANY]

    def place(self, column: str, word: str) -> int | None:
        """The place that stands for a category's or flag's word."""
        declared = self.declared[column]
        if declared.values is not None:
            known = [*declared.values, *(["other"] if declared.other else [])]
            return known.index(word) if word in known else None
        return int(word == "true") if declared.flag and word in ("true", "false") else None
