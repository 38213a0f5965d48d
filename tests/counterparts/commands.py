"""A counterpart's command in this process: what it says and how it ends, where it ends before it serves anybody.

That a command starts as a process is seen wherever one serves; for its words alone an interpreter each is slow.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import sys
from unittest import mock

import msgspec


class Ended(msgspec.Struct, frozen=True):
    """Its exit status, and what it wrote."""

    returncode: int
    stdout: str
    stderr: str


def run(counterpart: str, *arguments: object) -> Ended:
    """``python -m etui.counterparts.COUNTERPART`` with these arguments, to its end."""
    main = importlib.import_module(f"etui.counterparts.{counterpart}.__main__").main
    out, err = io.StringIO(), io.StringIO()
    words = [f"python -m etui.counterparts.{counterpart}", *map(str, arguments)]
    with (
        mock.patch.object(sys, "argv", words),
        mock.patch.dict("os.environ", {"COLUMNS": "120"}),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            status = main()
        except SystemExit as ended:  # argparse's
            status = ended.code
    assert isinstance(status, int)
    return Ended(status, out.getvalue(), err.getvalue())
