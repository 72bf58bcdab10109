"""Moment matrices of two commuting families of letters that square to one: bounds by semidefinite programming."""
