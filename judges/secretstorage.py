"""The tests in the sources of SecretStorage, run with the SecretStorage of these sources.

Versions 3 speak D-Bus by jeepney, version 2 by libdbus with Debian's ``python3-dbus``, and so with Debian's Python.
"""

from __future__ import annotations

import re
import sys
import sysconfig

from judges.expected import Verdict, counted
from judges.provisions import installed, sources
from judges.stage import Stage

_OUTCOME = re.compile(r"^test_\w+ \(.*\) \.\.\. (?:.*\n)*?(ok|FAIL|ERROR|skipped .*)$", re.MULTILINE)


def judge(stage: Stage, version: str) -> Verdict:
    """Its verdict."""
    root = sources(f"secretstorage-{version}", stage.path)
    python, environ = sys.executable, dict[str, str]()
    if version.startswith("2."):
        path = (str(installed("cryptography-3.4.8")), sysconfig.get_path("platlib"))
        python, environ = "/usr/bin/python3", {"PYTHONPATH": ":".join(path)}
    ran = stage.run(python, "-m", "unittest", "discover", "-v", "-s", "tests", cwd=root, environ=environ)
    sys.stdout.write(ran.stderr)
    return counted([outcome.replace("'", "") for outcome in _OUTCOME.findall(ran.stderr)])
