"""Recorded frames, one a line, in the file of who sends them; and what once made trouble, in ``found``.

A line that is no UTF-8, or holds a line feed, is written with Python's escapes and begins with ``\\\\``.
"""

from __future__ import annotations

from pathlib import Path


def recorded(name: str) -> tuple[bytes, ...]:
    """The frames in a file of this folder."""
    lines = Path(__file__).with_name(f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return tuple(_read(line) for line in lines if line and not line.startswith("# "))


def _read(line: str) -> bytes:
    if line.startswith("\\\\"):
        return line[2:].encode().decode("unicode_escape").encode("latin-1")
    return line.encode()
