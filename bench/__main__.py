"""``python -m bench [NAME …] [--json | --write]``: measures, and exits with 1 where a figure misses its aim."""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
from collections.abc import Callable

import msgspec

from bench import (
    browser,
    files,
    guard,
    issuer,
    keys,
    lending,
    managed,
    memory,
    moving,
    nag,
    page,
    pay,
    policy,
    route,
    scale,
    secrets,
    shell,
    start,
    tap,
)
from bench.extent import FULL, SAMPLE, Extent
from bench.figures import Figure

GROUPS: dict[str, Callable[[Extent], list[Figure]]] = {
    "secrets": secrets.measure,
    "route": route.measure,
    "policy": policy.measure,
    "scale": scale.measure,
    "start": start.measure,
    "ssh": keys.measure_ssh,
    "crypto": keys.measure_crypto,
    "age": files.measure,
    "use": lending.measure,
    "import": moving.measure,
    "issuer": issuer.measure,
    "managed": managed.measure,
    "memory": memory.measure,
    "shell": shell.measure,
    "browser": browser.measure,
    "guard": guard.measure,
    "nag": nag.measure,
    "pay": pay.measure,
    "tap": tap.measure,
}


def main() -> int:
    """Runs the groups that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"what to measure: {', '.join(GROUPS)}; all without")
    parser.add_argument("--json", action="store_true", help="print one array of records")
    parser.add_argument("--write", action="store_true", help="measure all and put it into docs/performance.md")
    parser.add_argument("--sample", action="store_true", help="only show that it runs: few items, figures of no worth")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name.split(".")[0] not in GROUPS]
    if unknown:
        parser.error(f"there is no measurement {unknown[0]!r}")
    if arguments.write and (arguments.names or arguments.sample):
        parser.error("the page shows one whole run: --write measures all, and no sample")
    names = list(dict.fromkeys(name.split(".")[0] for name in arguments.names)) or list(GROUPS)
    if "memory" in names and os.geteuid() != 0:
        parser.error("the wallet's processes let nobody but root see what they take: as root, or without memory")
    if "tap" in names and os.geteuid() != 0:
        parser.error("a virtual reader needs a network of its own, which only root makes: as root, or without tap")
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # and ends what it started
    figures: list[Figure] = []
    for name in names:
        os.sync()  # what the measurement before wrote is not waited for by this one
        measured = GROUPS[name](SAMPLE if arguments.sample else FULL)
        print(*map(_line, measured), sep="\n", file=sys.stderr if arguments.json else sys.stdout, flush=True)
        figures += measured
    if arguments.json:
        rows = [{**msgspec.to_builtins(figure), "machine": _machine()} for figure in figures]
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(rows), indent=2).decode() + "\n")
    if arguments.write:
        page.write(figures)
    return 0 if all(figure.reached for figure in figures) else 1


def _line(figure: Figure) -> str:
    mark = "reached" if figure.reached else "MISSED"
    sign = "≥" if figure.at_least else "≤"
    peer = f"  {figure.peer} {figure.peer_value} {figure.unit}" if figure.peer else ""
    spread = f"{min(figure.rounds)}…{max(figure.rounds)}" if figure.rounds else ""
    return (
        f"{figure.id:28} {figure.value:<9} {sign} {figure.want:<7} {mark:8} rounds {spread:16} "
        f"ours p50 {figure.p50} p95 {figure.p95} p99 {figure.p99} {figure.unit}{peer}"
    )


def _machine() -> dict[str, object]:
    return {
        "python": platform.python_version() + " " + " ".join(platform.python_build()),
        "system": platform.platform(),
        "cpus": sorted(os.sched_getaffinity(0)),
    }


if __name__ == "__main__":
    sys.exit(main())
