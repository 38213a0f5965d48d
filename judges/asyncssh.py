"""The tests in the sources of AsyncSSH that speak to an agent.

They start ``ssh-agent -a agent`` themselves. What they find by that name here says what that would say, and leads to
the agent that is judged: an ``agent`` in their folder, and a process for them to end.
"""

from __future__ import annotations

import re
import sys
from typing import Final

from judges.expected import UNREADABLE, Verdict, counted
from judges.provisions import sources
from judges.stage import Stage

_OUTCOME: Final = re.compile(r"^\S+::(test_\w+) (PASSED|FAILED|ERROR|SKIPPED.*?)(?: +\[ *\d+%\])?$", re.MULTILINE)
_UNREADABLE: Final = {"test_sign", "test_reconnect", "test_confirm", "test_lock"}
"""They have ``test`` signed, which the wallet signs for nobody: one that passes all the same is a difference."""
_RUNS: Final = "import sys, pytest; sys.exit(pytest.main(sys.argv[1:]))"
"""A script of its own, so that a right to lend keys can be given to it for good."""
_STARTS: Final = """\
#!/bin/sh
SSH_AUTH_SOCK="$JUDGED_AGENT" ssh-add -D 2> /dev/null
ln -s "$JUDGED_AGENT" "$2"
sleep 600 > /dev/null 2>&1 &
echo "SSH_AUTH_SOCK=$2; export SSH_AUTH_SOCK;"
echo "SSH_AGENT_PID=$!; export SSH_AGENT_PID;"
echo "echo Agent pid $!;"
"""
_TESTS: Final = (
    ("tests/test_agent.py", "_TestAgent"),
    ("tests/test_connection_auth.py", "agent"),
)


def judge(stage: Stage) -> Verdict:
    """Its verdict."""
    root = sources("asyncssh-2.24.1", stage.path)
    programs = stage.path / "bin"
    programs.mkdir()
    starts = programs / "ssh-agent"
    starts.write_text(_STARTS, encoding="utf-8")
    starts.chmod(0o700)
    environ = {
        "PATH": f"{programs}:{stage.environ['PATH']}",
        "JUDGED_AGENT": stage.environ["SSH_AUTH_SOCK"],
        "PYTHONPATH": str(root),
        "COLUMNS": "250",  # for the whole reason of a skip
    }
    script = stage.path / "runs.py"
    script.write_text(_RUNS, encoding="utf-8")
    outcomes: list[str] = []
    for file, chosen in _TESTS:
        options = ("-v", "-p", "no:cacheprovider", "-p", "no:xdist", "-c", "/dev/null", "--rootdir", str(root))
        ran = stage.run(sys.executable, str(script), *options, "-k", chosen, file, cwd=root, environ=environ)
        sys.stdout.write(ran.stdout)
        outcomes += [_told(*found) for found in _OUTCOME.findall(ran.stdout)]
    return counted(outcomes)


def _told(test: str, outcome: str) -> str:
    if outcome == "PASSED":
        return "ok"
    if test in _UNREADABLE and outcome == "FAILED":
        return f"skipped {UNREADABLE}"
    return outcome.replace("SKIPPED", "skipped").replace("skipped (", "skipped ").rstrip(")")
