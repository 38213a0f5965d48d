"""What can go wrong while looking at who is at the other end.

An unreadable fact is never an error: it makes the evidence weaker. An error means that there is
nobody to say anything about.
"""

from typing import ClassVar


class EvidenceError(Exception):
    """Nothing can be said about the process at the other end; `code` is stable and says why."""

    code: ClassVar[str] = "evidence"


class GoneError(EvidenceError):
    """The process has ended, or its number now belongs to another one."""

    code: ClassVar[str] = "gone"

    def __init__(self, pid: int) -> None:
        """Name the process number `pid` that no longer belongs to the process in question."""
        super().__init__(f"Process {pid} has ended; the program has to connect again.")
        self.pid = pid


class UnsettledError(EvidenceError):
    """The process kept replacing its own program while it was looked at."""

    code: ClassVar[str] = "unsettled"

    def __init__(self, pid: int) -> None:
        """Name the process number `pid` whose program did not stand still."""
        super().__init__(f"Process {pid} changed its program while it was examined; try again.")
        self.pid = pid


class NotAPeerError(EvidenceError):
    """The descriptor is not a connected Unix socket, or not the pidfd of the process named."""

    code: ClassVar[str] = "not_a_peer"

    def __init__(self, what: str) -> None:
        """Say in `what` which descriptor does not show the process it was given for."""
        super().__init__(f"{what}; pass the connected socket or the pidfd of the very process.")
