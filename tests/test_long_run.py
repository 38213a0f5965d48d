"""The long run: its seeds, going on where it was cut off, and the table that it writes."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.long_run import HEAD, PAGE

ROOT = Path(__file__).parents[1]
SETTINGS = """\
[tool.pytest.ini_options]
testpaths = ["tests"]
addopts = ["-m", "not long", "-p", "tests.long_run"]
markers = ["long: takes minutes"]
"""
EVERYDAY = """\
from pathlib import Path
from hypothesis import given, settings, strategies

def test_chance(chance, long_run):
    Path("drawn").write_text(str(chance.random()))
    long_run.record("Numbers drawn", 1_000, 1_200)
    assert not Path("broken").exists()

@given(strategies.integers(0, 2**60))
@settings(max_examples=5, database=None)
def test_property(number):
    with Path("tried").open("a") as file:
        file.write(f"{number} ")
"""
LONG = """\
from pathlib import Path
import pytest, time

@pytest.mark.long
@pytest.mark.parametrize("name", ["first", "cut off", "last"])
def test_long(chance, long_run, name):
    with Path("begun").open("a") as file:
        file.write(f"{name} {chance.random()}\\n")
    if name == "cut off" and not Path("cut").exists():
        Path("cut").touch()
        time.sleep(60)
    long_run.record("Numbers drawn", 10, 10)
