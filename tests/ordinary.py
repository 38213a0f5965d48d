"""A person without any privilege, who runs this Etui: nobody, with a copy of it, where root runs the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import etui
from etui.testkit import ScriptedUser

NOBODY = 65534
HEAVY = ("PySide6*", "shiboken6*", "mypy*", "*__mypyc*", "pip", "ruff*", "hypothesis", "test", "tests", "*.pth")


class Person:
    """A user with a home, who runs this Etui."""

    def __init__(self, python: Path, folder: Path, uid: int | None) -> None:
        self.python = python
        self.uid = uid
        self.supervisor = 0
        self.user = ScriptedUser(folder / "script", folder / "transcript")
        self.user.approves()
        self.home = folder / "profile"
        self.log = folder / "log"
        (folder / "run").mkdir(mode=0o700)
        self.environ = {
            "HOME": str(folder),
            "ETUI_HOME": str(self.home),
            "XDG_RUNTIME_DIR": str(folder / "run"),
            "LANG": "C.UTF-8",
            "PATH": os.environ["PATH"],
        }
        if uid is not None:
            for path in (folder, *folder.iterdir()):
                os.chown(path, uid, uid)

    def starts(self) -> subprocess.Popen[bytes]:
        """Brings the wallet up."""
        script = ("--script", str(self.user.script), "--transcript", str(self.user.transcript))
        command = self._command("up", "--test-profile", "--no-doors", *script)
        with self.log.open("wb") as log:
            return subprocess.Popen(
                command, env=self.environ, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self.identity()
            )

    def runs(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """A command of ``etui``."""
        return subprocess.run(
            self._command(*arguments),
            env=self.environ,
            cwd="/",
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            **self.identity(),
        )

    def does(self, *arguments: str, stdin: str = "") -> str:
        """What a command says that succeeds."""
        ran = self.runs(*arguments, stdin=stdin)
        assert ran.returncode == 0, ran.stderr + self.log.read_text()
        return ran.stdout

    def _command(self, *arguments: str) -> list[str]:
        return [str(self.python), "-I", "-m", "etui.cli", *arguments]

    def identity(self) -> dict[str, Any]:
        """How ``subprocess`` starts something as this person."""
        return {} if self.uid is None else {"user": self.uid, "group": self.uid, "extra_groups": ()}


@contextmanager
def ordinary_python() -> Iterator[Path]:
    """A Python with Etui that an ordinary user may read."""
    if os.getuid() != 0:
        yield Path(sys.executable)
        return
    with tempfile.TemporaryDirectory(prefix="etui-installed-", dir="/var/tmp") as name:
        prefix = Path(name)
        prefix.chmod(0o755)
        yield _installed(prefix)


@contextmanager
def ordinary_person(python: Path) -> Iterator[Person]:
    """One with a folder of its own, who runs that Python."""
    with tempfile.TemporaryDirectory(prefix="etui-", dir="/tmp") as name:
        yield Person(python, Path(name), NOBODY if os.getuid() == 0 else None)


def _installed(prefix: Path) -> Path:
    """Copies the running Python, what it has installed, and Etui, to where the copy finds all of it by itself."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    library = prefix / "lib" / version
    _copy(Path(sysconfig.get_path("stdlib")), library, "site-packages", "dist-packages", "config-*", "idlelib")
    _copy(Path(sysconfig.get_path("purelib")), library / "site-packages")
    _copy(Path(etui.__file__).parent, library / "site-packages" / "etui")
    (library / "dist-packages").symlink_to("site-packages")  # where Debian's Python looks
    program = Path(sys.executable).resolve().read_bytes()
    shared, libdir = sysconfig.get_config_var("INSTSONAME"), sysconfig.get_config_var("LIBDIR")
    if ".so" in shared and Path(libdir, shared).exists():
        shutil.copy(Path(libdir, shared), prefix / "lib")
        # Where the program looks for its library is written in it; the copy shall look beside itself.
        program = program.replace(libdir.encode() + b"\0", b"$ORIGIN/../lib".ljust(len(libdir), b"\0") + b"\0")
    python = prefix / "bin" / version
    python.parent.mkdir()
    python.write_bytes(program)
    python.chmod(0o755)
    for path in prefix.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    return python


def _copy(source: Path, target: Path, *unneeded: str) -> None:
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(*HEAVY, *unneeded), dirs_exist_ok=True)
