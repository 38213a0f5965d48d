"""Which Debian packages a judge needs, as ``packages/debian-test.txt`` names them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from etui.testkit.readers import NEEDS as NEEDS_OF_READERS

_NEEDS: Final = {
    "secretstorage-2.3.1": ("python3-dbus",),
    "secret-tool": ("libsecret-tools",),
    "libsecret": ("python3-gi", "gir1.2-secret-1"),
    "keyring-sources": ("python3-gi", "gir1.2-secret-1"),
    "keytar": ("npm", "libsecret-tools"),
    "napi-keyring": ("npm",),
    "docker-credential-secretservice": ("golang-docker-credential-helpers",),
    "msmtp": ("msmtp", "libsecret-tools"),
    "pinentry": ("pinentry-gnome3", "libsecret-tools"),
    "git-credential-libsecret": ("git", "gcc", "libc6-dev", "libsecret-tools"),
    "use": ("curl", "git", "nodejs"),
    "age": ("age",),
    "age-cctv": ("age", "npm"),
    "emv": tuple(NEEDS_OF_READERS.values()),
    "opensc-tool": tuple(NEEDS_OF_READERS.values()),
    "git": ("git", "openssh-client"),
    "chromium": ("chromium", "libsecret-tools"),
    "axe": ("chromium", "npm"),
    "axe-extension": ("chromium", "npm"),
    "axe-sites": ("chromium", "npm"),
    "lighthouse": ("chromium", "nodejs", "npm"),
    "addons-linter": ("nodejs", "npm"),
    "chromium-extension": ("chromium",),
    "payment-request": ("chromium", "nodejs", "npm"),
    "openssh": ("openssh-client", "openssh-server"),
    "paramiko": ("openssh-client", "openssh-server"),
    "asyncssh": ("openssh-client",),
}
_PYTHON: Final = "/usr/lib/python3/dist-packages"
_SIGNS: Final = {
    **{package: file for file, package in NEEDS_OF_READERS.items()},
    "python3-dbus": f"{_PYTHON}/dbus",
    "python3-gi": f"{_PYTHON}/gi",
    "gir1.2-secret-1": "/usr/lib/*/girepository-1.0/Secret-1.typelib",
    "libc6-dev": "/usr/include/stdio.h",
    "libsecret-tools": "secret-tool",
    "nodejs": "node",
    "openssh-client": "ssh-add",
    "openssh-server": "/usr/sbin/sshd",
    "golang-docker-credential-helpers": "docker-credential-secretservice",
}
"""The file or program by which a package is known to be there, where that is not a program of its name."""


def missing(judge: str) -> list[str]:
    """The packages that are missing for a judge."""
    return [package for package in _NEEDS.get(judge, ()) if not _is_there(_SIGNS.get(package, package))]


def _is_there(sign: str) -> bool:
    return any(Path("/").glob(sign[1:])) if sign.startswith("/") else shutil.which(sign) is not None
