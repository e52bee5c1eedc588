"""XGBoost's and scikit-learn's trees laid flat, by way of treelite and a check of the outcome.

Both cast their input to float32 before they compare (scikit-learn's histogram boosting does not), XGBoost goes left
if x < limit and the others if x <= limit; the whole-number threshold is found by halving over that very map. A forest
that averages gives probabilities, not log-odds: its score is the probability of the positive class.
"""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from waglan.models.forest import CATEGORY, COMPARE, Forest, Tree, lay
from waglan.schema.units import BadValue

Floats = NDArray[np.float64]


def flatten_treelite(model: Any, scales: list[int], single: bool) -> tuple[Forest, float]:
    """Forest and base of a treelite model of one output, or two classes averaged; single: inputs are rounded to
    float32.

    Nothing here is believed: the caller compares the result with the library (`models.agreement`).
    """
    text = model.dump_as_json(pretty_print=False)
    dump = json.loads(text.replace('"threshold":,', '"threshold":Infinity,'))  # treelite writes nothing for infinity
    if dump["num_feature"] > len(scales):
        raise BadValue(f"treelite: the model has {dump['num_feature']} features, {len(scales)} scales were given")
    classes, outputs = dump["num_class"], dump["leaf_vector_shape"]
    if dump["num_target"] != 1 or classes not in ([1], [2]) or outputs not in ([1, 1], [1, 2]):
        raise BadValue(f"treelite: only models of one output or two classes are scored, this has classes {classes}")
    share = len(dump["trees"]) if dump["average_tree_output"] else 1
    base = float(dump["base_scores"][-1])
    trees = [_tree(tree["nodes"], share) for tree in dump["trees"]]
    operators = {n["comparison_op"] for tree in dump["trees"] for n in tree["nodes"] if "comparison_op" in n}
    if len(operators) > 1 or not operators <= {"<", "<="}:
        raise BadValue(f"treelite: comparisons {sorted(operators)} cannot be laid flat")
    return lay(trees, scales, single, strict=operators == {"<"}), base


def _tree(nodes: list[dict[str, Any]], share: int) -> Tree:
    """One tree; leaves and nodes are numbered in the order treelite lists them, its root first."""
    tree = Tree()
    name: dict[int, int] = {}
    inner = [n for n in nodes if "split_feature_id" in n]
    for i, node in enumerate(inner):
        name[node["node_id"]] = i
    for node in nodes:
        if "split_feature_id" not in node:
            value = node["leaf_value"]
            value = float(value[-1] if isinstance(value, list) else value) / share
            cover = round(1e6 * node.get("sum_hess", node.get("data_count", 1)))
            name[node["node_id"]] = tree.add_leaf(value, cover)
    for i, node in enumerate(inner):
        _split(tree, i, node, name)
    return tree


def _split(tree: Tree, i: int, node: dict[str, Any], name: dict[int, int]) -> None:
    feature, left, right = int(node["split_feature_id"]), name[node["left_child"]], name[node["right_child"]]
    null_left = bool(node["default_left"])
    if node["node_type"] == "categorical_test_node":
        kind, limit = CATEGORY, 0.0
        tree.sets[i] = [int(c) for c in node["category_list"]]
        if node["category_list_right_child"]:
            left, right, null_left = right, left, not null_left
    else:
        kind, limit = COMPARE, float(node["threshold"])
    tree.add_node(feature, kind, limit, int(null_left), left, right)


def flatten_decision_tree(model: Any, scales: list[int]) -> tuple[Forest, float]:
    """Forest of a single scikit-learn tree, which treelite does not take."""
    inner = model.tree_
    missing = getattr(inner, "missing_go_to_left", np.ones(inner.node_count, np.uint8))
    values = inner.value[:, 0, -1]
    tree = Tree()
    name: dict[int, int] = {}
    for node in range(inner.node_count):
        if inner.children_left[node] < 0:
            name[node] = tree.add_leaf(float(values[node]), round(1e6 * float(inner.weighted_n_node_samples[node])))
        else:
            name[node] = sum(1 for n in name.values() if n >= 0)
    for node in range(inner.node_count):
        if name[node] < 0:
            continue
        left, right = name[int(inner.children_left[node])], name[int(inner.children_right[node])]
        limit = float(inner.threshold[node])
        tree.add_node(int(inner.feature[node]), COMPARE, limit, int(missing[node]), left, right)
    return lay([tree], scales, single=True), 0.0


def margin_of(model: Any) -> Callable[[Floats], Floats]:
    """What the library itself answers for rows of floats: log-odds, or the value or probability of a model without
    them."""
    if hasattr(model, "decision_function"):
        return lambda x: np.asarray(model.decision_function(x), np.float64)
    if hasattr(model, "predict_proba"):
        return lambda x: np.asarray(model.predict_proba(x)[:, 1], np.float64)
    return lambda x: np.asarray(model.predict(x), np.float64)
