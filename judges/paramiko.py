"""``paramiko``'s own client of SSH agents, before an sshd of Debian's.

The tests in its sources speak to no agent but one of their own, so that they could judge none.
"""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import Final

from judges.expected import Verdict
from judges.provisions import installed
from judges.sshd import server
from judges.stage import Stage
from judges.steps import told

_CALLER: Final = Path(__file__).with_name("callers") / "paramiko_agent.py"


def judge(stage: Stage) -> Verdict:
    """Its verdict."""
    publics = []
    for kind in ("ed25519", "ecdsa", "rsa"):
        path = stage.path / kind
        stage.run("ssh-keygen", "-q", "-t", kind, "-N", "", "-C", kind, "-f", str(path))
        stage.run("ssh-add", "-q", str(path))
        publics.append(path.with_suffix(".pub").read_text(encoding="utf-8").strip())
    with server(stage.path / "host") as host, server(stage.path / "other") as other:
        host.lets_in("\n".join(publics))
        environ = {"PYTHONPATH": str(installed("paramiko-5.1.0"))}
        arguments = (str(host.port), str(other.port), getpass.getuser())
        ran = stage.run(sys.executable, str(_CALLER), *arguments, environ=environ)
    sys.stdout.write(ran.stderr)
    return told(ran.stdout)
