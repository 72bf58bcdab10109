"""Shortest paths in doubled graphs."""

from ..._moved import names_of

__getattr__ = names_of(__name__, "graph")
