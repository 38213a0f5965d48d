"""A file of a profile, replaced as a whole: a crash or a power cut at any moment leaves the old content or the new.

The new content is synced before it takes the name, and the folder before this returns: so what is written next, in
another file, is never on the disk without it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_WRITING: Final = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC


def replace_file(path: Path, content: bytes) -> None:
    """Puts ``content`` in the place of the file at ``path``, readable by its owner alone; raises ``OSError``."""
    new = path.with_name(path.name + ".new")
    with os.fdopen(os.open(new, _WRITING, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Makes the names in the folder at ``path`` durable."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
