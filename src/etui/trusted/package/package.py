"""A package as the Router uses it: who the Extension is, what it declares and how it is started; pure.

A package by Python is started isolated (``-I``: no environment, no working folder) by a line of Python that puts its
folder first on the path and the wallet's library, for the SDK, last.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import msgspec

import etui
from etui.interfaces import CompiledInterface
from etui.trusted.package.manifest import Manifest

LIBRARY: Final = Path(etui.__file__).parent
_ROOMS: Final = ("__init__.py", "protocol", "sealing", "interfaces", "sdk")
"""What an Extension's process may read of the wallet's code: the SDK and what that imports."""

_TEST_SUFFIX: Final = ".etui.test"
_START: Final = """\
import runpy, sys
library, code, *sys.argv = sys.argv[1:]
sys.path.insert(0, code)
sys.path.append(library)
if sys.argv[0] == "-m":
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
else:
    runpy.run_path(sys.argv[0], run_name="__main__")
"""


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """An Extension that may be started.

    Args:
        manifest: what it says of itself.
        installation: 32 hexadecimal digits, random at the first install and never used again after removal.
        principal: who it is to policy, ``ext:PUBLISHER/ID``.
        folder: where its files are.
        fingerprint: of its publisher's key; empty for what comes with the wallet.
        supplied: whether it comes with the wallet.
        installed_s: when this version was installed, seconds since 1970; 0 for what comes with the wallet.
        argv: how it is started, with an absolute path first.
        code: trees and files that its process reads besides the runtime of Python and the system's libraries.
        documents: the interfaces that come in the package.

    """

    manifest: Manifest
    installation: str
    principal: str
    folder: Path
    fingerprint: str
    supplied: bool
    installed_s: int
    argv: tuple[str, ...]
    code: tuple[Path, ...]
    documents: tuple[CompiledInterface, ...]

    @property
    def for_tests(self) -> bool:
        """Whether it comes with the wallet for test profiles alone: it reaches hosts, and only those that these map."""
        hosts = self.manifest.permissions.network
        return self.supplied and bool(hosts) and all(host.endswith(_TEST_SUFFIX) for host in hosts)


def start_of(manifest: Manifest, folder: Path) -> tuple[tuple[str, ...], tuple[Path, ...]]:
    """How the package in ``folder`` (an absolute path) is started, and the code that this reads."""
    if manifest.python is None:
        return (str(folder / str(manifest.executable)),), (folder,)
    arguments = manifest.python
    if manifest.entry is not None:
        arguments = (str(folder / manifest.entry), *arguments[1:])
    return python_start(folder, arguments), (folder, *library())


def python_start(path: Path, arguments: tuple[str, ...]) -> tuple[str, ...]:
    """How the wallet's own Python is started with ``arguments``, modules being looked for in ``path`` first."""
    return (sys.executable, "-I", "-B", "-c", _START, str(LIBRARY.parent), str(path), *arguments)


def library() -> tuple[Path, ...]:
    """The wallet's code that an Extension written in Python may import."""
    return tuple(LIBRARY / room for room in _ROOMS)
