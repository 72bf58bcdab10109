"""The proof of a lower end written down: a tree of pairs of patches, and multipliers (`leaf`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..spheres.packing import packed_bytes
from ..spheres.tree import FACES_U, NODES
from .tree import LawTree

__all__ = ["DENOMINATOR", "LawCovering"]

DENOMINATOR = 100
"""Multipliers are n/100: a signed byte each."""
LEAF, LIST = 6, 8


@dataclass(frozen=True, eq=False)
class LawCovering:
    """The proof of a lower end; it is written down (`to_json`) only when somebody asks for it."""

    tree: LawTree

    def to_json(self) -> dict[str, Any]:
        """Certificate form, without the threshold.

        ``tree``: a byte a node, in preorder. Low three bits: 0, 1 (2, 3) the patch of u (v) is bisected along s, t; 4
        (5) the sphere of u (v) is cut into the faces of a cube; 6 leaf. + 8: a list of multipliers belongs to the node
        and to all below it, until the next list. ``multipliers``: the lists, a signed byte n for every term,
        τ = n/``denominator``; the root begins with zeros. Both are compressed by zlib and written in base 64.
        """
        number = int(self.tree.count[NODES])
        nodes = self.tree.nodes[:number]
        axis, child, faces = nodes["axis"].tolist(), nodes["child"].tolist(), nodes["quad"].tolist()
        own, chosen = (nodes["start"] >= 0).tolist(), nodes["list"]
        used = np.zeros(int(chosen.max()) + 1, np.bool_)
        used[chosen[nodes["axis"] < 0]] = True
        wanted, names = used.tolist(), chosen.tolist()
        stream, lists, stack = bytearray(), [], [(0, 0)]
        while stack:
            node, current = stack.pop()
            code = LEAF if axis[node] < 0 else axis[node]
            if (own[node] and wanted[names[node]]) or (axis[node] < 0 and names[node] != current):
                code += LIST
                current = names[node]
                lists.append(self.tree.tau[current].tobytes())
            stream.append(code)
            if axis[node] >= 0:
                count = 2 if axis[node] < FACES_U else faces[node]
                stack.extend((kid, current) for kid in range(child[node] + count - 1, child[node] - 1, -1))
        return {
            "type": "law_covering",
            "denominator": DENOMINATOR,
            "tree": packed_bytes(bytes(stream)),
            "multipliers": packed_bytes(b"".join(lists)),
        }
