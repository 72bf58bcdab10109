"""Problem files and result files."""
