"""Scripts that measure by themselves, since what is lent or granted to one is to no other, and tell their figures.

A script writes each figure as a line of JSON, and waits for a line before it goes on: so that what it measured still
runs while whoever started it looks where.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence

import msgspec

from bench.figures import Figure
from bench.placement import placement


def figures_of(command: Sequence[str], environ: Mapping[str, str]) -> list[Figure]:
    """What a script tells, each figure with all processes that run then, which are more than the script's own.

    Raises ``CalledProcessError`` where it ends with another status than 0.
    """
    figures = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for line in process.stdout:
            figure = msgspec.json.decode(line, type=Figure)
            figures.append(msgspec.structs.replace(figure, placement=placement()))
            process.stdin.write(b"\n")
            process.stdin.flush()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return figures


def tell(figure: Figure) -> None:
    """In a script: tells a figure, and returns when it was taken."""
    sys.stdout.buffer.write(msgspec.json.encode(figure) + b"\n")
    sys.stdout.buffer.flush()
    sys.stdin.buffer.readline()
