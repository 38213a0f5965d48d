"""Whom the session starts for ``org.freedesktop.secrets``: this wallet while its door is open, and else as before.

A session starts gnome-keyring's secrets in three ways, and each has a place in the user's own folders that stands
before the system's: the bus by a file of services, the desktop by an entry of its autostart, systemd by a unit. The
ways that are not there are left alone. PAM starts gnome-keyring without its secrets, which then nobody adds.

Source: D-Bus Specification 0.43, "Message Bus Starting Services"; Desktop Application Autostart Specification 0.5,
``Hidden``; systemd.unit(5), drop-ins; gnome-keyring-daemon(1).
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from etui.cli.bus import SECRETS, serving
from etui.cli.command import profile_place
from etui.cli.overrides import Override
from etui.protocol import find_place

if TYPE_CHECKING:
    from etui.cli.bus import Serving

_DAEMON: Final = "gnome-keyring-daemon"
_SERVICE: Final = f"dbus-1/services/{SECRETS}.service"
_AUTOSTART: Final = "autostart/gnome-keyring-secrets.desktop"
_UNIT: Final = f"{_DAEMON}.service"
_DROP_IN: Final = f"systemd/user/{_UNIT}.d/etui-secret-service.conf"
_UNIT_FOLDERS: Final = ("/etc/systemd/user", "/usr/local/lib/systemd/user", "/usr/lib/systemd/user")
_COMPONENTS: Final = re.compile(r'--components=("?)([\w,]*)\1')
_SECRETS_PART: Final = "secrets"
_OTHER_PARTS: Final = ("pkcs11", "ssh")
_HIDDEN: Final = "[Desktop Entry]\nType=Application\nName=Secret Storage Service\nHidden=true\n"
_REPLACE_S: Final = 20.0


def is_usual_profile() -> bool:
    """Whether this profile is the one that a session of this user's would start: it is named by no variable."""
    usual = {name: value for name, value in os.environ.items() if name not in {"ETUI_HOME", "ETUI_SOCKET"}}
    return profile_place().home == find_place(usual, os.getuid()).home


def wanted() -> list[Override]:
    """The files by which the session starts this wallet, and does not start gnome-keyring's secrets."""
    up = [sys.executable, "-I", "-m", "etui.cli", "up", *(["--as-root"] if os.getuid() == 0 else [])]
    overrides = [Override(_data() / _SERVICE, f"[D-BUS Service]\nName={SECRETS}\nExec={shlex.join(up)}\n")]
    if any((folder / _AUTOSTART).is_file() for folder in _folders("XDG_CONFIG_DIRS", "/etc/xdg")):
        overrides.append(Override(_config() / _AUTOSTART, _HIDDEN))
    if (command := _started_by_systemd()) is not None:
        text = f"[Service]\nExecStart=\nExecStart={command}\n"
        overrides.append(Override(_config() / _DROP_IN, text))
    return overrides


def places() -> list[Path]:
    """Where such files may be."""
    return [_data() / _SERVICE, _config() / _AUTOSTART, _config() / _DROP_IN]


def is_gnome_keyring(holder: Serving) -> bool:
    """Whether it is the daemon, whose secrets can end without anything of a person's being lost."""
    return Path(holder.program).name == _DAEMON


def replace_without_secrets(holder: Serving) -> bool:
    """Has gnome-keyring's other parts, its SSH agent and PKCS #11, go on in a new process without secrets.

    Whether that was to be done, and was done: False where it has none of them.
    """
    control = Path(os.environ.get("XDG_RUNTIME_DIR", "/nonexistent"), "keyring")
    parts = [part for part in _OTHER_PARTS if (control / part).is_socket()]
    if not parts:
        return False
    command = [holder.program, "--replace", "--daemonize", f"--components={','.join(parts)}"]
    try:
        null = subprocess.DEVNULL
        subprocess.run(command, stdin=null, stdout=null, stderr=null, timeout=_REPLACE_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return False
    deadline = time.monotonic() + _REPLACE_S
    while (now := serving(SECRETS)) == holder and time.monotonic() < deadline:
        time.sleep(0.05)
    return now != holder


def _started_by_systemd() -> str | None:
    """How systemd would start the daemon without secrets; None where it does not start them."""
    for folder in (*map(Path, _UNIT_FOLDERS), *(one / "systemd/user" for one in _folders("XDG_DATA_DIRS", ""))):
        try:
            lines = (folder / _UNIT).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            continue
        start = next((line.partition("=")[2] for line in lines if line.startswith("ExecStart=")), "")
        found = _COMPONENTS.search(start)
        parts = found[2].split(",") if found is not None else []
        if found is None or _SECRETS_PART not in parts:
            return None
        rest = ",".join(part for part in parts if part != _SECRETS_PART)
        return f'{start[: found.start()]}--components="{rest}"{start[found.end() :]}'
    return None


def _data() -> Path:
    return _base("XDG_DATA_HOME", ".local/share")


def _config() -> Path:
    return _base("XDG_CONFIG_HOME", ".config")


def _base(name: str, usual: str) -> Path:
    path = Path(os.environ.get(name, ""))
    return path if path.is_absolute() else Path.home() / usual


def _folders(name: str, usual: str) -> list[Path]:
    return [Path(folder) for folder in (os.environ.get(name) or usual).split(":") if folder]
