"""libsecret of Debian through GObject introspection, as desktop programs use it: ``callers/libsecret.py``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from judges.expected import Verdict
from judges.stage import Stage
from judges.steps import told

_CALLER: Final = Path(__file__).with_name("callers") / "libsecret.py"


def judge(stage: Stage) -> Verdict:
    """Its verdict."""
    ran = stage.run("/usr/bin/python3", str(_CALLER))
    sys.stdout.write(ran.stderr)
    return told(ran.stdout)
