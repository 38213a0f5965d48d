"""Where a door's own socket lies."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from etui.protocol import find_place

if TYPE_CHECKING:
    from pathlib import Path


def runtime_folder() -> Path:
    """The folder of this profile's sockets, which is there while the wallet runs and open to its user alone."""
    return find_place(os.environ, os.getuid()).runtime
