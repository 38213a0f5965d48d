"""``python -m etui.trusted.dialog --fd N``: the Trusted Dialog's process."""

import sys

from etui.trusted.dialog.process import main

if __name__ == "__main__":
    sys.exit(main())
