"""The tests in the sources of SecretStorage, run with the SecretStorage of these sources."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from judges.expected import Verdict, counted
from judges.stage import Stage, sources

_OUTCOME = re.compile(r"^test_\w+ \(.*\) \.\.\. (.*)$", re.MULTILINE)


def judge(stage: Stage) -> Verdict:
    """Its verdict."""
    root = sources(Path(__file__).with_name("secretstorage.txt"), stage.path)
    ran = stage.run(sys.executable, "-m", "unittest", "discover", "-v", "-s", "tests", cwd=root)
    sys.stdout.write(ran.stderr)
    return counted([outcome.replace("'", "") for outcome in _OUTCOME.findall(ran.stderr)])
