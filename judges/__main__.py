"""``python -m judges [NAME …]``: asks the judges, and exits with 1 where one says another thing than expected."""

from __future__ import annotations

import argparse
import sys
from typing import Final

from judges import keyring, secret_tool, secretstorage
from judges.expected import EXPECTED
from judges.stage import stage

JUDGES: Final = {"secretstorage": secretstorage.judge, "secret-tool": secret_tool.judge, "keyring": keyring.judge}


def main() -> int:
    """Asks those that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m judges", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"whom to ask: {', '.join(JUDGES)}; all without")
    names = parser.parse_args().names or list(JUDGES)
    unknown = [name for name in names if name not in JUDGES]
    if unknown:
        parser.error(f"there is no judge {unknown[0]!r}")
    as_expected = True
    for name in names:
        sys.stdout.write(f"{name}\n")
        with stage() as place:
            verdict = JUDGES[name](place)
        if verdict != EXPECTED[name]:
            as_expected = False
            sys.stdout.write(
                f"expected: {EXPECTED[name]}, skipped for {EXPECTED[name].skipped}; got {verdict.skipped}\n"
            )
        sys.stdout.write(f"{verdict}\n")
    return 0 if as_expected else 1


if __name__ == "__main__":
    sys.exit(main())
