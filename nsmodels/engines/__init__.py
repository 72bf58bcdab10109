"""Numerics with no physics in them."""
