"""Hidden-variable models without signalling: tight bounds, inequalities, explicit models and proofs."""

__version__ = "0.1.0"
