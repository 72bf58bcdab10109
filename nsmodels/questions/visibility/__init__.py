"""Question 2, visibilities: `decompose` is the page to read first."""
