"""git itself, set up by ``etui git setup``: it signs commits and tags by the agent, and finds them good or altered."""

from __future__ import annotations

import sys
from collections.abc import Callable
from subprocess import CompletedProcess
from typing import Final

from bench.wallets import folder, unlocked_wallet

from judges.expected import Verdict
from judges.stage import Stage, await_socket
from judges.steps import taken

_ETUI: Final = (sys.executable, "-I", "-m", "etui.cli")
_GOOD: Final = 'Good "git" signature for ada@example.org with ED25519 key'
_BAD: Final = "Could not verify signature."
_UNDO: Final = "This undoes it:\n"


def judge(stage: Stage) -> Verdict:
    """Its verdict."""
    with folder() as path, unlocked_wallet(path / "w", doors=("ssh-agent",)) as wallet:
        wallet.user.approves()
        agent = wallet.socket.with_name("ssh-agent")
        await_socket(agent)
        alone = {"HOME": str(stage.path), "XDG_CONFIG_HOME": str(stage.path), "GIT_CONFIG_NOSYSTEM": "1"}
        stage.environ |= wallet.environ | alone | {"SSH_AUTH_SOCK": str(agent)}
        return _asked(stage)


def _asked(stage: Stage) -> Verdict:
    (stage.path / ".ssh").mkdir(mode=0o700)
    stage.run("git", "config", "--global", "user.name", "Ada")
    stage.run("git", "config", "--global", "user.email", "ada@example.org")
    stage.run("git", "init", "-q", "-b", "main", "work")
    stage.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "stranger")
    stage.run(*_ETUI, "key", "make", "Work")
    printed = stage.run(*_ETUI, "git", "setup", "work", "--yes").stdout
    to_verify, _, to_undo = printed.partition(_UNDO)

    def git(*words: str, stdin: str = "") -> CompletedProcess[str]:
        return stage.run("git", "-C", "work", *words, stdin=stdin)

    def does(*words: str) -> bool:
        return git(*words).returncode == 0

    def good(kind: str, name: str) -> bool:
        ran = git(f"verify-{kind}", name)
        return ran.returncode == 0 and _GOOD in ran.stderr

    def bad(kind: str, name: str, said: str) -> bool:
        ran = git(f"verify-{kind}", name)
        return ran.returncode != 0 and said in ran.stderr and _GOOD not in ran.stderr

    def altered(kind: str, name: str) -> str:
        """The name of an object that is this one, but for a word of its message."""
        text = git("cat-file", kind, name).stdout
        return git("hash-object", "-t", kind, "-w", "--stdin", stdin=text.replace("first", "forged")).stdout.strip()

    def all_done(text: str) -> bool:
        lines = [line for line in text.splitlines() if line.startswith(("git config", "echo "))]
        return bool(lines) and all(stage.run("sh", "-c", line).returncode == 0 for line in lines)

    commit = ("commit", "-q", "--allow-empty", "-m")
    stranger = ("-c", f"user.signingkey={stage.path / 'stranger'}")
    steps: dict[str, Callable[[], bool]] = {
        "setup": lambda: stage.run("git", "config", "--global", "gpg.format").stdout == "ssh\n",
        "commit": lambda: does(*commit, "first"),
        "verify-commit, before git knows who may sign": lambda: bad("commit", "HEAD", "allowedSignersFile"),
        "what has it verify": lambda: all_done(to_verify),
        "verify-commit": lambda: good("commit", "HEAD"),
        "log": lambda: git("log", "-1", "--format=%G? %GS").stdout == "G ada@example.org\n",
        "log --show-signature": lambda: _GOOD in git("log", "-1", "--show-signature").stdout,
        "tag -s": lambda: does("tag", "-s", "-m", "first", "v1"),
        "verify-tag": lambda: good("tag", "v1"),
        "an altered commit": lambda: bad("commit", altered("commit", "HEAD"), _BAD),
        "an altered tag": lambda: bad("tag", altered("tag", "v1"), _BAD),
        "a stranger's commit": lambda: (
            does(*stranger, *commit, "strange") and bad("commit", "HEAD", "No principal matched")
        ),
        "tag -a, which signs nothing": lambda: (
            does("tag", "-a", "-m", "plain", "v2") and bad("tag", "v2", "no signature")
        ),
        "commit --amend": lambda: (
            does("commit", "-q", "--amend", "--allow-empty", "-m", "amended") and good("commit", "HEAD")
        ),
        "merge": lambda: (
            does("checkout", "-q", "-b", "side", "HEAD~1")
            and does(*commit, "side")
            and does("merge", "-q", "--no-ff", "-m", "merged", "main")
            and does("verify-commit", "HEAD", "HEAD^1", "HEAD^2")
        ),
        "merge --verify-signatures": lambda: (
            does("checkout", "-q", "main") and does("merge", "-q", "--verify-signatures", "side")
        ),
        "rebase": lambda: (
            does("checkout", "-q", "-b", "rebased", "HEAD~1")
            and does(*commit, "mine")
            and does("rebase", "-q", "--force-rebase", "main")
            and good("commit", "HEAD")
        ),
        "undo": lambda: (
            all_done(to_undo)
            and stage.run("git", "config", "--global", "--get", "gpg.format").returncode != 0
            and does(*commit, "unsigned")
            and bad("commit", "HEAD", "")
        ),
    }
    return taken(steps)
