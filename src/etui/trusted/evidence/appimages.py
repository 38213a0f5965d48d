"""AppImages: what runs from a file that mounted itself; pure.

An AppImage mounts itself at `.mount_` and a random name below the folder for temporary files, elsewhere
at each start. So the path of a program in there names nobody the next time. Which file it was, only the
environment says that the AppImage gives to what it starts: `APPDIR`, the folder, and `APPIMAGE`, the file.
The kernel's table of mounts has the file's name without its folder, in the words of the process that
serves the mount, and that process is no ancestor. An environment is a claim, as a command line is; one
that was inherited from another AppImage has another `APPDIR`.

Sources: AppImage/type2-runtime, `src/runtime/runtime.c`; AppImage documentation, "Environment variables".
"""

import posixpath
import re

from etui.trusted.evidence.deputies import deputy_kind

_MOUNTED = re.compile(r"((?:/[^/]+)*?/\.mount_[^/]+)/.+", re.DOTALL)
_WORD = re.compile(r"[A-Za-z]+")


def mount_of(path: str) -> str | None:
    """Return the folder at which an AppImage that `path` lies in is mounted, or None."""
    mounted = _MOUNTED.fullmatch(path)
    return None if mounted is None else mounted[1]


def appimage_of(environ: str, folder: str) -> str | None:
    """Return the file that an environment names as the AppImage mounted at `folder`, or None.

    Args:
        environ: as in `/proc/PID/environ`, every variable ended by a NUL.
        folder: as `mount_of` gives it.

    """
    whole, _, _cut = environ.rpartition("\0")
    variables: dict[str, str] = {}
    for variable in whole.split("\0"):
        name, _, value = variable.partition("=")
        variables.setdefault(name, value)
    path = variables.get("APPIMAGE", "")
    if variables.get("APPDIR") != folder or not path.startswith("/") or posixpath.normpath(path) != path:
        return None
    return path


def acts_for_others(appimage: str) -> bool:
    """Say whether an AppImage is a deputy, by the first word of its file's name: `python3.11.AppImage`."""
    word = _WORD.match(posixpath.basename(appimage))
    return word is not None and deputy_kind(word[0].lower()) is not None
