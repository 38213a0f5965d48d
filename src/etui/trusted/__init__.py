"""The part that only the terminal's manufacturer supplies."""
