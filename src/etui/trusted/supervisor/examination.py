"""What the wallet finds out about this machine before it starts: ``python -I -m etui.trusted.supervisor.examination``.

It prints one ``Examination`` as JSON, by the very code that `etui up` and the vault decide with, for whoever wants to
know that without a wallet, as ``etui doctor``. It makes nothing, asks nobody, and reaches no further than the display.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor

import msgspec

from etui.trusted.dialog.display import Display, answering_display
from etui.trusted.dialog.terminal.tty import has_terminal
from etui.trusted.memory import Protection, protect_memory
from etui.trusted.sandbox import Impossible, Possible, probe
from etui.trusted.swap import swap_in_the_clear


class Examination(msgspec.Struct, frozen=True):
    """What holds here, for a wallet that were started with this environment and these limits.

    ``display``: the one that answers, None where none does. ``memory``: of this process, as of the vault's.
    ``swapped_to``: devices and files that memory may be written to in the clear.
    """

    confinement: Possible | Impossible
    display: Display | None
    has_terminal: bool
    memory: tuple[Protection, ...]
    swapped_to: tuple[str, ...]


def examine() -> Examination:
    """Looks at everything; protects the memory of this process for good, since only trying tells whether that holds."""
    with ThreadPoolExecutor(1) as beside:
        display = beside.submit(answering_display, os.environ)  # it starts Qt, and takes longest
        confinement = probe()
        return Examination(confinement, display.result(), has_terminal(), protect_memory(), swap_in_the_clear())


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(examine(), enc_hook=str) + b"\n")
