"""Etui, the terminal wallet."""

__version__ = "0.1.0"
