"""Where a judge runs: on a bus of its own, before a wallet that is unlocked and whose user says yes."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.peers import gnome_keyring
from bench.town import ACCOUNT, BANK, wallet_for_terminals
from bench.wallets import folder, session_bus, unlocked_wallet

from etui.counterparts.demo.chips import scheme
from etui.counterparts.issuer.devices import card_number
from etui.interfaces import apdu_1 as apdu
from etui.interfaces import secret_1 as secret
from etui.testkit import TestWallet
from etui.testkit.readers import apart, pyscard_in, virtual_reader
from etui.trusted.package import PublisherKey, pack, sign

if TYPE_CHECKING:
    from bench.pcsc import Reader

_PARKING: Final = Path(__file__).parents[1] / "examples" / "parking" / "extension"
_READY_S: Final = 20.0
_LIMIT_S: Final = 300.0
_ARMED_S: Final = 120


class Stage:
    """Where a judge runs: ``path``, a folder of its own, and the environment that leads to the wallet."""

    def __init__(self, path: Path, ways: dict[str, str]) -> None:
        path.mkdir(mode=0o700)
        self.path = path
        self.environ = {**os.environ, **ways, "HOME": str(path)}

    def run(
        self, *command: str, cwd: Path | None = None, stdin: str = "", environ: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command to its end."""
        return subprocess.run(
            command,
            cwd=cwd or self.path,
            env={**self.environ, **(environ or {})},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
            check=False,
        )


@contextlib.contextmanager
def stage() -> Iterator[Stage]:
    """The stage of one judge."""
    with (
        folder() as path,
        session_bus(path) as bus,
        unlocked_wallet(path / "w", doors=("secret-service",), environ=bus) as wallet,
    ):
        wallet.user.approves()  # each time, where who asks cannot be told from others and nothing is remembered
        deadline = time.monotonic() + _READY_S
        while '"state":"open"' not in wallet.etui("door", "--json").stdout.replace(" ", ""):
            if time.monotonic() > deadline:
                msg = "the Secret Service door does not open"
                raise RuntimeError(msg)
            time.sleep(0.1)
        yield Stage(path / "judge", bus)


@contextlib.contextmanager
def agent_stage() -> Iterator[Stage]:
    """The stage of one judge of the SSH agent, whose user says yes each time, and to a script's lending for good."""
    with folder() as path, unlocked_wallet(path / "w", doors=("ssh-agent",), environ={"HOME": str(path)}) as wallet:
        wallet.user.approves()
        wallet.user.approves(remember="always", action_contains="lend the key", name_contains="runs.py")
        agent = wallet.socket.with_name("ssh-agent")
        await_socket(agent)
        yield Stage(path / "judge", {"SSH_AUTH_SOCK": str(agent)})


@contextlib.contextmanager
def shell_stage() -> Iterator[Stage]:
    """The stage of one judge of the Shell: its environment leads to a wallet with something in it."""
    with folder() as path, unlocked_wallet(path / "w", doors=("browser",)) as wallet:
        wallet.user.approves()
        _install(wallet, path / "parking.etuipkg")
        with wallet.connect() as client:
            for label in ("Mail account", "A note of more words than a line of a small screen has room for"):
                made = secret.Create(kind="login", label=label, value=b"x", attributes={"server": "mail.example"})
                client.call(made)
        wallet.etui("grant", "app:/opt/friend", "secret/1.read")
        yield Stage(path / "judge", wallet.environ)


def _install(wallet: TestWallet, package: Path) -> None:
    """Installs the example of an Extension, which publishes a link."""
    package.write_bytes(sign(pack(_PARKING), PublisherKey.generate()))
    ran = wallet.etui("extension", "install", str(package))
    if ran.returncode != 0:
        raise RuntimeError(ran.stderr)


@contextlib.contextmanager
def agent_yardstick() -> Iterator[Stage]:
    """The same with OpenSSH's ssh-agent in the wallet's place, whose user says yes where it asks."""
    with folder() as path:
        agent = path / "agent"
        environ = {**os.environ, "SSH_ASKPASS": "/bin/true", "SSH_ASKPASS_REQUIRE": "force"}
        with subprocess.Popen(["ssh-agent", "-D", "-a", str(agent)], env=environ, stdout=subprocess.DEVNULL) as process:
            try:
                await_socket(agent)
                yield Stage(path / "judge", {"SSH_AUTH_SOCK": str(agent)})
            finally:
                process.terminate()


class TerminalStage(Stage):
    """A stage before a virtual reader, in which the wallet is a card.

    ``package``: where the judge's Python packages lie. ``number``: of the card that the wallet has.
    """

    def __init__(  # noqa: PLR0913  # what a terminal stands between
        self, path: Path, package: Path, *, wallet: TestWallet, item: str, reader: Reader, waiting: Executor
    ) -> None:
        super().__init__(path, {})
        self.environ["PYTHONPATH"] = f"{pyscard_in(path)}:{package}"
        self.package = package
        self.number = card_number(BANK, ACCOUNT)
        self._wallet = wallet
        self._item = item
        self._reader = reader
        self._waiting = waiting
        self._tap: Future[apdu.ArmResult] | None = None

    def arm(self, limit_minor: int) -> None:
        """Arms the card for one tap up to a limit; it has left the reader then, and come back."""
        arm = apdu.Arm(item=self._item, amount=limit_minor, currency="EUR", seconds=_ARMED_S)

        def wait() -> apdu.ArmResult:
            with self._wallet.connect() as client:
                return client.call(arm)

        came = self._reader.wait_for_card()
        self._tap = self._waiting.submit(wait)
        self._reader.wait_for_card(came + 2)

    def armed(self) -> tuple[str, int | None]:
        """What became of the tap, and its amount in minor units."""
        if self._tap is None:
            raise RuntimeError("the card was not armed")
        said = self._tap.result(_READY_S)
        return said.outcome, said.amount


@contextlib.contextmanager
def terminal_stage(package: Path) -> Iterator[TerminalStage]:
    """The stage of one judge that reads cards: in a network of its own, with a card whose user says yes.

    ``package``: where its Python packages lie, since none can be fetched from there.
    """
    from bench.pcsc import Reader  # noqa: PLC0415  # pyscard, which other judges do not need

    chips = scheme(BANK)
    with (
        apart(),
        folder() as path,
        virtual_reader(path / "pcscd.log"),
        ThreadPoolExecutor(1) as waiting,
        wallet_for_terminals(path, chips) as (wallet, _, item),
        contextlib.closing(Reader()) as reader,
    ):
        yield TerminalStage(path / "judge", package, wallet=wallet, item=item, reader=reader, waiting=waiting)


def await_socket(path: Path) -> None:
    """Returns when a socket is there; raises ``RuntimeError`` where none comes."""
    deadline = time.monotonic() + _READY_S
    while not path.is_socket():
        if time.monotonic() > deadline:
            msg = "the SSH agent does not open"
            raise RuntimeError(msg)
        time.sleep(0.1)


@contextlib.contextmanager
def yardstick() -> Iterator[Stage]:
    """The same with gnome-keyring in the wallet's place, which can ask no user anything here."""
    with folder() as path, gnome_keyring(path / "g") as bus:
        place = Stage(path / "judge", bus)
        deadline = time.monotonic() + _READY_S
        while place.run("secret-tool", "lookup", "is", "ready").stderr:
            if time.monotonic() > deadline:
                msg = "gnome-keyring does not answer"
                raise RuntimeError(msg)
            time.sleep(0.1)
        yield place
