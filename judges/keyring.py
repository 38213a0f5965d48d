"""The tests that the package keyring brings for its back ends, applied to its back end for the Secret Service."""

from __future__ import annotations

import re
import sys

from judges.expected import Verdict, counted
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


def judge(stage: Stage) -> Verdict:
    """Its verdict."""
    file = stage.path / "test_secret_service.py"
    file.write_text(_APPLIED, encoding="utf-8")
    options = ("-v", "-p", "no:cacheprovider", "-p", "no:xdist", "-c", "/dev/null", "--rootdir", str(stage.path))
    ran = stage.run(sys.executable, "-m", "pytest", *options, str(file))
    sys.stdout.write(ran.stdout)
    words = {"PASSED": "ok"}
    return counted([words.get(word, word.replace("SKIPPED", "skipped")) for word in _OUTCOME.findall(ran.stdout)])
