"""The tests in the sources of sdbus-secrets: systemd's D-Bus library, in plain sessions, blocking and not."""

from __future__ import annotations

import re
import sys

from judges.expected import Verdict, counted
from judges.provisions import installed, sources
from judges.stage import Stage

_OUTCOME = re.compile(r"^test_\w+ \(.*\) \.\.\. (?:.*\n)*?(ok|FAIL|ERROR|skipped .*)$", re.MULTILINE)


def judge(stage: Stage) -> Verdict:
    """Its verdict."""
    root = sources("sdbus-secrets-0.2.0", stage.path)
    environ = {"PYTHONPATH": str(installed("sdbus-0.14.3")), "DBUS_STARTER_BUS_TYPE": "session"}
    ran = stage.run(sys.executable, "-m", "unittest", "discover", "-v", "-s", "test", cwd=root, environ=environ)
    sys.stdout.write(ran.stdout + ran.stderr)
    return counted(_OUTCOME.findall(ran.stderr))
