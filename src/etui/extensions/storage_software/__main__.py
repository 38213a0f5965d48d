"""Starts the Extension: ``ETUI_FOLDER`` names its lasting folder."""

import os
from pathlib import Path
from typing import Final

from etui.extensions.storage_software import StorageSoftware

_FOLDER: Final = "/data"

if __name__ == "__main__":
    StorageSoftware(Path(os.environ.get("ETUI_FOLDER", _FOLDER))).run()
