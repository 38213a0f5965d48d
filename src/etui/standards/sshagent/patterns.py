"""Patterns of OpenSSH, in which ``*`` is any characters and ``?`` is one.

Source: ssh_config(5), section "PATTERNS".
"""

from __future__ import annotations

import re


def fits(pattern: str, name: str) -> bool:
    """Whether a name fits a pattern, in which ``*`` is any characters and ``?`` is one.

    What stands between two stars is taken where it comes first: to take it later could never help.
    """
    first, *others = pattern.split("*")
    if not others:
        return len(first) == len(name) and _find(first, name, 0) == 0
    *middle, last = others
    at, end = len(first), len(name) - len(last)
    if at > end or _find(first, name[:at], 0) != 0 or _find(last, name[end:], 0) != 0:
        return False
    for part in middle:
        found = _find(part, name[:end], at)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _find(part: str, name: str, at: int) -> int:
    """Where a part of a pattern without stars is in a name, from ``at`` on; -1 where it is not."""
    if "?" not in part:
        return name.find(part, at)
    found = re.compile(re.escape(part).replace(r"\?", "."), re.DOTALL).search(name, at)
    return -1 if found is None else found.start()
