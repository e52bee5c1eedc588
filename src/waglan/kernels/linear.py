"""Contributions of a linear model's terms over integer rows, in billionths."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from waglan.kernels.compiled import compiled

NULL: Final = -(1 << 63)

Ints = NDArray[np.int64]


@compiled
def contributions(rows: Ints, terms: Ints, levels: Ints, out: Ints) -> None:
    """What each term gives to the margin of each row, in billionths.

    terms: (terms, 9): column, kind, low, high, mean, weight, shift, null_nano, other_nano. kind 0: weight * (x -
    mean) / 2**shift, x clipped to low..high, halves to the even neighbour; the model bounds the product below 2**62.
    kind 1: x is a category and its contribution is levels[low + x]; high is the number of levels, others give
    other_nano. A null gives null_nano. out: (n, terms).
    """
    for r in range(len(rows)):
        for j in range(len(terms)):
            value = rows[r, terms[j, 0]]
            if value == NULL:
                out[r, j] = terms[j, 7]
            elif terms[j, 1] == 1:
                known = 0 <= value < terms[j, 3]
                out[r, j] = levels[terms[j, 2] + value] if known else terms[j, 8]
            else:
                product = terms[j, 5] * (min(max(value, terms[j, 2]), terms[j, 3]) - terms[j, 4])
                shift = terms[j, 6]
                whole = product >> shift
                twice = (product - (whole << shift)) << 1
                one = np.int64(1) << shift
                out[r, j] = whole + np.int64(twice > one or (twice == one and whole & 1 == 1))
