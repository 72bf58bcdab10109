"""What the command line shows: summaries, derivations, explanations, reports, progress."""
