"""The search for settings on which a model is excluded at the lowest visibility, or with the fewest pairs."""
