"""Paths within a package: which ones there may be.

Rules: a path is relative, goes down alone, is written in one way only, and consists of printable ASCII characters
without backslash, so that no file system and no other program reads it differently.
"""

from __future__ import annotations

from typing import Final

MAX_PATH_BYTES: Final = 240
MANIFEST: Final = "manifest.toml"
SIGNATURE: Final = "signature.json"


def path_problem(path: str) -> str | None:
    """What is wrong with ``path`` as the path of a file in a package; None where nothing is."""
    if not path:
        return "is empty; name a file of the package"
    if len(path) > MAX_PATH_BYTES:
        return f"is longer than {MAX_PATH_BYTES} characters; shorten it"
    if any(not " " <= character <= "~" or character == "\\" for character in path):
        return "holds a character other than printable ASCII without backslash; rename the file"
    if path.startswith("/"):
        return "is absolute; name it as seen from the package's own folder"
    if any(part in {"", ".", ".."} for part in path.split("/")):
        return "does not go straight down from the package's folder; write it without '.', '..' and doubled '/'"
    return None
