"""The order of the axes of a table p[a,b,x,y] or n[a,b,x,y], and what to say where a table has another one.

An order is a word: "xyab" is the table n[x,y,a,b], outcomes last. Exchanging the parties exchanges a with b and x
with y at the same time, which no test can see: twelve of the 24 orders stand for all, those that name a before b.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import numpy as np

from ..common.arguments import TWO_PARTIES, shown
from ..common.arrays import Array
from ..errors import InputError

__all__ = ["AXES", "arranged", "check_shape", "checked_order", "possible", "reading", "with_order"]


AXES = "abxy"
_USUAL = ("abxy", "xyab", "axby", "xayb")
_ORDERS = (*_USUAL, *sorted({"".join(letters) for letters in permutations(AXES)}.difference(_USUAL)))


def checked_order(order: object) -> str:
    """An order of the axes, as a word.

    Raises
    ------
    InputError
        For anything else than a word of the letters a, b, x and y.
    """
    if isinstance(order, str) and sorted(order) == sorted(AXES):
        return order
    raise InputError(f'Behaviour: order is {shown(order)}; it must be a word such as "abxy" or "xyab"')


def arranged(table: Array, order: str) -> Array:
    """The table with its axes in the order a, b, x, y."""
    return np.transpose(table, [order.index(letter) for letter in AXES])


def in_order(table: Array, order: str | None) -> Array:
    """A table of four axes in the order a, b, x, y, if another one is said; of other tables the order is checked only.

    Raises
    ------
    InputError
        As `checked_order`.
    """
    word = None if order is None else checked_order(order)
    return table if word is None or table.ndim != 4 else arranged(table, word)


def possible(shape: tuple[int, ...]) -> list[str]:
    """Orders in which both parties have two outcomes, the usual ones first; none that only exchanges the parties."""
    return [
        order
        for order in _ORDERS
        if len(shape) == 4
        and order.index("a") < order.index("b")
        and shape[order.index("a")] == shape[order.index("b")] == 2
    ]


def reading(name: str, order: str) -> str:
    """``n[x,y,a,b]``."""
    return f"{name}[{','.join(order)}]"


def with_order(orders: list[str]) -> str:
    """The remedy, with the orders that the data cannot tell from the first one."""
    exchanged = orders[0].translate(str.maketrans(AXES, "bayx"))
    remedy = f'give order="{orders[0]}" (with the parties exchanged: "{exchanged}")'
    others = ", ".join(f'"{other}"' for other in orders[1:])
    return f"{remedy}; the numbers fit {others} as well" if others else remedy


def check_shape(table: Array, name: str, order: str | None, best: Callable[[list[str]], list[str]]) -> None:
    """Refuse what is not a table of two parties with two outcomes each, naming the order that its shape fits.

    Parameters
    ----------
    table : ndarray
        With its axes as given, or in the order a, b, x, y where ``order`` is not None.
    name : {"p", "n"}
    best : callable
        Chooses among the orders that the shape allows; none where the numbers fit none.

    Raises
    ------
    InputError
    """
    shape = table.shape
    if len(shape) == 4 and shape[:2] == (2, 2) and table.size:
        return
    found = f"Behaviour: {reading(name, AXES)} has shape {shape}; it must be (2, 2, n_A, n_B)"
    if table.size and len(shape) == 2 and shape[1] == 4:
        layout = 'with rows for pairs of settings use reshape(n_A, n_B, 2, 2) and order="xyab"'
        raise InputError(f"{found}; {layout}")
    orders = possible(shape) if table.size and order is None else []
    if orders and (fitting := best(orders)):
        raise InputError(f"{found}; as {reading(name, fitting[0])} it fits: {with_order(fitting)}")
    raise InputError(f"{found}; {TWO_PARTIES}" if len(shape) >= 3 else found)
