"""Experiments analysed: from counts to a conclusion, with p-values that are theorems."""
