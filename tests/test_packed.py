"""Long strings in result files are written as any JSON encoder would, and read back as they were."""

from __future__ import annotations

import base64
import json
import random
import zlib

import numpy as np
import pytest

from nsmodels.common.packed import LONG as LONG_STRING
from nsmodels.common.packed import Packed, json_texts
from nsmodels.engines.spheres.packing import LONG, PIECE, packed_bytes, packed_list, packed_lists


def packed(seed: int, length: int) -> Packed:
    return Packed(base64.b64encode(random.Random(seed).randbytes(length)), "ascii")


@pytest.mark.parametrize(
    "value",
    [
        {"a": packed(1, LONG_STRING), "b": ['"', "\\", "\ud800", 1.5], "c": packed(2, 3)},
        {"parts": [{"proof": packed(3, 2 * LONG_STRING)}, {"proof": {"multipliers": packed(4, LONG_STRING)}}]},
        [packed(5, LONG_STRING), {"x": packed(6, LONG_STRING)}],
        [{"x": packed(7, LONG_STRING)}, packed(8, LONG_STRING)],
        packed(9, LONG_STRING),
        {},
    ],
)
def test_pieces_are_the_text_of_the_standard_library(value: object) -> None:
    assert "".join(json_texts(value)) == json.dumps(value, ensure_ascii=False)


def test_infinity_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        list(json_texts({"long": packed(1, LONG_STRING), "value": float("inf")}))


@pytest.mark.parametrize("length", [0, 1, 1 << 20, (1 << 20) + 1, 2 * PIECE, 2 * PIECE + 7])
def test_byte_strings_come_back(length: int) -> None:
    data = random.Random(length).randbytes(length // 2) + bytes(length - length // 2)
    assert zlib.decompress(base64.b64decode(packed_bytes(data))) == data


@pytest.mark.parametrize("lengths", [[5, 0, LONG - 1], [LONG, 3, 300 * LONG, LONG - 1, LONG], [1000] * 6000])
def test_lists_come_back_whoever_packed_them(lengths: list[int]) -> None:
    rng = np.random.default_rng(len(lengths))
    lists = [rng.integers(-101, 102, length).astype(np.int8) for length in lengths]
    ready = [packed_list(x) if len(x) >= LONG and k % 2 else None for k, x in enumerate(lists)]
    text = packed_lists(lists, ready)
    assert text == packed_lists(lists, [None] * len(lists))
    assert zlib.decompress(base64.b64decode(text)) == b"".join(x.tobytes() for x in lists)
