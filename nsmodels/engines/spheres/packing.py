"""Byte strings as they stand in certificates: compressed by zlib, in base 64.

Long lists are compressed one by one, so that a search can do it while it goes on (`packed_list`): what it has found by
Ctrl-C or at a time limit is then written in a moment. A list ends at a whole byte (Z_SYNC_FLUSH) and refers to none
before it, so that all of them, one after another, are what a single compressor could have made (RFC 1951, section 2).
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from ...common.packed import Packed
from ..compiled import KernelArray as Array

__all__ = ["LONG", "PackedLists", "packed_bytes", "packed_list", "packed_lists"]

SMALL = 1 << 20
"""Bytes that are compressed as well as zlib can; runs alone take a twentieth of the time and 3 per cent more room."""
PIECE = 4 << 20
"""Bytes of short lists that are compressed together."""
LONG = 4096
"""Entries of a list that is compressed by itself."""
PackedLists = dict[tuple[int, bool], bytes]
"""Long lists of multipliers that are compressed, by node and whether they are whole."""
THREADS = 4
HEAD, END = b"\x78\x01", b"\x03\x00"
"""The first bytes of a stream of zlib, and an empty last block."""


def packed_list(entries: bytes | Array) -> bytes:
    """One list, compressed by its runs alone, for any place in a stream."""
    runs = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, zlib.Z_RLE)
    return runs.compress(entries) + runs.flush(zlib.Z_SYNC_FLUSH)


def packed_bytes(data: bytes) -> str:
    """A byte string as it stands in certificates."""
    if len(data) <= SMALL:
        return _text(zlib.compress(data, 9))
    pieces = [data[first : first + PIECE] for first in range(0, len(data), PIECE)]
    return _stream(pieces, [None] * len(pieces), zlib.adler32(data))


def packed_lists(lists: Sequence[Array], ready: Sequence[bytes | None]) -> str:
    """Lists of bytes one after another, some of which may be `ready`: `packed_list` of them."""
    if sum(map(len, lists)) <= SMALL:
        return packed_bytes(b"".join(x.tobytes() for x in lists))
    pieces: list[bytes | Array] = []
    packed: list[bytes | None] = []
    short: list[bytes] = []
    check, waiting = 1, 0
    for entries, done in zip(lists, ready):
        check = zlib.adler32(entries, check)
        alone = len(entries) >= LONG
        if short and (alone or waiting > PIECE):
            pieces.append(b"".join(short))
            packed.append(None)
            short, waiting = [], 0
        if alone:
            pieces.append(entries)
            packed.append(done)
        else:
            short.append(entries.tobytes())
            waiting += len(entries)
    pieces.append(b"".join(short))
    packed.append(None)
    return _stream(pieces, packed, check)


def _stream(pieces: Sequence[bytes | Array], packed: Sequence[bytes | None], check: int) -> str:
    """A stream of zlib (RFC 1950) of pieces, of which some are packed; `check` is the Adler-32 sum of all bytes."""
    with ThreadPoolExecutor(THREADS) as pool:
        todo = pool.map(packed_list, [piece for piece, done in zip(pieces, packed) if done is None])
        streams = [next(todo) if done is None else done for done in packed]
    return _text(b"".join([HEAD, *streams, END, check.to_bytes(4, "big")]))


def _text(packed: bytes) -> Packed:
    return Packed(base64.b64encode(packed), "ascii")
