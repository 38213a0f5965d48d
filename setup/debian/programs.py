"""What starts the wallet from the package: a Python environment over the system's Python, and programs that use it.

The environment is as ``python3 -m venv`` makes one, so that the same code finds itself as in ``.venv``. Programs are
isolated (``-I``): neither the folder where they are called nor PYTHON* variables decide what is imported.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Final

from setup.debian.errors import PackageError

HOME: Final = Path("usr/lib/etui")
"""Where everything of the package lies that others have no use for."""
SITE: Final = HOME / "lib" / "python3.11" / "site-packages"
UNITS: Final = Path(__file__).parent / "systemd"
USER_UNITS: Final = Path(__file__).parent / "systemd-user"
INTERPRETER: Final = Path("/usr/bin/python3.11")
LOGIN_UNLOCK: Final = "usr/lib/etui/libexec/login-unlock"
"""What the system's log-in starts, where PAM was told to."""
PAM_PROFILE: Final = "usr/share/pam-configs/etui"
"""What tells it to, once an administrator switches that on."""
_ENVIRONMENT: Final = "home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11\n"
_START: Final = """\
import sys

from etui.cli.main import main

sys.exit(main(sys.argv[1:]))
"""
_START_AGE: Final = f"""\
import sys

# Without Python's module site (-S), which age would wait for: what it would have put here.
sys.path.append("/{SITE}")

from etui.doors.age.__main__ import run

run()
"""
_START_LOGIN: Final = f"""\
#!/{HOME}/bin/python -I
from etui.trusted.login.__main__ import main

main()
"""
_PROGRAMS: Final = {
    "bin/etui": f'#!/bin/sh\nexec /{HOME}/bin/python -I /{HOME}/libexec/etui "$@"\n',
    "bin/age-plugin-etui": f'#!/bin/sh\nexec /{HOME}/bin/python -I -S /{HOME}/libexec/age-plugin-etui "$@"\n',
}


def add_environment(tree: Path) -> None:
    """Puts the Python environment and the programs into the package's tree."""
    home = tree / HOME
    for path, text in _PROGRAMS.items():
        write(home / path, text, executable=True)
    write(home / "pyvenv.cfg", _ENVIRONMENT)
    (home / "bin" / "python").symlink_to(INTERPRETER)
    write(home / "libexec" / "etui", _START)
    write(home / "libexec" / "age-plugin-etui", _START_AGE)
    write(tree / LOGIN_UNLOCK, _START_LOGIN, executable=True)
    write(tree / PAM_PROFILE, (Path(__file__).parent / "pam-profile").read_text(encoding="utf-8"))
    write(
        home / "libexec" / "running", (Path(__file__).parent / "running").read_text(encoding="utf-8"), executable=True
    )
    (tree / "usr" / "bin").mkdir(parents=True)
    for path in _PROGRAMS:
        name = Path(path).name
        (tree / "usr" / "bin" / name).symlink_to(f"../lib/etui/bin/{name}")


def add_units(tree: Path) -> None:
    """Puts the units of managed wallets where systemd finds them; ``etui managed on`` enables those of one person.

    That of a session's doors is started by every log-in, and by the condition in it for who has such a wallet alone.
    """
    for path in sorted(UNITS.iterdir()):
        write(tree / "usr/lib/systemd/system" / path.name, path.read_text(encoding="utf-8"))
    folder = tree / "usr/lib/systemd/user"
    wants = folder / "default.target.wants"
    wants.mkdir(parents=True)
    for path in sorted(USER_UNITS.iterdir()):
        write(folder / path.name, path.read_text(encoding="utf-8"))
        (wants / path.name).symlink_to(f"../{path.name}")


def add_what_the_code_says(tree: Path, code: Path) -> None:
    """Adds completion of the command line, a man page, and what lets browsers find the wallet's host.

    ``code``: a ``site-packages`` of this machine's kind with Etui in it.
    """
    words = [str(INTERPRETER), "-I", "-B", str(Path(__file__).with_name("said.py")), str(code), str(tree), f"/{HOME}"]
    environ = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "COLUMNS": "80"}
    if subprocess.run(words, env=environ, check=False).returncode:
        raise PackageError("Etui's code does not say what its command line knows (see above)")


def write(path: Path, text: str, *, executable: bool = False) -> None:
    """Writes a file of the package, and the folders that it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755 if executable else 0o644)
