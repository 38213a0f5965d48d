"""Starts an Extension, and says which modules it looks for once it waits for its key: none, or a start is not ahead."""

import os
import runpy
import sys
from typing import Any

waits = False


def hear(event: str, arguments: tuple[Any, ...]) -> None:
    """Source: the table of audit events of Python's library."""
    global waits  # noqa: PLW0603  # a hook is never taken away
    if event == "open" and arguments[0] == 4:
        waits = True
    elif event == "import" and waits:
        sys.stderr.write(f"imported late: {arguments[0]}\n")


if __name__ == "__main__":
    sys.addaudithook(hear)
    runpy.run_module(os.environ["MODULE"], run_name="__main__", alter_sys=True)
