"""Whether the code that this process was started from has been replaced, as an upgrade of the package does.

A wallet that runs goes on with what it has loaded, and its next part is of the new code: two versions at once. Where no
key is in use, nothing is lost by starting anew, so the supervisor looks at each lock, and while it is locked.
"""

from __future__ import annotations

import re
from importlib.util import cache_from_source
from pathlib import Path
from typing import Final

import etui

_VERSION: Final = re.compile(r'^__version__ = "([^"]+)"$', re.MULTILINE)


class Code:
    """The code as it lies on the disk beside what runs.

    ``source``: the module that names the version. ``running``: the version that was loaded.
    """

    def __init__(self, source: Path = Path(etui.__file__), running: str = etui.__version__) -> None:
        self._source = source
        self._compiled = Path(cache_from_source(source))
        self._running = running
        self._loaded = self._look()

    def was_replaced(self) -> bool:
        """Whether another version lies there now, all of it: the package compiles its modules when they are there."""
        if self._look() == self._loaded:
            return False
        try:
            named = _VERSION.search(self._source.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            return False
        return named is not None and named[1] != self._running and self._compiled.exists()

    def _look(self) -> tuple[int, int, int] | None:
        try:
            found = self._source.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino, found.st_mtime_ns
