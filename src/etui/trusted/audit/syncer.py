"""The thread that confirms what was written, soon after it was written, and sleeps where nothing was.

It calls ``AuditWriter.checkpoint`` at most once in each delay. Where that fails it waits for the next write: the writer
remembers what was lost, and whoever appends learns it there.
"""

from __future__ import annotations

from threading import Event, Thread
from typing import Final, Self

from etui.trusted.audit.errors import AuditUnwritableError
from etui.trusted.audit.writer import AuditWriter

DELAY_S: Final = 0.04
"""Together with the time of two syncs within the 50 ms that the wallet promises."""


class Syncer:
    """Confirms a writer's entries within 50 ms, between ``start`` and ``stop``."""

    __slots__ = ("_delay_s", "_stopping", "_thread", "_writer")

    def __init__(self, writer: AuditWriter, *, delay_s: float = DELAY_S) -> None:
        self._writer = writer
        self._delay_s = delay_s
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="audit-syncer", daemon=True)

    def start(self) -> None:
        """Start the thread; once."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and return when it has ended; what is dirty then is confirmed by the writer's ``close``."""
        self._stopping.set()
        self._writer.due.set()
        self._thread.join()

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self.stop()

    def _run(self) -> None:
        due = self._writer.due
        while not self._stopping.is_set():  # asked after each `clear`, which may have taken the call of `stop`
            due.wait()
            if self._stopping.wait(self._delay_s):
                return
            due.clear()
            try:
                self._writer.checkpoint()
            except AuditUnwritableError:
                continue
