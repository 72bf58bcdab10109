"""The nouns: settings, behaviours, functionals, boxes, enclosures. Data, and no search."""
