"""TCP ports and addresses on a command line."""

from __future__ import annotations

import argparse
from typing import Final

_LAST: Final = 65_535


def tcp_port(text: str) -> int:
    """The port, 0 to 65535; raises ``argparse.ArgumentTypeError`` for anything else."""
    if not text.isascii() or not text.isdecimal() or int(text) > _LAST:
        raise argparse.ArgumentTypeError(f"{text} is no port: give a number from 0 to {_LAST}")
    return int(text)


def address(text: str) -> tuple[str, int]:
    """Host and port, from 1 on, of ``HOST:PORT``, an address of IPv6 in brackets or not; raises as ``tcp_port``."""
    host, _, port = text.rpartition(":")
    if not host or not (number := tcp_port(port)):
        raise argparse.ArgumentTypeError(f"{text} is no HOST:PORT")
    return host.strip("[]"), number
