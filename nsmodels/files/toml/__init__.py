"""TOML with limits, typed access and the line of every key; nothing here knows any physics."""
