"""By which files the desktop's portal finds the door ``portal``: written when it is opened, deleted when it is closed.

xdg-desktop-portal looks for back ends in ``xdg-desktop-portal/portals`` of the user's and the system's data folders
since 1.20.1, in the system's alone before. Since 1.17 it asks those that ``portals.conf`` prefers. A portal before
that, as Debian 12's, asks those of the desktop that are first by name. It can be led to another folder, in which every
back end has to be found then: a drop-in for its systemd unit makes such a folder anew at each start, of links to the
system's files and to the wallet's.

Source: xdg-desktop-portal, ``src/portal-impl.c`` of 1.16, ``src/xdp-portal-config.c`` of 1.20, ``NEWS.md``.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from pathlib import Path
from typing import Final

from etui.cli.exits import CommandError
from etui.cli.files import whole_file

FRONT_ENDS: Final = (Path("/usr/libexec/xdg-desktop-portal"), Path("/usr/lib/xdg-desktop-portal"))
_PREFERS: Final = (1, 17, 0)
"""The first version that reads ``portals.conf``."""
_OWN_FOLDERS: Final = (1, 20, 1)
"""The first version that reads the user's own folder of back ends."""
_VERSION_S: Final = 10.0
_VERSION: Final = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")
_PORTAL: Final = """\
[portal]
DBusName=org.freedesktop.impl.portal.desktop.etui
Interfaces=org.freedesktop.impl.portal.Secret
UseIn=gnome;KDE
"""
_DROP_IN: Final = """\
# Written by `etui door enable portal`, deleted by `etui door disable portal`.
[Service]
Environment=XDG_DESKTOP_PORTAL_DIR=%t/etui-portals
ExecStartPre=/bin/rm -rf %t/etui-portals
ExecStartPre=/bin/mkdir -m 700 %t/etui-portals
ExecStartPre=/bin/sh -c 'ln -s /usr/share/xdg-desktop-portal/portals/*.portal %t/etui-portals'
ExecStartPre=/bin/ln -sf {portal} %t/etui-portals/etui.portal
"""
RESTARTS: Final = "systemctl --user daemon-reload && systemctl --user restart xdg-desktop-portal"
_SYSTEM: Final = "/usr/share/xdg-desktop-portal/portals/"
PREFERS: Final = "org.freedesktop.impl.portal.Secret=etui"


def portal_file() -> Path:
    """What names the door to the desktop's portal."""
    return _folder("XDG_DATA_HOME", ".local/share") / "xdg-desktop-portal" / "portals" / "etui.portal"


def drop_in() -> Path:
    """What has a portal before 1.17 read that."""
    return _folder("XDG_CONFIG_HOME", ".config") / "systemd" / "user" / "xdg-desktop-portal.service.d" / "etui.conf"


def write() -> list[str]:
    """Writes them, and says what was written and what is left to the user; raises ``CommandError``."""
    version = _version()
    wanted = {portal_file(): _PORTAL}
    if version is not None and version < _PREFERS:
        wanted[drop_in()] = _DROP_IN.format(portal=_quoted(portal_file()))
    else:
        drop_in().unlink(missing_ok=True)  # of a portal that was older
    for path, text in wanted.items():
        _write(path, text)
    lines = [f"Wrote {path}" for path in wanted]
    if version is None:
        return [
            *lines,
            "The desktop's portal is not installed (Debian: xdg-desktop-portal): say this again once it is.",
        ]
    if _PREFERS <= version < _OWN_FOLDERS:
        lines.append(f"This portal reads the system's folder alone: have root copy that file to {_SYSTEM}")
    if version >= _PREFERS:
        lines.append(
            f"Where your desktop prefers another: {PREFERS} under [preferred] in portals.conf (docs/portal.md)"
        )
    return [*lines, f"The desktop's portal sees it when it starts next, as at the next login, or by: {RESTARTS}"]


def delete() -> list[str]:
    """Deletes them, and says so; raises ``CommandError``."""
    there = [path for path in (portal_file(), drop_in()) if path.exists()]
    for path in there:
        try:
            path.unlink()
        except OSError as error:
            raise CommandError(f"{path} cannot be deleted: {error.strerror}") from None
        with contextlib.suppress(OSError):  # others have files in there
            path.parent.rmdir()
    lines = [f"Deleted {path}" for path in there]
    return [*lines, f"The desktop's portal asks another again when it starts next, or by: {RESTARTS}"] if there else []


def _folder(variable: str, usual: str) -> Path:
    """One of the user's base folders. Source: XDG Base Directory Specification 0.8; no absolute path counts as none."""
    named = Path(os.environ.get(variable, ""))
    return named if named.is_absolute() else Path.home() / usual


def _version() -> tuple[int, int, int] | None:
    """The version of the desktop's portal, None where it is not installed or does not say it."""
    program = next((path for path in FRONT_ENDS if path.exists()), None)
    if program is None:
        return None
    try:
        said = subprocess.run(
            [program, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_VERSION_S,
            check=False,
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = _VERSION.search(said)
    return None if found is None else (int(found[1]), int(found[2]), int(found[3] or 0))


def _quoted(path: Path) -> str:
    """A path as a word of a unit's: systemd.service(5), "Command lines", and systemd.unit(5), "Specifiers"."""
    text = str(path).replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{text}"'


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"{path.parent} cannot be made: {error.strerror}") from None
    with whole_file(path, replace=True) as file:
        file.write(text.encode())
