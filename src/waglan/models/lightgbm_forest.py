"""LightGBM's trees laid flat: numeric and categorical splits, missing values and default directions.

How a node decides (LightGBM, `Tree::NumericalDecision` and `CategoricalDecision`): NaN counts as 0 unless the node's
missing type is NaN; with missing type Zero, 0 and NaN take the default side; a category that is NaN, negative or not
in the node's set goes right. A random forest (`average_output`) gives the mean of its trees.
"""

import os
from types import ModuleType
from typing import Any

from waglan.models.forest import CATEGORY, CATEGORY_MAX, COMPARE, ZERO_NULL, Forest, Tree, lay
from waglan.schema.units import BadValue


def library() -> ModuleType:
    """The lightgbm module, or one clear line if the system lacks its OpenMP runtime."""
    # Waiting threads sleep and do not spin: beside other work two spinning threads cost three times the processor time.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        import lightgbm
    except OSError as error:
        if "libgomp" in str(error):
            raise BadValue("LightGBM needs the system library libgomp: apt-get install libgomp1") from None
        raise BadValue(f"LightGBM cannot be loaded: {error}") from None
    module: ModuleType = lightgbm
    return module


def flatten_lightgbm(booster: Any, scales: list[int]) -> Forest:
    """The forest of a LightGBM Booster of one class. Raises BadValue for what the flat form does not say."""
    dump = booster.dump_model()
    if dump["num_class"] != 1 or dump["num_tree_per_iteration"] != 1:
        raise BadValue(f"LightGBM: only models of one output are scored, this has {dump['num_class']} classes")
    if dump["max_feature_idx"] + 1 != len(scales):
        raise BadValue(
            f"LightGBM: the model has {dump['max_feature_idx'] + 1} features, {len(scales)} scales were given"
        )
    share = len(dump["tree_info"]) if dump["average_output"] else 1
    return lay([_tree(info["tree_structure"], share) for info in dump["tree_info"]], scales)


def _tree(root: dict[str, Any], share: int) -> Tree:
    tree = Tree()
    stack: list[tuple[dict[str, Any], int, bool]] = [(root, -1, False)]
    while stack:
        node, parent, is_right = stack.pop()
        if "leaf_value" in node:
            if "leaf_const" in node or "leaf_coeff" in node:
                raise BadValue("LightGBM: linear_tree models are not scored")
            name = tree.add_leaf(float(node["leaf_value"]) / share, int(node.get("leaf_count", 1)))
        else:
            name = _split(tree, node)
            stack += [(node["right_child"], name, True), (node["left_child"], name, False)]
        if parent >= 0:
            (tree.right if is_right else tree.left)[parent] = name
    return tree


def _split(tree: Tree, node: dict[str, Any]) -> int:
    """Add a node; its number."""
    kind = COMPARE if node["decision_type"] == "<=" else CATEGORY
    missing = node["missing_type"]
    if kind == COMPARE and missing == "Zero":
        kind = ZERO_NULL
    limit = 0.0 if kind == CATEGORY else float(node["threshold"])
    null_left = bool(node["default_left"]) if missing != "None" else limit >= 0.0
    if kind == CATEGORY:
        categories = [int(c) for c in str(node["threshold"]).split("||")]
        if max(categories) >= CATEGORY_MAX:
            raise BadValue(f"LightGBM: categories must lie below {CATEGORY_MAX}, one was {max(categories)}")
        tree.sets[len(tree.feature)] = categories
        null_left = False
    return tree.add_node(int(node["split_feature"]), kind, limit, int(null_left))
