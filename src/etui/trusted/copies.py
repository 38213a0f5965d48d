"""Which copy of a wallet this is: a random number in a file that no backup takes along.

Every Extension is told it as ``ETUI_COPY``, each in another form. One whose items are for where they were made (a
card's counter, a ticket's key) keeps it with them: where it is told another one, its records came from a backup, and
may be older than what it has said since. So does the Router with the browsers that are paired. A copy of the whole disk
has the same number; nobody can tell that one.
"""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path
from typing import Final

from etui.trusted.durable import replace_file

_FILE: Final = Path("device", "copy")
_BYTES: Final = 32


def copy_of(home: Path, installation: str) -> str:
    """Which copy the profile in ``home`` is, as one installation, or the Router, knows it: 64 hexadecimal digits.

    A file that is not there, or damaged, is made anew: then it is another copy. Empty where the disk takes or gives
    nothing: that too is another one than before.
    """
    try:
        number = _number(home / _FILE)
    except OSError:
        return ""
    return hashlib.blake2b(installation.encode(), key=number, digest_size=_BYTES).hexdigest()


def _number(path: Path) -> bytes:
    try:
        number = path.read_bytes()
    except FileNotFoundError:
        number = b""
    if len(number) != _BYTES:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        number = secrets.token_bytes(_BYTES)
        replace_file(path, number)
    return number
