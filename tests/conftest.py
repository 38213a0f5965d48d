"""What every test shares: bare surroundings, a short folder for sockets, and no skip in CI for want of a package.

- A test that needs what is not installed skips with a reason that begins with ``needs package NAME``.
  With ``CI`` set, such a skip is a failure: CI installs everything, so nothing there is left untested.
- Whoever starts the tests has a session, a terminal, a umask and maybe a background job, which ignores SIGINT; none of
  it reaches a test.
- Hypothesis sets no deadline: how long an example takes, or making one, belongs to a benchmark, not to a test.
"""

import os
import shutil
import signal
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from tests.booted.machine import Machine
from tests.fprintd import Reader, fingerprint_reader
from tests.shared_wallet import SharedWallet

from etui.testkit import PrivateBus, TestWallet, private_bus

pytest_plugins = ["tests.long_run"]

settings.register_profile("etui", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("etui")


_OF_THE_CALLER = (
    "COLUMNS",
    "DBUS_SESSION_BUS_ADDRESS",
    "DBUS_SYSTEM_BUS_ADDRESS",
    "DISPLAY",
    "ETUI_HOME",
    "ETUI_SESSION",
    "ETUI_SOCKET",
    "LINES",
    "WAYLAND_DISPLAY",
    "XDG_ACTIVATION_TOKEN",
    "XDG_RUNTIME_DIR",
    "XDG_SESSION_ID",
)


@pytest.hookimpl(tryfirst=True)
def pytest_configure() -> None:
    """Leaves behind what the caller's surroundings would change, here and in each worker."""
    for name in _OF_THE_CALLER:
        os.environ.pop(name, None)
    os.umask(0o022)
    for number, handler in (
        (signal.SIGINT, signal.default_int_handler),
        (signal.SIGQUIT, signal.SIG_DFL),
        (signal.SIGHUP, signal.SIG_DFL),
        (signal.SIGTERM, signal.SIG_DFL),
    ):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


@pytest.fixture
def short_dir() -> Iterator[Path]:
    """A private folder with a short path, since the path of a Unix socket has room for 107 bytes."""
    path = Path(tempfile.mkdtemp(prefix="etui-", dir="/tmp"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def session_bus(short_dir: Path) -> Iterator[PrivateBus]:
    """A message bus of this test's own."""
    if shutil.which("dbus-daemon") is None:
        pytest.skip("needs package dbus-daemon")
    with private_bus(short_dir) as started:
        yield started


@pytest.fixture
def reader(short_dir: Path) -> Iterator[Reader]:
    """A fingerprint reader, on a system bus of the test's own."""
    folder = short_dir / "f"
    folder.mkdir()
    with fingerprint_reader(folder) as started:
        yield started


@pytest.fixture
def bus(session_bus: PrivateBus) -> str:
    """The address of that bus."""
    return session_bus.address


@pytest.fixture(scope="session")
def shared_wallet() -> Iterator[SharedWallet]:
    """What tests have that are marked ``shares_wallet``."""
    shared = SharedWallet()
    yield shared
    shared.end()


@pytest.fixture
def made_wallet(request: pytest.FixtureRequest) -> Iterator[TestWallet]:
    """A wallet that runs, made and unlocked; its user has said nothing yet.

    It is the test's own, in ``short_dir``; or one that others have too, where the test is marked ``shares_wallet`` and
    leaves no more than items, rights and Extensions in it.
    """
    if request.node.get_closest_marker("shares_wallet"):
        shared: SharedWallet = request.getfixturevalue("shared_wallet")
        with shared.lent() as lent:
            yield lent
    else:
        with TestWallet(request.getfixturevalue("short_dir")) as started:
            started.create()
            yield started


@pytest.fixture(scope="session")
def booted() -> Iterator[Machine]:
    """A Linux system with systemd, a bus, logind and polkit; tests share it, and clean up after themselves."""
    if reason := Machine.why_not():
        pytest.skip(reason)
    machine = Machine()
    yield machine
    machine.end()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _fail_if_package_is_missing(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _fail_if_package_is_missing(report)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says which of the checks before pytest failed, where a reader looks last."""
    if failed := os.environ.get("ETUI_CHECKS_FAILED"):
        terminalreporter.section("checks before the tests", red=True)
        terminalreporter.line(f"failed: {failed}")


def _fail_if_package_is_missing(report: pytest.TestReport | pytest.CollectReport) -> None:
    # A skip is reported as (file, line, "Skipped: reason"); an expected failure is not.
    if not (report.skipped and isinstance(report.longrepr, tuple) and os.environ.get("CI")):
        return
    path, line, reason = report.longrepr
    if reason.removeprefix("Skipped: ").startswith("needs package"):
        report.outcome = "failed"
        report.longrepr = f"{path}:{line}: {reason} (CI installs every package, so this is a failure)"
