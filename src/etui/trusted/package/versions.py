"""Versions as Semantic Versioning 2.0.0 has them: their form and which of two is later."""

from __future__ import annotations

import re
from typing import Final, TypeAlias

MAX_VERSION_CHARACTERS: Final = 64

_NUMBER: Final = r"(?:0|[1-9][0-9]*)"
_PRE: Final = rf"(?:{_NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_VERSION: Final = re.compile(
    rf"({_NUMBER})\.({_NUMBER})\.({_NUMBER})(?:-({_PRE}(?:\.{_PRE})*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)

Precedence: TypeAlias = tuple[int, int, int, bool, tuple[tuple[bool, int, str], ...]]


def precedence(version: str) -> Precedence:
    """A value that orders as versions do; build metadata counts for nothing.

    Raises ``ValueError`` where ``version`` is none. Source: semver.org, version 2.0.0, section 11.
    """
    found = _VERSION.fullmatch(version) if len(version) <= MAX_VERSION_CHARACTERS else None
    if found is None:
        raise ValueError(f"{version[:MAX_VERSION_CHARACTERS]!r} is no version like 1.2.3 or 2.0.0-beta.1")
    major, minor, patch, pre = found.groups()
    parts = [] if pre is None else pre.split(".")
    return (
        int(major),
        int(minor),
        int(patch),
        pre is None,
        tuple((False, int(part), "") if part.isdigit() else (True, 0, part) for part in parts),
    )


def is_later(version: str, than: str) -> bool:
    """Whether ``version`` comes after ``than``; raises ``ValueError`` where one of them is none."""
    return precedence(version) > precedence(than)
