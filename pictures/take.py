"""``python -m pictures.take``: a picture of each face of the Trusted Dialog, taken from the running program.

The window is shown by an X server without a screen, the terminal face by tmux. Each picture goes to
``dialog/NAME-SETTING.png`` or ``terminal/NAME.txt``.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from pictures.samples import samples
from pictures.stage import SETTINGS, names_of, take_windows
from pictures.terminals import take_terminals

_FOLDER: Final = Path(__file__).parents[1] / "docs" / "pictures"
_COLUMNS, _LINES = 80, 24
_NEEDED: Final = {"Xvfb": "xvfb", "xdotool": "xdotool", "tmux": "tmux"}


def main() -> int:
    """Takes them all, or those whose names begin as asked."""
    parser = argparse.ArgumentParser(prog="python -m pictures.take", description=__doc__)
    parser.add_argument("--into", type=Path, default=_FOLDER, help="the folder for the pictures")
    parser.add_argument("--only", default="", help="only names that begin so")
    options = parser.parse_args()
    if missing := [package for program, package in _NEEDED.items() if shutil.which(program) is None]:
        parser.error(f"needs the packages {', '.join(missing)}")
    texts = frozenset(
        sample.name for sample in samples(lambda _text, _field: b"") if sample.name.startswith(options.only)
    )
    with ThreadPoolExecutor(len(SETTINGS) + 1) as pool:  # each series waits for its own program most of the time
        taken = [pool.submit(take_terminals, _COLUMNS, _LINES, texts, options.into / "terminal")]
        for setting in SETTINGS:
            wanted = frozenset(name for name in names_of(setting) if name.startswith(options.only))
            if wanted:
                taken.append(pool.submit(take_windows, setting, wanted, options.into / "dialog"))
        for one in taken:
            one.result()
    return 0


if __name__ == "__main__":
    sys.exit(main())
