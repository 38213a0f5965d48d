"""What each judge is expected to say, with the reason of each test that it skips."""

from __future__ import annotations

from collections import Counter
from typing import Final

import msgspec

MOCKED: Final = "This test should only be run with the mocked server."


NO_SECURITY_KEY: Final = "security key support not available"
HYBRID: Final = "it is for a hybrid recipient"
SCRYPT: Final = "it is for a passphrase"
OTHERWISE: Final = "age itself says another thing of it"
CHROMIUMS_OWN: Final = "Chromium has it so without the extension"
ONE_PAYMENT: Final = "the wallet does not pay one request twice"
UNREADABLE: Final = "it has bytes signed that are no log-in and no SSH signature"


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
    "secretstorage": Verdict(21, skipped={MOCKED: 6}),
    "secretstorage-3.4.1": Verdict(22, skipped={MOCKED: 6}),
    "secretstorage-3.3.3": Verdict(20, skipped={MOCKED: 6}),
    "secretstorage-2.3.1": Verdict(17),
    "secret-tool": Verdict(11),
    "libsecret": Verdict(27),
    "keyring": Verdict(15),
    "keyring-sources": Verdict(32),
    "keyring-jeepney": Verdict(1),
    "sdbus-secrets": Verdict(5),
    "keytar": Verdict(10),
    "napi-keyring": Verdict(10),
    "uv": Verdict(6),
    "use": Verdict(19),
    "docker-credential-secretservice": Verdict(7),
    "msmtp": Verdict(4),
    "pinentry": Verdict(3),
    "git-credential-libsecret": Verdict(7),
    "age": Verdict(18),
    "age-cctv": Verdict(97, skipped={SCRYPT: 25, HYBRID: 18, OTHERWISE: 3}),
    "emv": Verdict(15),
    "axe": Verdict(20),
    "axe-extension": Verdict(16),
    "axe-sites": Verdict(15),
    "lighthouse": Verdict(6),
    "addons-linter": Verdict(2),
    "chromium-extension": Verdict(4),
    "payment-request": Verdict(124, skipped={CHROMIUMS_OWN: 2, ONE_PAYMENT: 1}),
    "git": Verdict(18),
    "chromium": Verdict(4),
    "opensc-tool": Verdict(9),
    "openssh": Verdict(19),
    "paramiko": Verdict(9),
    "asyncssh": Verdict(31, skipped={UNREADABLE: 4, NO_SECURITY_KEY: 2, "X.509 not available": 1}),
}
OF_SAMPLES: Final = {
    "age-cctv": Verdict(20, skipped={SCRYPT: 5, HYBRID: 3, OTHERWISE: 1}),
    "lighthouse": Verdict(2),
}
"""What those say that are asked about less."""
