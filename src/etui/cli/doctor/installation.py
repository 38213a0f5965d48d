"""What is installed: Python, its packages, those of Debian, the code itself, what browsers find."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import stat
import sys
from pathlib import Path
from typing import Final

from etui.cli.browser_hosts import Standing, standing
from etui.cli.doctor.findings import Finding, Machine, State, holds
from etui.cli.doctor.told import Running
from etui.cli.output import single_line

_OLDEST: Final = (3, 11)
_GLIBC: Final = {"aarch64": (2, 39), "x86_64": (2, 34)}
"""By architecture, the oldest that every package of ``requirements/run.txt`` is built for."""
_PIN: Final = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\]+)( ;)?", re.MULTILINE)
_MEND: Final = "`./run` in the folder of the checkout, which mends .venv"


def python(machine: Machine) -> Finding:
    """Which Python on which architecture."""
    del machine
    version, architecture = platform.python_version(), platform.machine()
    name, release = platform.libc_ver()
    if sys.version_info < _OLDEST:
        return Finding(State.STOPS, f"This is Python {version}.", "The wallet does not start.", "Python 3.11 or later")
    if architecture not in _GLIBC:
        text = "There is no filter of system calls for it yet, so no Extension is started."
        return Finding(State.STOPS, f"This machine is {architecture}.", text, "x86-64 or arm64")
    found = f"Python {version} on {architecture}, {name or 'a C library that is not glibc'} {release}".rstrip() + "."
    if not fits(name, release, architecture):
        wanted = "glibc {}.{} or later".format(*_GLIBC[architecture])
        text = f"The Python packages are built for {wanted}: what of them is missing cannot be installed."
        return Finding(State.WEAKENS, found, text, f"a system with {wanted}")
    return holds(found)


def fits(library: str, release: str, architecture: str) -> bool:
    """Whether the packages are built for this C library, as ``platform.libc_ver`` names it."""
    numbers = re.findall(r"\d+", release)
    return library == "glibc" and tuple(map(int, numbers[:2])) >= _GLIBC[architecture]


def wheels(machine: Machine) -> Finding:
    """Whether the Python packages are those that the wallet was tested with."""
    pins = _pins(machine.code.parent.parent / "requirements/run.txt")
    if not pins:
        return holds("No list of versions lies with the code: the package manager sees to them.")
    there = {_canonical(found.name): found.version for found in importlib.metadata.distributions() if found.name}
    missing = sorted(name for name in pins if name not in there)
    others = sorted(f"{name} {there[name]} ({pin})" for name, pin in pins.items() if there.get(name, pin) != pin)
    if missing:
        text = "What needs them does not start."
        return Finding(State.STOPS, f"Python packages are missing: {', '.join(missing)}.", text, _MEND)
    if others:
        text = "The wallet was tested with the versions in parentheses, whose digests are known."
        return Finding(State.WEAKENS, f"Other versions are installed: {', '.join(others)}.", text, _MEND)
    return holds(f"The {len(pins)} Python packages are those that the wallet was tested with.")


def _pins(path: Path) -> dict[str, str]:
    """Versions by name; what is for some machines alone is left out."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    return {_canonical(match[1]): match[2] for match in _PIN.finditer(text) if not match[3]}


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def debian(machine: Machine) -> Finding:
    """Whether Debian packages are missing."""
    missing = machine.told.packages
    if missing is None:
        return holds("No list of Debian packages lies with the code: the package manager sees to them.")
    if isinstance(missing, str):
        return Finding(State.UNSEEN, f"They cannot be compared with packages/debian-run.txt: {missing}.")
    if not missing:
        return holds("No Debian package is missing.")
    lines = [line.partition("#") for line in missing]
    names = [name.strip() for name, _, _ in lines]
    needs = "; ".join(f"{name.strip()} ({use.strip()})" for name, _, use in lines)
    return Finding(
        State.WEAKENS,
        f"Debian packages are missing: {', '.join(names)}.",
        f"What they are for does not work: {needs}.",
        f"`./run --install`, or as root `apt-get install --no-install-recommends {' '.join(names)}`",
    )


def installed(machine: Machine) -> Finding:
    """How the wallet is installed, and whether others can change what it runs."""
    for folder in (machine.code, *machine.code.parents):
        found = folder.stat()
        is_open = stat.S_IMODE(found.st_mode) & 0o022 and not found.st_mode & stat.S_ISVTX
        if is_open or found.st_uid not in {0, machine.uid}:
            return Finding(
                State.WEAKENS,
                single_line(f"{folder} can be changed by other users."),
                "They can put other code in the place of the wallet's.",
                single_line(f"`chmod go-w {folder}`" if is_open else f"as root `chown {machine.uid} {folder}`"),
            )
    if not isinstance(machine.told.wallet, Running):
        return holds(single_line(f"The code lies in {machine.code}, where no other user can change it."))
    return Finding(
        State.LIMITS,
        single_line(f"The code lies in {machine.code}; the wallet runs {machine.told.wallet.status.installed}."),
        "SECURITY.md says what each way of installing promises.",
    )


def browsers(machine: Machine) -> Finding:
    """Whether the browsers of this user find the wallet."""
    if machine.misplaced:
        return Finding(State.UNSEEN, "There is no place for the wallet's socket, which browsers would be led to.")
    found = standing(machine.home)
    if not found:
        return holds("No browser was ever started by this user.")
    broken = [browser.name for browser, state in found.items() if state is Standing.OUTDATED]
    if broken:
        return Finding(
            State.WEAKENS,
            f"What {', '.join(broken)} starts for the wallet's extension is not this installation's.",
            "The extension does not reach the wallet.",
            f"`etui browser install {' '.join(broken)}`",
        )
    absent = [browser for browser, state in found.items() if state is Standing.ABSENT]
    if absent:
        return Finding(
            State.LIMITS,
            f"{', '.join(browser.title for browser in absent)}: no host of the wallet's is found there.",
            "Pages there cannot ask the wallet to pay or to log in.",
            f"`etui browser install {' '.join(browser.name for browser in absent)}`",
        )
    return holds(f"{', '.join(browser.title for browser in found)}: the wallet's extension reaches it.")
