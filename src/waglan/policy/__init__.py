"""Score and row -> verbs: lists, rules and the ladder of cuts."""

from waglan.policy.ladder import Ladder, cuts_from_budget, cuts_from_costs, expected_costs
from waglan.policy.policy import Policy

__all__ = ["Ladder", "Policy", "cuts_from_budget", "cuts_from_costs", "expected_costs"]
