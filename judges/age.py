"""Debian's age with a key of the wallet's, by its plugin: age's own test script, its published file, and other writers.

The script is ``cmd/age/testdata/x25519.txt`` in the sources of Debian's package, with its key brought into the wallet
and the plugin's identity in the place of its key file. C2SP's test suite is a judge of its own, ``age-cctv``.
``pyrage`` is rage, age's other implementation, in Rust.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bench.wallets import folder, unlocked_wallet

from judges.expected import Verdict
from judges.provisions import debian, installed
from judges.stage import Stage
from judges.steps import taken

_SOURCE: Final = "usr/share/gocode/src/filippo.io/age"
_ETUI: Final = (sys.executable, "-I", "-m", "etui.cli")
PLUGINS: Final = Path(sys.executable).parent
"""Where age finds ``age-plugin-etui``."""
_WORDS: Final = "Black lives matter."
"""What is in ``testdata/example.age``, as ``age_test.go`` has it."""
_RAGE: Final = """
import sys, pyrage
recipient = pyrage.x25519.Recipient.from_str(sys.argv[1])
pyrage.encrypt_file(sys.argv[2], sys.argv[3], [recipient])
"""


def judge(stage: Stage) -> Verdict:
    """Its verdict."""
    root = debian("golang-filippo-age-dev") / _SOURCE
    with folder() as path, unlocked_wallet(path / "w") as wallet:
        wallet.user.approves()
        stage.environ |= wallet.environ | {"PATH": f"{PLUGINS}:{stage.environ['PATH']}"}
        return _asked(stage, root)


def _asked(stage: Stage, root: Path) -> Verdict:
    """The steps of age's own script, in its folder, and those of ours behind them."""
    script, files = _unpacked((root / "cmd/age/testdata/x25519.txt").read_text(encoding="utf-8"))
    for name, text in files.items():
        (stage.path / name).write_text(text, encoding="utf-8")
    own = identity(stage, "Script", stage.path / "key.txt")
    (stage.path / "key.txt").write_text(own, encoding="utf-8")
    published = stage.path / "published.txt"
    published.write_text(identity(stage, "Example", root / "testdata/example_keys.txt"), encoding="utf-8")
    large = stage.path / "large"
    large.write_bytes(bytes(range(256)) * 1000)
    (stage.path / "empty").touch()
    recipient = next(line.split()[-1] for line in own.splitlines() if line.startswith("# recipient"))
    runner = _Script(stage)

    def back(*encrypt: str, name: str) -> bool:
        """Whether a file that is encrypted by this command, in which FILE is its name, comes back."""
        found = stage.path / "back"
        found.unlink(missing_ok=True)
        made = stage.run(*(word.replace("FILE", name) for word in encrypt)).returncode == 0
        ran = stage.run("age", "-d", "-i", "key.txt", "-o", "back", "made.age")
        content = found.read_bytes() if found.exists() else b""  # age makes no file where nothing is in it
        return made and ran.returncode == 0 and content == (stage.path / name).read_bytes()

    def altered() -> bool:
        """Whether a header that was altered is refused."""
        stage.run("age", "-r", recipient, "-o", "made.age", "large")
        content = bytearray((stage.path / "made.age").read_bytes())
        content[content.index(b"\n--- ") + 10] ^= 1
        (stage.path / "made.age").write_bytes(content)
        return stage.run("age", "-d", "-i", "key.txt", "-o", "none", "made.age").returncode != 0

    rage = (sys.executable, "-c", _RAGE)
    environ = {"PYTHONPATH": str(installed("pyrage-1.4.0"))}
    stage.environ |= environ
    age = ("age", "-o", "made.age")
    example = str(root / "testdata/example.age")
    steps = {f"age's script, {number}: {line[:60]}": runner.step(line) for number, line in enumerate(script)} | {
        "the published file": lambda: stage.run("age", "-d", "-i", str(published), example).stdout == _WORDS,
        "an empty file": lambda: back(*age, "-r", recipient, "FILE", name="empty"),
        "many chunks": lambda: back(*age, "-r", recipient, "FILE", name="large"),
        "armor": lambda: back(*age, "-a", "-r", recipient, "FILE", name="large"),
        "several recipients": lambda: back(
            *age, "-r", recipient, "-R", str(_recipients(stage, root)), "FILE", name="large"
        ),
        "by rage": lambda: back(*rage, recipient, "FILE", "made.age", name="large"),
        "an altered header": altered,
    }
    return taken(steps)


def _recipients(stage: Stage, root: Path) -> Path:
    """A file with the recipient of the published key."""
    path = stage.path / "recipients"
    path.write_text(stage.run("age-keygen", "-y", str(root / "testdata/example_keys.txt")).stdout, encoding="utf-8")
    return path


def identity(stage: Stage, name: str, file: Path) -> str:
    """The plugin's identity of a key that is brought into the wallet from a file."""
    brought = stage.run(*_ETUI, "key", "import", str(file), "--name", name)
    printed = stage.run(*_ETUI, "key", "identity", name)
    if brought.returncode or printed.returncode:
        raise RuntimeError(brought.stderr + printed.stderr)
    return printed.stdout


def _unpacked(archive: str) -> tuple[list[str], dict[str, str]]:
    """The commands of a test script and the files behind them (Go's ``txtar``)."""
    head, *parts = ("\n" + archive).split("\n-- ")
    files = dict(part.split(" --\n", 1) for part in parts)
    return [line for line in head.splitlines() if line and not line.startswith("#")], files


class _Script:
    """What of Go's test scripts age's has: commands that succeed or not, and what they wrote."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._stdout = self._stderr = ""

    def step(self, line: str) -> Callable[[], bool]:
        """The step that a line is."""
        return lambda: self._holds(line)

    def _holds(self, line: str) -> bool:
        words = shlex.split(line)
        wanted = words[0] != "!"
        words = words if wanted else words[1:]
        match words:
            case ["cmp", "stdout", name]:
                return (self._stdout == (self._stage.path / name).read_text(encoding="utf-8")) is wanted
            case ["stderr", "."]:
                return bool(self._stderr) is wanted
            case ["stderr", text]:
                return (text in self._stderr) is wanted
            case _:
                ran = self._stage.run(*words)
                self._stdout, self._stderr = ran.stdout, ran.stderr
                return (ran.returncode == 0) is wanted
