"""Problem files that are good, one of each kind."""

BOUND = """\
schema = 1
kind = "bound"
[model]
name = "leggett"
eta = 1.0
[settings]
alice = [[0, 0, 1], [1, 0, 0]]
bob = [
  [0, 1, 0],
  [0, 0, 1],
  [1, 0, 0],
]
[functional]
correlators = [
  [1, 0, 1],  # two rows of three
  [0, 1, 0],
]
alice = [0, 0.5]
[options]
tolerance = 1e-6
[expected]
value = 1.5
"""

VISIBILITY = """\
schema = 1
kind = "visibility"
[model]
name = "bell"
[settings]
family = "chsh"
[behaviour]
name = "singlet"
"""

MARGINALS = """\
schema = 1
kind = "marginals"
[behaviour]
correlators = [[0.5, 0.5], [0.5, -0.5]]
alice = [0, 0]
bob = [0, 0]
"""
