"""Tests of Python's keyring and of what it may be given, by pytest.

``judge``: the tests that the package brings for back ends, applied to its back end for the Secret Service.
``judge_sources``: its own tests of its two back ends, for which it takes the collection of the session; the one for
libsecret needs Debian's Python. ``judge_jeepney``: another's back end, with the versions that it was written for.
"""

from __future__ import annotations

import re
import sys
import sysconfig
from pathlib import Path
from typing import Final

from judges.expected import Verdict, counted
from judges.provisions import installed, sources
from judges.stage import Stage

_APPLIED = """
from keyring.backends import SecretService
from keyring.testing.backend import BackendBasicTests

class TestSecretServiceKeyring(BackendBasicTests):
    __test__ = True

    def init_keyring(self):
        return SecretService.Keyring()
"""
_OUTCOME = re.compile(r"^\S+::test_\w+ (PASSED|FAILED|ERROR|SKIPPED \(.*\))", re.MULTILINE)
_DEBIANS: Final = "/usr/bin/python3"


def judge(stage: Stage) -> Verdict:
    """The verdict on the back end for the Secret Service."""
    file = stage.path / "test_secret_service.py"
    file.write_text(_APPLIED, encoding="utf-8")
    return _run(stage, sys.executable, (), stage.path, str(file))


def judge_sources(stage: Stage) -> Verdict:
    """The verdict of the tests in its sources."""
    root = sources("keyring-25.7.0", stage.path)
    tests = ("tests/backends/test_SecretService.py", "tests/backends/test_libsecret.py")
    return _run(stage, _DEBIANS, (str(root), sysconfig.get_path("platlib")), root, *tests)


def judge_jeepney(stage: Stage) -> Verdict:
    """The verdict of keyring-jeepney."""
    root = sources("keyring-jeepney-0.2", stage.path)
    return _run(stage, sys.executable, (str(installed("keyring-21.8.0")),), root, str(root))


def _run(stage: Stage, python: str, path: tuple[str, ...], root: Path, *tests: str) -> Verdict:
    options = ("-v", "-p", "no:cacheprovider", "-p", "no:xdist", "-c", "/dev/null", "--rootdir", str(root))
    environ = {"PYTHONPATH": ":".join(path)} if path else {}
    ran = stage.run(python, "-m", "pytest", *options, *tests, cwd=root, environ=environ)
    sys.stdout.write(ran.stdout)
    words = {"PASSED": "ok"}
    return counted([words.get(word, word.replace("SKIPPED", "skipped")) for word in _OUTCOME.findall(ran.stdout)])