"""
WORKERS = ("-n", "2")
OLD = "| Something else | 5 of 5 | 1 s | 2026-01-01 | abc | 1 |\n"


class Checkout:
    """A checkout with a few tests of its own, and what a run of them said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.page = folder / PAGE
        for name, text in {
            "pyproject.toml": SETTINGS,
            "tests/test_everyday.py": EVERYDAY,
            "tests/test_later.py": LONG,
            ".gitignore": "*\n!/tests\n!*.py\n!/docs\n",
            str(PAGE): f"Before.\n\n{HEAD}{OLD}\nAfter.\n",
        }.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        self.git("init", "--quiet")
        self.git("add", ".")
        self.git("-c", "user.name=a", "-c", "user.email=a", "commit", "--quiet", "--message", "a")

    def git(self, *words: str) -> None:
        subprocess.run(["git", *words], cwd=self.folder, check=True)

    def starts(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "pytest", "--rootdir", str(self.folder), *arguments]
        environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env={**environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def runs(self, *arguments: str) -> str:
        with self.starts(*arguments) as process:
            said, _ = process.communicate(timeout=60)
        return said

    def lines(self, name: str) -> list[str]:
        return (self.folder / name).read_text(encoding="utf-8").splitlines()

    def rows(self) -> list[str]:
        _, _, after = self.page.read_text(encoding="utf-8").partition(HEAD)
        return after.partition("\n\n")[0].splitlines()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def seed_of(said: str) -> str:
    found = re.search(r"^seed: (\d+)", said, re.MULTILINE)
    assert found, said
    return found[1]


@contextlib.contextmanager
def running(process: subprocess.Popen[str]) -> Iterator[None]:
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def cut_off(checkout: Checkout, *arguments: str) -> None:
    """Starts a run, and ends it and its workers as kill -9 does in the middle of one of its tests."""
    process = checkout.starts(*arguments)
    with running(process):
        deadline = time.monotonic() + 60
        while not (checkout.folder / "cut").exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_a_seed_replays_what_a_run_drew(checkout: Checkout) -> None:
    everyday = seed_of(checkout.runs(*WORKERS))
    drawn = checkout.lines("drawn")
    checkout.runs("--seed", "5", "-k", "chance")
    assert checkout.lines("drawn") != drawn
    assert seed_of(checkout.runs()) == everyday
    assert checkout.lines("drawn") == drawn
    (checkout.folder / "tried").unlink()
    checkout.runs("--seed", "7", "-k", "property")
    checkout.runs("--seed", "7", "-k", "property", *WORKERS)
    (tried,) = checkout.lines("tried")
    assert tried[: len(tried) // 2] == tried[len(tried) // 2 :]


def test_a_failure_names_the_seed_where_a_reader_looks_last(checkout: Checkout) -> None:
    (checkout.folder / "broken").touch()
    said = checkout.runs("-q")
    assert re.search(r"^seed: (\d+), which --seed \1 replays$", said, re.MULTILINE)
    (checkout.folder / "broken").unlink()
    assert "seed" not in checkout.runs("-q")


def test_a_long_run_goes_on_where_it_was_cut_off(checkout: Checkout) -> None:
    cut_off(checkout, "--long", *WORKERS)
    assert checkout.rows() == [OLD.strip()]
    begun = checkout.lines("begun")
    said = checkout.runs("--long", *WORKERS)
    again = checkout.lines("begun")[len(begun) :]
    assert [line for line in begun if line.startswith("cut off")] == [x for x in again if x.startswith("cut off")]
    assert {line.split()[0] for line in (*begun, *again)} == {"first", "cut", "last"}
    assert not {line for line in again if line.startswith("first")}
    whole, numbers = checkout.rows()
    assert whole.startswith("| Every test | 5 passed, 0 skipped | ")
    assert numbers.startswith("| Numbers drawn | 1,030 of 1,230 | ")
    assert numbers.endswith(f" | {seed_of(said)} |")
    assert checkout.page.read_text(encoding="utf-8").startswith("Before.\n\n")
    assert checkout.page.read_text(encoding="utf-8").endswith("|\n\nAfter.\n")


def test_a_long_run_that_ended_begins_anew(checkout: Checkout) -> None:
    (checkout.folder / "cut").touch()
    checkout.runs("--long")
    begun = checkout.lines("begun")
    checkout.runs("--long")
    assert len(checkout.lines("begun")) == 2 * len(begun)
    assert not set(checkout.lines("begun")[len(begun) :]) & set(begun)


def test_another_seed_begins_a_long_run_anew(checkout: Checkout) -> None:
    cut_off(checkout, "--long")
    said = checkout.runs("--long", "--seed", "5")
    assert seed_of(said) == "5"
    assert "0 tests passed before" in said
    assert checkout.rows()[1].endswith("| 5 |")


def test_the_first_row_of_all_stands_below_the_head_of_the_table(checkout: Checkout) -> None:
    (checkout.folder / "cut").touch()
    checkout.page.write_text(f"Before.\n\n{HEAD}\nAfter.\n", encoding="utf-8")
    checkout.runs("--long")
    assert len(checkout.rows()) == 2
    assert checkout.page.read_text(encoding="utf-8").endswith("|\n\nAfter.\n")


def test_a_run_of_some_tests_leaves_the_rows_of_others(checkout: Checkout) -> None:
    (checkout.folder / "cut").touch()
    checkout.runs("--long", "tests/test_later.py")
    old, numbers = checkout.rows()
    assert old == OLD.strip()
    assert numbers.startswith("| Numbers drawn | 30 of 30 | ")


def test_a_long_run_that_fails_writes_no_row_and_tries_again_what_failed(checkout: Checkout) -> None:
    (checkout.folder / "cut").touch()
    (checkout.folder / "broken").touch()
    assert "1 failed" in checkout.runs("--long")
    assert checkout.rows() == [OLD.strip()]
    (checkout.folder / "broken").unlink()
    assert "1 passed, 4 deselected" in checkout.runs("--long")
    assert len(checkout.rows()) == 2


def test_a_checkout_with_changes_writes_no_row(checkout: Checkout) -> None:
    (checkout.folder / "cut").touch()
    (checkout.folder / "tests" / "test_everyday.py").write_text(EVERYDAY + "\n", encoding="utf-8")
    assert "5 passed" in checkout.runs("--long")
    assert "5 passed" in checkout.runs("--long")
    assert checkout.rows() == [OLD.strip()]


def test_a_look_at_what_there_is_writes_no_row(checkout: Checkout) -> None:
    assert "5 tests collected" in checkout.runs("--long", "--collect-only")
    assert checkout.rows() == [OLD.strip()]
