"""The minimum over two unit spheres where marginals are any law of the angle: polynomials, and piecewise linear laws.

Proved by branch and bound with affine bands (`bands`, `search`), found by descents (`descent`); `minimum` is the door.
"""
