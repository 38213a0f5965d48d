"""``git-credential-libsecret`` from the sources in Debian's package git, compiled here, as git itself calls it."""

from __future__ import annotations

import re
from pathlib import Path
from subprocess import CompletedProcess
from typing import Final

from judges.expected import Verdict
from judges.provisions import debian
from judges.stage import Stage
from judges.steps import taken

_SOURCE: Final = "usr/share/doc/git/contrib/credential/libsecret/git-credential-libsecret.c"
_HEADERS: Final = ("libsecret-1-dev", "libglib2.0-dev")


def judge(stage: Stage) -> Verdict:
    """Its verdict."""
    _compile(stage)
    config = stage.path / ".gitconfig"
    config.write_text(f"[credential]\n\thelper = {stage.path}/git-credential-libsecret\n", encoding="utf-8")

    def git(action: str, **fields: str) -> CompletedProcess[str]:
        asked = "".join(f"{name}={value}\n" for name, value in fields.items())
        environ = {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "GIT_CONFIG_NOSYSTEM": "1"}
        return stage.run("git", "credential", action, stdin=asked, environ=environ)

    def filled(**fields: str) -> str | None:
        ran = git("fill", protocol="https", **fields)
        return dict(line.split("=", 1) for line in ran.stdout.splitlines()).get("password")

    def approve(host: str, user: str, value: str) -> bool:
        return git("approve", protocol="https", host=host, username=user, password=value).returncode == 0

    steps = {
        "fill of nothing": lambda: filled(host="git.example") is None,
        "approve": lambda: approve("git.example", "ada", "first") and filled(host="git.example") == "first",
        "approve another's": lambda: (
            approve("git.example", "bob", "other") and filled(host="git.example", username="bob") == "other"
        ),
        "fill for a user": lambda: filled(host="git.example", username="ada") == "first",
        "another host": lambda: approve("other.example", "ada", "third") and filled(host="other.example") == "third",
        "reject": lambda: (
            git("reject", protocol="https", host="git.example", username="ada").returncode == 0
            and filled(host="git.example", username="ada") is None
        ),
        "what was not rejected stays": lambda: filled(host="git.example", username="bob") == "other",
    }
    return taken(steps)


def _compile(stage: Stage) -> None:
    root = debian("git", *_HEADERS)
    include = root / "usr/include"
    (config,) = root.glob("usr/lib/*/glib-2.0/include")
    libraries = [_library(name) for name in ("secret-1", "gobject-2.0", "glib-2.0")]
    folders = (include / "libsecret-1", include / "glib-2.0", config)
    program = str(stage.path / "git-credential-libsecret")
    flags = [f"-I{folder}" for folder in folders]
    ran = stage.run("gcc", "-O1", *flags, "-o", program, str(root / _SOURCE), *libraries)
    if ran.returncode:
        raise RuntimeError(f"git-credential-libsecret does not compile: {ran.stderr}")


def _library(name: str) -> str:
    """The path of a shared library that is installed."""
    pattern = re.compile(rf"lib{re.escape(name)}\.so\.0")
    folders = Path("/usr/lib").glob("*-linux-gnu")
    return str(next(file for folder in folders for file in folder.iterdir() if pattern.fullmatch(file.name)))
