"""uv's own store of credentials: Rust's crates ``keyring`` and ``secret-service`` in an encrypted session."""

from __future__ import annotations

from subprocess import CompletedProcess
from typing import Final

from judges.expected import Verdict
from judges.provisions import installed
from judges.stage import Stage
from judges.steps import taken

_INDEX: Final = "https://packages.example"


def judge(stage: Stage) -> Verdict:
    """Its verdict."""
    program = str(installed("uv-0.9.30") / "bin" / "uv")

    def uv(action: str, *arguments: str, user: str = "ada") -> CompletedProcess[str]:
        options = ("--preview-features", "native-auth", "--username", user)
        return stage.run(program, "auth", action, *options, *arguments, _INDEX)

    def login(user: str, value: str) -> bool:
        return uv("login", "--password", value, user=user).returncode == 0

    def token(user: str) -> str | None:
        ran = uv("token", user=user)
        return ran.stdout.strip() if ran.returncode == 0 else None

    steps = {
        "token of nothing": lambda: token("ada") is None,
        "login": lambda: login("ada", "first") and token("ada") == "first",
        "login again": lambda: login("ada", "second") and token("ada") == "second",
        "login of another": lambda: login("bob", "third") and (token("ada"), token("bob")) == ("second", "third"),
        "logout": lambda: uv("logout").returncode == 0 and token("ada") is None,
        "who did not log out stays": lambda: token("bob") == "third",
    }
    return taken(steps)
