"""``python -m etui.cli``: the ``etui`` command."""

from __future__ import annotations

import sys

from etui.cli.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
