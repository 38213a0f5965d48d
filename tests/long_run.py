"""The long run: ``--long`` adds what takes minutes, goes on where it was cut off, and writes docs/long-run.md.

- A run has one seed, which it says at its beginning, and again at its end where a test failed; ``--seed`` replays it.
  The everyday run has the same one each time, a long run a new one.
  ``chance`` is a test's own source of chance. It depends on the seed and the test's name alone, not on the order nor on
  how many run at once. A long run seeds Hypothesis too, and so does ``--seed``.
- What passed is kept at once in pytest's cache, by commit and arguments. The same run, started again, keeps its seed
  and leaves out what passed, until it has come to its end.
- ``long_run.record`` counts what a test did. Tests that record the same thing share a row.
- A checkout with changes is no commit: of such a one nothing is kept and nothing is written.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import random
import secrets
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Final

import msgspec
import pytest
from xdist.workermanage import WorkerController

PAGE: Final = Path("docs", "long-run.md")
HEAD: Final = "| what | done | took | on | at | seed |\n| --- | --- | --- | --- | --- | --- |\n"
EVERYDAY_SEED: Final = 1
_EVERY_TEST: Final = "Every test"
_EVERYDAY: Final = "not long"
_PROPERTY: Final = "long run"
_ENDED: Final = {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}
"""The latter where all had passed before."""


class Record(msgspec.Struct, frozen=True):
    """How many of how many things of one kind a test did."""

    what: str
    done: int
    of: int


class Passed(msgspec.Struct, frozen=True):
    """A test that passed, how long it took, and what it recorded."""

    test: str
    took_s: float
    records: list[Record]


class Beginning(msgspec.Struct, frozen=True):
    """The first line of what is kept of a run."""

    seed: int


class LongRun:
    """What a test tells of itself for the table."""

    def __init__(self, test: pytest.Item) -> None:
        self._test = test

    def record(self, what: str, done: int, of: int) -> None:
        """Counts ``done`` of ``of`` things; ``what`` says in a sentence what was done, and is the name of the row."""
        assert not set("|\n") & set(what), "it is one cell of a table"
        self._test.user_properties.append((_PROPERTY, msgspec.to_builtins(Record(what, done, of))))


@pytest.fixture
def long_run(request: pytest.FixtureRequest) -> LongRun:
    """Where this test records what it did."""
    return LongRun(request.node)


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """This test's own source of chance: the same in every run with this seed."""
    return random.Random(f"{request.config.option.seed} {request.node.nodeid}")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("long run")
    group.addoption("--long", action="store_true", help="with the tests that take minutes")
    group.addoption("--seed", type=int, help="replay the run of this seed")


@pytest.hookimpl(tryfirst=True)  # before Hypothesis reads its own seed
def pytest_configure(config: pytest.Config) -> None:
    option = config.option
    seeds_hypothesis = option.long or option.seed is not None
    if option.long and option.markexpr == _EVERYDAY:
        option.markexpr = ""
    if hasattr(config, "workerinput"):
        option.seed, option.left_out = config.workerinput[_PROPERTY]
    elif option.long and not option.collectonly:  # to look at what there is is no run
        keeper = Keeper(config)
        option.seed, option.left_out = keeper.seed, keeper.left_out
        config.pluginmanager.register(keeper)
    else:
        option.seed, option.left_out = EVERYDAY_SEED if option.seed is None else option.seed, []
    if seeds_hypothesis and option.hypothesis_seed is None:
        option.hypothesis_seed = str(option.seed)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: WorkerController) -> None:
    """Hands a worker of xdist what was drawn and read here."""
    node.workerinput[_PROPERTY] = (node.config.option.seed, node.config.option.left_out)


