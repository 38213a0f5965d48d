"""``python -m etui.trusted.native.coverage --fd N``: the process that looks for a network, and holds no key.

Source: prctl(2) PR_SET_DUMPABLE, setrlimit(2) RLIMIT_CORE.
"""

from __future__ import annotations

import argparse
import socket
import sys
from collections.abc import Sequence

from etui.protocol import ProtocolError
from etui.trusted.memory import harden
from etui.trusted.native.coverage.looking import is_covered
from etui.trusted.native.coverage.service import Service


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves; 0 once its socket closed, 1 where it could not start or its socket carried no messages."""
    parser = argparse.ArgumentParser(prog="etui-coverage", description="Etui's coverage, started by its supervisor.")
    parser.add_argument("--fd", type=int, required=True, help="the connected socket to the Router")
    options = parser.parse_args(arguments)
    try:
        harden()
        with socket.socket(fileno=options.fd) as channel:
            Service(channel, is_covered).serve()
    except (ProtocolError, OSError) as error:
        sys.stderr.write(f"coverage: {error}\n")
        return 1
    return 0
