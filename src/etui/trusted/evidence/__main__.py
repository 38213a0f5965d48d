"""``python -m etui.trusted.evidence --person UID --user NAME --router NAME``: the evidence process of a managed wallet.

It is started as root by its socket unit, with the capabilities that becoming somebody takes, and becomes a user of its
own who sees files and processes as the person does (`eyes`). It opens nothing of the wallet and holds no key.
"""

from __future__ import annotations

import argparse
import pwd
import sys

from etui.trusted.activation import ActivationError, handed_socket, say_ready
from etui.trusted.evidence import procfs
from etui.trusted.evidence.eyes import EyesError, see_as
from etui.trusted.evidence.look import View
from etui.trusted.evidence.service import serve
from etui.trusted.memory import harden


def main() -> int:
    """Run the process; 1 where it cannot become who it has to be."""
    parser = argparse.ArgumentParser(prog="etui-evidence")
    parser.add_argument("--person", type=int, required=True, help="whose programs are looked at")
    parser.add_argument("--user", required=True, help="who this process becomes")
    parser.add_argument("--router", required=True, help="who may ask")
    parser.add_argument("--machine", type=int, default=1, metavar="PID", help="whose namespaces are the machine's")
    options = parser.parse_args()
    try:
        listener = handed_socket()
        view = View(wallet_uid=options.person, namespaces=procfs.namespaces_of(options.machine))
        see_as(pwd.getpwuid(options.person), pwd.getpwnam(options.user))
        harden()
        say_ready()
    except (ActivationError, EyesError, KeyError, OSError) as error:
        sys.stderr.write(f"evidence: {error}\n")
        return 1
    serve(listener, view, router=options.router)
    return 0


if __name__ == "__main__":
    sys.exit(main())
