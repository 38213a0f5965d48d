"""``docs/performance.md``: the figures of a whole run, written between two marks; the rest of it stays by hand."""

from __future__ import annotations

import datetime as dt
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from bench.figures import Figure

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
_BEGIN = "<!-- figures: written by `python -m bench --write` -->"
_END = "<!-- end of figures -->"
_PEERS = {"gnome-keyring": "gnome-keyring", "keepassxc": "KeePassXC", "libsecret-tools": "secret-tool", "xvfb": "Xvfb"}


def write(figures: Iterable[Figure], page: Path = PAGE) -> None:
    """Puts the figures of this run in place of those before; raises ``ValueError`` where the page lacks its marks."""
    text = page.read_text(encoding="utf-8")
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not (begin and end):
        msg = f"{page} has no place for the figures: {_BEGIN} and {_END}"
        raise ValueError(msg)
    page.write_text(f"{before}{_BEGIN}\n\n{table(figures)}\n{_END}{after}", encoding="utf-8")


def table(figures: Iterable[Figure]) -> str:
    """When, where and on which state of the code; then a row for each figure, and what has to be known of some."""
    figures = list(figures)
    rows = [
        f"Measured on {dt.datetime.now(dt.UTC).date()} at commit {_commit()}.",
        f"{_machine()}. Beside {_peers()}.",
        f"{_may_run_on(figures)}",
        "",
        "| figure | aim | value | | rounds | ours: median, p95, p99 | peer: median | peer |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        *(_row(figure) for figure in figures),
        "",
        *(f"`{figure.id}`: {figure.note}.\n" for figure in figures if figure.note),
        *_placements(figures),
    ]
    return "\n".join(rows)


def _may_run_on(figures: list[Figure]) -> str:
    """Which CPUs the processes may run on."""
    pinned = {placed.cpus for figure in figures for placed in figure.placement}
    sets = " or ".join(", ".join(map(str, cpus)) for cpus in sorted(pinned)) or "unknown"
    return f"No process is bound to a CPU by the measurement; those that ran might run on {sets}."


def _placements(figures: list[Figure]) -> list[str]:
    """For each figure, the CPU that each process ran on last before it was taken."""
    rows = [
        f"| `{figure.id}` | {', '.join(f'{_line(placed.name)} {placed.last}' for placed in figure.placement)} |"
        for figure in figures
        if figure.placement
    ]
    return ["| figure | each process that ran then, and its last CPU |", "| --- | --- |", *rows, ""] if rows else []


def _line(name: str) -> str:
    """A name on one line, as a row of a table has it."""
    return " ".join(name.split())


def _row(figure: Figure) -> str:
    sign = "≥" if figure.at_least else "≤"
    mark = "reached" if figure.reached else "**missed**"
    rounds = f"{_text(min(figure.rounds))}…{_text(max(figure.rounds))}" if figure.rounds else ""
    ours = f"{_text(figure.p50)}, {_text(figure.p95)}, {_text(figure.p99)} {figure.unit}"
    peer = f"{_text(figure.peer_value)} {figure.unit}" if figure.peer_value is not None else ""
    cells = (
        f"`{figure.id}`",
        f"{sign} {_text(figure.want)}",
        _text(figure.value),
        mark,
        rounds,
        ours,
        peer,
        figure.peer or "",
    )
    return f"| {' | '.join(cells)} |"


def _text(value: float) -> str:
    """Three figures that count, without an exponent."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004


def _commit() -> str:
    """The commit that is checked out, and whether files differ from it; ``unknown`` outside of a checkout."""

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=PAGE.parent, capture_output=True, text=True, check=True).stdout

    try:
        commit = git("rev-parse", "--short=12", "HEAD").strip()
        changed = git("status", "--porcelain", "--untracked-files=no")
    except (FileNotFoundError, subprocess.CalledProcessError):
        return "unknown"
    others = [line for line in changed.splitlines() if not line.endswith(PAGE.name)]
    return f"{commit}, with changes" if others else commit


def _machine() -> str:
    cpu = next(iter(re.findall(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))), "a CPU")
    kib = int(re.findall(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text(encoding="ascii"))[0])
    linux = ".".join(re.findall(r"\d+", platform.release())[:2])
    cpus = len(os.sched_getaffinity(0))
    return (
        f"{cpus} CPUs ({cpu.strip()}), {kib / 2**20:.0f} GiB, "
        f"{_distribution()}, Linux {linux}, Python {platform.python_version()} ({' '.join(platform.python_build())})"
    )


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return "a system without a name"


def _peers() -> str:
    return ", ".join(f"{name} {_version(package)}" for package, name in _PEERS.items())


def _version(package: str) -> str:
    """The version of a Debian package."""
    if shutil.which("dpkg-query") is None:
        return "(of unknown version)"
    asked = subprocess.run(
        ["dpkg-query", "--show", "--showformat=${Version}", package], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() or "(of unknown version)"
