"""Fuzzes one target by coverage: ``python -m tests.fuzz TARGET [--seconds N] [--seed N]``; without one, names them.

Atheris mutates what reached new lines, beginning with the corpus; an exception that is none of the target's own errors
ends the run with a file that repeats it: ``python -m tests.fuzz TARGET --repeat FILE``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["etui"]):
    from tests.fuzz.targets import TARGETS


def main() -> int:
    """Runs one target; 0 where nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", nargs="?", choices=TARGETS, help="one of " + ", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0, help="0 is another one each time")
    parser.add_argument("--repeat", type=Path, help="a file that an earlier run left")
    options = parser.parse_args()
    if options.target is None:
        print(*TARGETS, sep="\n")  # noqa: T201  # what was asked for
        return 0
    target = TARGETS[options.target]
    if options.repeat is not None:
        target.take(options.repeat.read_bytes())
        return 0
    with tempfile.TemporaryDirectory() as folder:
        for number, text in enumerate(target.corpus()):
            Path(folder, str(number)).write_bytes(text)
        limits = [f"-max_total_time={options.seconds}", f"-seed={options.seed}", "-max_len=8192", "-rss_limit_mb=1024"]
        atheris.Setup([sys.argv[0], *limits, "-artifact_prefix=found-", folder], target.take)
        atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
