"""Packages that run in a sandbox of their own: Flatpak and Snap; pure.

What is trusted, and why:

1. *Snap*, verified: the process is in a mount namespace that is not ours but belongs to our user
   namespace, which only a privileged program (`snap-confine`) can have made or entered, and
   AppArmor's label or the freezer cgroup of version 1 names the snap. A program outside may choose
   its label, but has no way into that namespace. A program of the same user can still start what
   it likes inside, with `snap run --shell`.
2. *Snap*, observed: the same mount namespace, but only the systemd scope names the snap. The user's
   own service manager makes such scopes for anyone who asks.
3. *Flatpak*, observed: `/.flatpak-info`, read through the process's own root in a mount namespace
   that is not ours. Flatpak builds its sandbox with the user's own rights, so a program of the same
   user outside of any sandbox can build one with the same file in it. A program inside cannot (but
   for one that was installed with `devel`): the file is read-only there and new namespaces are
   refused. So it tells packages from each other and does not stand against an attacker with the
   same uid, which is what `observed` means. A scope that names another application voids it.

Sources: flatpak-metadata(5); flatpak, `common/flatpak-utils-base.c` on application ids and
`common/flatpak-run.c` on the scope; snapd, `sandbox/cgroup/scanning.go` and
`snap/naming/validate.go`; apparmor_getcon(2).
"""

import configparser
import posixpath
import re

from msgspec import Struct

from etui.trusted.evidence.evidence import Strength
from etui.trusted.evidence.process import Namespace, Process

_APPLICATION = re.compile(r"(?:[A-Za-z_][A-Za-z0-9_]*\.){2,}[A-Za-z_-][A-Za-z0-9_-]*", re.ASCII)
_APPLICATION_LENGTH = 255
_SNAP = r"[a-z0-9-]*[a-z][a-z0-9-]*(?:_[a-z0-9]{1,10})?"
_SNAP_LABEL = re.compile(rf"snap\.({_SNAP})\.[^/]+")
_SNAP_SCOPE = re.compile(rf"snap\.({_SNAP})\.[^/]+\.(?:service|scope)")
_SNAP_FREEZER = re.compile(rf"/snap\.({_SNAP})")
_FLATPAK_SCOPE = re.compile(r"app-flatpak-(.+)-\d+\.scope")
_ESCAPE = re.compile(r"\\x([0-9a-f]{2})")


class Package(Struct, frozen=True):
    """The package whose sandbox a process is in: its principal, its name, and how sure that is."""

    principal: str
    name: str
    strength: Strength


def flatpak_application(info: str) -> str | None:
    """Return the application id in the text of a `/.flatpak-info`, or None.

    Source: flatpak-metadata(5): a key file; `name` in `[Application]` is mandatory.
    """
    parser = configparser.RawConfigParser(delimiters=("=",), comment_prefixes=("#",), empty_lines_in_values=False)
    try:
        parser.read_string(info)
    except configparser.Error:
        return None
    name = parser.get("Application", "name", fallback="")
    return name if _is_application(name) else None


def package(process: Process) -> Package | None:
    """Return the Flatpak or Snap package whose sandbox `process` is in, or None."""
    if process.foreign is None or Namespace.MOUNT not in process.foreign:
        return None
    if process.flatpak is not None:
        return _flatpak(process.flatpak, posixpath.basename(process.cgroup))
    if Namespace.USER not in process.foreign:
        return _snap(process)
    return None


def _flatpak(application: str, scope: str) -> Package | None:
    in_scope = _FLATPAK_SCOPE.fullmatch(scope)
    if in_scope is not None and _unescaped(in_scope[1]) != application:
        return None
    return Package(f"flatpak:{application}", application, Strength.OBSERVED)


def _snap(process: Process) -> Package | None:
    given_by_root = _SNAP_LABEL.fullmatch(process.apparmor or "") or _SNAP_FREEZER.fullmatch(process.freezer)
    if given_by_root is not None:
        return Package(f"snap:{given_by_root[1]}", given_by_root[1], Strength.VERIFIED)
    scope = _SNAP_SCOPE.fullmatch(posixpath.basename(process.cgroup))
    if scope is not None:
        return Package(f"snap:{scope[1]}", scope[1], Strength.OBSERVED)
    return None


def _is_application(name: str) -> bool:
    return len(name) <= _APPLICATION_LENGTH and _APPLICATION.fullmatch(name) is not None


def _unescaped(name: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), name)
