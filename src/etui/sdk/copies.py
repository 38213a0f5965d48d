"""Which copy of the wallet this is: one that was restored of a backup is another."""

from __future__ import annotations

import os


def this_copy() -> str:
    """The name of this copy of the wallet, which no backup takes along: a record that has another one was restored."""
    return os.environ.get("ETUI_COPY", "")
