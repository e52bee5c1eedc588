"""The packed bytes are those msgspec writes for the same row, for every width of integer and array."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from waglan.kernels.pack import pack_rows, put_text
from waglan.schema.units import NULL

EDGES = [s * (1 << k) + d for k in (0, 5, 7, 8, 15, 16, 31, 32, 62) for d in (-1, 0, 1) for s in (-1, 1)]
CELLS = st.one_of(st.sampled_from([NULL, 0, (1 << 63) - 1, -(1 << 63) + 1, *EDGES]), st.integers(-(1 << 62), 1 << 62))


@given(st.integers(0, 40).flatmap(lambda f: st.lists(st.lists(CELLS, min_size=f, max_size=f), max_size=4)))
def test_rows_pack_as_msgspec_packs_them(rows: list[list[int]]) -> None:
    matrix = np.array(rows, np.int64).reshape(len(rows), len(rows[0]) if rows else 0)
    ends, out = np.zeros(len(rows), np.int64), np.zeros(matrix.shape[0] * (3 + 9 * matrix.shape[1]) + 1, np.uint8)
    size = pack_rows(matrix.reshape(-1), matrix.shape[1], ends, out)
    expected = [msgspec.msgpack.encode([None if v == NULL else v for v in row]) for row in rows]
    assert out[:size].tobytes() == b"".join(expected)
    assert ends.tolist() == np.cumsum([len(e) for e in expected]).tolist()


@pytest.mark.parametrize("size", [0, 1, 31, 32, 255, 256, 512, 65_535])
def test_text_packs_as_msgspec_packs_it(size: int) -> None:
    text, out = "a" * size, np.zeros(size + 5, np.uint8)
    end = put_text(np.frombuffer(b"?" + text.encode(), np.uint8), 1, size + 1, 2, out)
    assert out[2:end].tobytes() == msgspec.msgpack.encode(text)
