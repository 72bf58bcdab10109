"""Question 3, how biased hidden states can be: `marginals` is the page to read first."""
