"""Studies built on the three questions."""
