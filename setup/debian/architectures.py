"""The kinds of machine that the package is built for, by the names that Debian and Python's wheels give them."""

from __future__ import annotations

import subprocess
from typing import Final, NamedTuple

from setup.debian.errors import PackageError

QT: Final = "pyside6-essentials"
"""For arm64 it is built with glibc 2.39, so that the dialog is a terminal's alone there."""
_GLIBC_MINOR: Final = range(36, 16, -1)
"""Of glibc 2.36, which Debian 12 has, down to 2.17, with which the oldest wheels were built."""


class Architecture(NamedTuple):
    """A kind of machine.

    ``debian``: as dpkg calls it. ``machine``: as the kernel does. ``multiarch``: the folder of its libraries.
    ``without``: the libraries of which there is no wheel for Debian 12 on it, as ``requirements/run.txt`` spells them.
    """

    debian: str
    machine: str
    multiarch: str
    without: frozenset[str] = frozenset()

    @property
    def wheel_platforms(self) -> list[str]:
        """The platforms whose wheels run there, best first (PEP 600)."""
        return [*(f"manylinux_2_{minor}_{self.machine}" for minor in _GLIBC_MINOR), f"manylinux2014_{self.machine}"]


ARCHITECTURES: Final = {
    "amd64": Architecture("amd64", "x86_64", "x86_64-linux-gnu"),
    "arm64": Architecture("arm64", "aarch64", "aarch64-linux-gnu", frozenset({QT, "shiboken6"})),
}


def this_architecture() -> Architecture:
    """The one of this machine; raises ``PackageError`` where the package is for none such."""
    name = subprocess.run(
        ["dpkg", "--print-architecture"], stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()
    if name not in ARCHITECTURES:
        raise PackageError(f"this machine is {name}, and the package is for {' and '.join(ARCHITECTURES)}")
    return ARCHITECTURES[name]
