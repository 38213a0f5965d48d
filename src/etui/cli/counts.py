"""A number of things, on a command line."""

from __future__ import annotations

import argparse


def read_count(text: str) -> int:
    """A whole number from 1 on; raises ``argparse.ArgumentTypeError`` for anything else."""
    if not text.isascii() or not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of things: give 1 or more")
    return int(text)
