"""What each judge is expected to say, with the reason of each test that it skips."""

from __future__ import annotations

from collections import Counter
from typing import Final

import msgspec

MOCKED: Final = "This test should only be run with the mocked server."


class Verdict(msgspec.Struct, frozen=True):
    """How many tests passed and failed, and how many were skipped for which reason."""

    passed: int
    failed: int = 0
    skipped: dict[str, int] = {}

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {sum(self.skipped.values())} skipped"


def counted(outcomes: list[str]) -> Verdict:
    """The verdict over outcomes: ``ok``, the reason of a skip behind ``skipped ``, or anything else for a failure."""
    skipped = Counter(outcome.removeprefix("skipped ") for outcome in outcomes if outcome.startswith("skipped "))
    passed = outcomes.count("ok")
    return Verdict(passed, len(outcomes) - passed - skipped.total(), dict(skipped))


EXPECTED: Final = {
    "secretstorage": Verdict(21, skipped={MOCKED: 6}),  # as many as with gnome-keyring
    "secret-tool": Verdict(9),
    "keyring": Verdict(15),
}
