"""The certified global minimum of a sum of absolute values over two unit spheres."""

from ..._moved import names_of

__getattr__ = names_of(__name__, "minimum")
