"""``docker-credential-secretservice`` of Debian: Docker's helper in Go over libsecret, JSON in and out."""

from __future__ import annotations

import json
from subprocess import CompletedProcess
from typing import Final

from judges.expected import Verdict
from judges.stage import Stage
from judges.steps import taken

_URL: Final = "https://registry.example/v1"
_OTHER: Final = "https://other.example"


def judge(stage: Stage) -> Verdict:
    """Its verdict."""

    def helper(action: str, stdin: str = "") -> CompletedProcess[str]:
        return stage.run("docker-credential-secretservice", action, stdin=stdin)

    def store(url: str, user: str, value: str) -> bool:
        credentials = {"ServerURL": url, "Username": user, "Secret": value}
        return helper("store", json.dumps(credentials)).returncode == 0

    def has(url: str, user: str, value: str) -> bool:
        ran = helper("get", url)
        return ran.returncode == 0 and json.loads(ran.stdout) == {"ServerURL": url, "Username": user, "Secret": value}

    def lists(expected: dict[str, str]) -> bool:
        return bool(json.loads(helper("list").stdout) == expected)

    def missing(url: str) -> bool:
        ran = helper("get", url)
        return (ran.returncode, ran.stdout.strip()) == (1, "credentials not found in native keychain")

    steps = {
        "get of nothing": lambda: missing(_URL),
        "list of nothing": lambda: lists({}),
        "store": lambda: store(_URL, "ada", "first") and has(_URL, "ada", "first"),
        "store what is there already": lambda: store(_URL, "ada", "second") and has(_URL, "ada", "second"),
        "list": lambda: store(_OTHER, "bob", "third") and lists({_URL: "ada", _OTHER: "bob"}),
        "erase": lambda: helper("erase", _URL).returncode == 0 and missing(_URL),
        "what was not erased stays": lambda: has(_OTHER, "bob", "third") and lists({_OTHER: "bob"}),
    }
    return taken(steps)
