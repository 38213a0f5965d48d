"""Where this machine writes memory to a disk in the clear, as the kernel says: what is not locked in may go there.

Source: proc(5), ``/proc/swaps``; the kernel's Documentation/ABI/stable/sysfs-block-dm, ``dm/uuid``, which begins with
``CRYPT-`` for what dm-crypt encrypts; zram, which is memory itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

_SWAPS: Final = Path("/proc/swaps")
_BLOCK: Final = Path("/sys/class/block")


def swap_in_the_clear(swaps: Path = _SWAPS, block: Path = _BLOCK) -> tuple[str, ...]:
    """The devices and files that are swapped to now and are, as far as can be told, not encrypted."""
    try:
        with swaps.open(encoding="utf-8", errors="replace") as table:
            lines = table.readlines()[1:]
    except OSError:  # a kernel without swap
        return ()
    return tuple(name for line in lines if (name := line.partition(" ")[0].split("\t")[0]) and _is_clear(name, block))


def _is_clear(name: str, block: Path) -> bool:
    if name.startswith("/dev/zram"):
        return False
    if not name.startswith("/dev/"):
        return True  # a file: what it lies on may be anything
    try:
        return not (block / Path(name).resolve().name / "dm/uuid").read_text(encoding="utf-8").startswith("CRYPT-")
    except OSError:
        return True
