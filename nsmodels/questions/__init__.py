"""The questions, a page each: bound, decompose, marginals."""
