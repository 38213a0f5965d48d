"""A point in time that nobody can set back: which boot this is, and how long it has lasted.

The wall clock has no part in it: whoever may set it could otherwise shorten a wait, and a battery that ran empty
could lengthen one for years.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Final

from msgspec import Meta, Struct

from etui.trusted.vault.errors import StorageError

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


class Moment(Struct, frozen=True, forbid_unknown_fields=True):
    """``since_boot_ms`` milliseconds after the start of ``boot``, time asleep included."""

    boot: Annotated[str, Meta(min_length=1, max_length=64)]
    since_boot_ms: Annotated[int, Meta(ge=0, lt=2**53)]

    def lasted_ms(self, start: Moment) -> int:
        """Milliseconds that have passed for certain since ``start``.

        After a restart that is the age of this boot, since the time between the two is known to nobody. A
        ``start`` that lies ahead in the same boot has lasted 0.
        """
        if start.boot != self.boot:
            return self.since_boot_ms
        return max(0, self.since_boot_ms - start.since_boot_ms)

    def is_ahead_of(self, other: Moment) -> bool:
        """Whether it lies later than ``other`` in the same boot."""
        return self.boot == other.boot and self.since_boot_ms > other.since_boot_ms


def this_moment() -> Moment:
    """Now, by the kernel (``CLOCK_BOOTTIME``, ``random/boot_id``; proc(5), clock_gettime(2)).

    Raises ``StorageError`` where the boot's id cannot be read: without it no wait could be told from none.
    """
    try:
        boot = _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError as error:
        raise StorageError(f"{_BOOT_ID} cannot be read, so that tries cannot be timed: {error.strerror}") from None
    return Moment(boot, time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000)
