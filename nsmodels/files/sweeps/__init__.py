"""Sweeps: one problem with some of its keys varied over a grid, every point of which is a result file of its own."""
