r"""Names that an update changes: a version in a path, and the digest of a store; pure.

A program whose folder or file is named after its version lies elsewhere after each update: `/opt/shop-1.2/shop`,
`~/.config/chat/0.0.40/chat`, `Chat-1.2.AppImage`. So does all that Nix and Guix install, below a folder that begins
with a digest. Whoever is known by such a path would be somebody new with each update. So in a name that stands for a
program, a version is `*`, and so is such a digest.

Rules:

1. A version is numbers with points between them, two or more. One number alone tells programs apart (`proj1`, `proj2`).
2. The file name of a script keeps its numbers: `1.1-make.sh` and `1.2-drop.sh` are two.
3. Whoever can put another version beside this one can put it in this one's place, since both take the same folder. The
   store of Nix or Guix is another matter: any user may have it add a program of any name (`is_in_store`).
4. `*` in a path is escaped as control characters are, so that no path spells a version that it does not have.

Sources: Nix, "Store Path"; GNU Guix, "The Store": 32 characters of base 32 and `-` before a package's name.
"""

import posixpath
import re

from etui.trusted.evidence.evidence import escaped

_VERSION = re.compile(r"[0-9]+(?:\.[0-9]+)+")
_STORE = re.compile(r"(/(?:nix|gnu)/store/)[0-9a-z]{32}(-.+)", re.DOTALL)
_ANY = "*"


def lasting(path: str, *, besides: str = "") -> str:
    """Return `path` as it stands for a program in a principal: the same after an update, and escaped.

    Args:
        path: absolute, as `os.fsdecode` gives it.
        besides: further characters to escape.

    """
    stored = _STORE.fullmatch(path)
    if stored is not None:
        return f"{stored[1]}{_ANY}{lasting(stored[2], besides=besides)}"
    return _ANY.join(escaped(part, besides=f"{besides}{_ANY}") for part in _VERSION.split(path))


def lasting_script(path: str) -> str:
    """Return `path` as it stands for a script in a principal: as `lasting`, with its file name as it is."""
    folder, name = posixpath.split(path)
    return posixpath.join(lasting(folder, besides="@"), escaped(name, besides=f"@{_ANY}"))


def is_in_store(path: str) -> bool:
    """Say whether `path` lies in the store of Nix or Guix, which takes programs of any name from any user."""
    return _STORE.fullmatch(path) is not None