def pytest_report_header(config: pytest.Config) -> str:
    return f"seed: {config.option.seed}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.option.long or terminalreporter.stats.keys() & {"failed", "error"}:
        terminalreporter.line(f"seed: {config.option.seed}, which --seed {config.option.seed} replays")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what passed before the run was cut off."""
    left_out = frozenset(config.option.left_out)
    if gone := [item for item in items if item.nodeid in left_out]:
        config.hook.pytest_deselected(items=gone)
        items[:] = [item for item in items if item.nodeid not in left_out]


class Keeper:
    """Keeps what passed, and writes the table when the run has come to its end."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._root = config.rootpath
        self._commit = _commit(self._root)
        given = config.option.seed
        kept_seed, kept = (None, []) if self._commit is None else _kept(self._file)
        self.seed: int = next(seed for seed in (given, kept_seed, secrets.randbelow(2**32)) if seed is not None)
        self._passed: list[Passed] = kept if self.seed == kept_seed else []
        self._took_s: defaultdict[str, float] = defaultdict(float)
        self._passing: set[str] = set()
        self._failed: set[str] = set()
        self._skipped: set[str] = set()
        if self._commit is not None:
            _keep(self._file, self.seed, self._passed)

    @property
    def left_out(self) -> list[str]:
        """The names of the tests that passed before."""
        return [passed.test for passed in self._passed]

    @property
    def _file(self) -> Path:
        name = hashlib.sha256(repr((self._commit, *self._config.invocation_params.args)).encode()).hexdigest()
        return Path(self._root, self._config.getini("cache_dir"), "long-run", name)

    def pytest_report_header(self) -> str:
        if self._commit is None:
            return "long run: of a checkout with changes, so nothing of it is kept"
        return f"long run: of {self._commit}, where {len(self._passed)} tests passed before"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        test = report.nodeid
        self._took_s[test] += report.duration
        if report.failed:
            self._failed.add(test)
        elif report.skipped:
            self._skipped.add(test)
        elif report.when == "call":
            self._passing.add(test)
        elif report.when == "teardown" and test in self._passing - self._failed:
            values = [value for name, value in report.user_properties if name == _PROPERTY]
            passed = Passed(test, self._took_s[test], msgspec.convert(values, list[Record]))
            self._passed.append(passed)
            if self._commit is not None:
                with self._file.open("ab") as file:
                    file.write(msgspec.json.encode(passed) + b"\n")

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Writes the table, where the run came to its end and nothing failed."""
        if self._commit is None or self._failed or exitstatus not in _ENDED:
            return
        self._file.unlink()
        page = self._root / PAGE
        page.write_text(self._with_rows(page.read_text(encoding="utf-8")), encoding="utf-8")

    def _with_rows(self, page: str) -> str:
        before, after = page.split(HEAD)
        lines = after.splitlines(keepends=True)
        old = list(itertools.takewhile(lambda line: line.startswith("|"), lines))
        rows = {} if self._ran_everything else {row.split("|")[1].strip(): row for row in old}
        ends = f"{dt.datetime.now(dt.UTC).date()} | {self._commit} | {self.seed} |"
        if self._ran_everything:
            tests = f"{len(self._passed):,} passed, {len(self._skipped):,} skipped"
            took = _spell(sum(passed.took_s for passed in self._passed))
            rows[_EVERY_TEST] = f"| {_EVERY_TEST} | {tests} | {took} | {ends}\n"
        for what, (done, of, took_s) in sorted(self._counts().items()):
            rows[what] = f"| {what} | {done:,} of {of:,} | {_spell(took_s)} | {ends}\n"
        return before + HEAD + "".join((*rows.values(), *lines[len(old) :]))

    def _counts(self) -> dict[str, tuple[int, int, float]]:
        counts: dict[str, tuple[int, int, float]] = {}
        for passed in self._passed:
            for record in passed.records:
                done, of, took_s = counts.get(record.what, (0, 0, 0.0))
                counts[record.what] = (done + record.done, of + record.of, took_s + passed.took_s)
        return counts

    @property
    def _ran_everything(self) -> bool:
        option = self._config.option
        chosen = option.markexpr or option.keyword or option.deselect or option.ignore or option.ignore_glob
        return self._config.args_source is pytest.Config.ArgsSource.TESTPATHS and not chosen


def _kept(file: Path) -> tuple[int | None, list[Passed]]:
    """The seed of the run that was cut off, and what passed in it."""
    try:
        lines = file.read_bytes().split(b"\n")[:-1]  # what follows the last one was not written to its end
    except FileNotFoundError:
        return None, []
    beginning = msgspec.json.decode(lines[0], type=Beginning)
    return beginning.seed, [msgspec.json.decode(line, type=Passed) for line in lines[1:]]


def _keep(file: Path, seed: int, passed: list[Passed]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    new.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in (Beginning(seed), *passed)))
    new.replace(file)


def _commit(checkout: Path) -> str | None:
    """The commit that is checked out, where nothing but the table differs from it."""
    try:
        changed = _git(checkout, "status", "--porcelain", "--", ".", f":(exclude){PAGE}")
        return None if changed else _git(checkout, "rev-parse", "--short=12", "HEAD")
    except (FileNotFoundError, subprocess.CalledProcessError):  # no git, or an unpacked archive
        return None


def _git(checkout: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=checkout, capture_output=True, text=True, check=True).stdout.strip()


def _spell(seconds: float) -> str:
    minutes, left = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {left} s" if minutes else f"{left} s"
