"""Events to rows: features declared in a recipe, and the moving state of their windows and lists."""

from waglan.features import plan
from waglan.features.plan import Plan
from waglan.features.state import Windows

__all__ = ["Plan", "Windows", "plan"]
