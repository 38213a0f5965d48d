"""Starts the Extension: ``ETUI_FOLDER`` names its lasting folder, ``ETUI_QUOTA_BYTES`` each caller's share of it."""

import os
from pathlib import Path
from typing import Final

from etui.extensions.storage_software import StorageSoftware

_FOLDER: Final = "/data"
_QUOTA_BYTES: Final = 64 << 20

if __name__ == "__main__":
    StorageSoftware(
        Path(os.environ.get("ETUI_FOLDER", _FOLDER)),
        int(os.environ.get("ETUI_QUOTA_BYTES", _QUOTA_BYTES)),
    ).run()
