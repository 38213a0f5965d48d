"""``python bench/ages.py FILE OURS PEERS ROUNDS``: decrypts a file with two identities, by turns; tells the figure.

It is a script of its own, since what cannot be told from other programs of the session has no standing grant.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.figures import ratio_of
from bench.scripts import tell


def main() -> None:
    """Decrypts once with both, to see that they find the same, and then for the figure."""
    file, ours, peers = (Path(path) for path in sys.argv[1:4])
    out = file.with_name("out")
    found = []
    for identity in (ours, peers):  # with ours, the user says yes for good
        _decrypting(file, identity, out)()
        found.append(out.read_bytes())
    if found[0] != found[1]:
        msg = "the two do not decrypt the same"
        raise RuntimeError(msg)
    figure = ratio_of(
        "age.decrypt_ratio",
        1.3,
        _decrypting(file, ours, out),
        _decrypting(file, peers, out),
        peer="age with a key file",
        rounds=int(sys.argv[4]),
        count=1,
    )
    tell(figure)


def _decrypting(file: Path, identity: Path, out: Path) -> Callable[[], object]:
    command = ["age", "-d", "-i", str(identity), "-o", str(out), str(file)]
    return lambda: subprocess.run(command, check=True)


main()
