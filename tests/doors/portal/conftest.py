"""One desktop for all tests of this folder: each asks as applications of its own, which no other test has."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.doors.portal.desktop import Desktop, desktop


@pytest.fixture(scope="session")
def running() -> Iterator[Desktop]:
    with desktop() as started:
        yield started


@pytest.fixture
def portal(running: Desktop) -> Desktop:
    """The desktop; its user has said nothing yet, and nothing was shown."""
    running.wallet.user.forgets()
    running.wallet.user.transcript.unlink(missing_ok=True)
    return running
