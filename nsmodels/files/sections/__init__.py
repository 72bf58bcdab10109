"""From a TOML file to the nouns of the package, with an error line for everything that can be wrong."""
