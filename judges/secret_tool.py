"""``secret-tool`` of Debian, one command after the other."""

from __future__ import annotations

from subprocess import CompletedProcess

from judges.expected import Verdict
from judges.stage import Stage
from judges.steps import taken

_MAIL = ("service", "mail", "user", "ada")
_SHORT = ("service", "short")


def judge(stage: Stage) -> Verdict:
    """Its verdict."""

    def tool(*arguments: str, stdin: str = "") -> CompletedProcess[str]:
        return stage.run("secret-tool", *arguments, stdin=stdin)

    def said(*arguments: str) -> str:
        ran = tool(*arguments)
        return ran.stdout + ran.stderr

    def lock() -> bool:
        tool("lock", "--collection=login")  # 0.20.5 crashes once it is locked, with gnome-keyring too
        return "secret = second" not in said("search", *_MAIL)

    steps = {
        "store": lambda: tool("store", "--label=Mail", *_MAIL, stdin="first").returncode == 0,
        "lookup": lambda: tool("lookup", *_MAIL).stdout == "first",
        "store what is there already": lambda: tool("store", "--label=Mail", *_MAIL, stdin="second").returncode == 0,
        "lookup of what was replaced": lambda: tool("lookup", *_MAIL).stdout == "second",
        "search": lambda: all(
            word in said("search", "--all", "service", "mail") for word in ("secret = second", "ada")
        ),
        "store for the session": lambda: (
            tool("store", "--collection=session", "--label=Short", *_SHORT, stdin="third").returncode == 0
        ),
        "lookup of what is of the session": lambda: tool("lookup", *_SHORT).stdout == "third",
        "lock": lock,
        "search that unlocks": lambda: "secret = second" in said("search", "--unlock", *_MAIL),
        "clear": lambda: tool("clear", *_MAIL).returncode == 0,
        "lookup of what is gone": lambda: (tool("lookup", *_MAIL).returncode, tool("lookup", *_MAIL).stdout) == (1, ""),
    }
    return taken(steps)
