"""Where a judge runs: on a bus of its own, before a wallet that is unlocked and whose user says yes."""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from bench.peers import gnome_keyring
from bench.town import ACCOUNT, BANK, ISSUER, SHOP, bank, wallet_for_terminals
from bench.wallets import folder, session_bus, unlocked_wallet

from etui.counterparts.acquirer.certificates import Authority
from etui.counterparts.demo.chips import scheme
from etui.counterparts.identity import Identity
from etui.counterparts.issuer.devices import card_number
from etui.interfaces import apdu_1 as apdu
from etui.interfaces import card_1 as card
from etui.interfaces import secret_1 as secret
from etui.standards.payments import CARD, Amount, CardData, Details, Line, MethodData, Request, sign_request
from etui.testkit import TestAuthority, TestWallet
from etui.testkit.readers import apart, pyscard_in, virtual_reader
from etui.trusted.package import PublisherKey, pack, sign

if TYPE_CHECKING:
    from bench.pcsc import Reader

_PARKING: Final = Path(__file__).parents[1] / "examples" / "parking" / "extension"
_READY_S: Final = 20.0
_LIMIT_S: Final = 300.0
_ARMED_S: Final = 120
_ASKED_S: Final = 600


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


class ExtensionStage(Stage):
    """A stage before a wallet whose door for browsers is open, and no browser knows of it yet."""

    def __init__(self, path: Path, wallet: TestWallet) -> None:
        super().__init__(path, wallet.environ)
        self.wallet = wallet


@contextlib.contextmanager
def extension_stage() -> Iterator[ExtensionStage]:
    """The stage of one judge of the browser's extension."""
    with folder() as path:
        (path / "w").mkdir(mode=0o700)
        with TestWallet(path / "w", doors=("browser",), environ={"HOME": str(path / "judge")}) as wallet:
            wallet.create()
            yield ExtensionStage(path / "judge", wallet)


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


class PageStage(Stage):
    """A stage with a browser's door, a card, and a merchant whose pages ask for it to be charged.

    ``wallet``: whose user says yes, where nothing else was said.
    """

    def __init__(self, path: Path, wallet: TestWallet, merchant: Identity) -> None:
        super().__init__(path, {})
        self.wallet = wallet
        self._merchant = merchant

    def asks(self) -> str:
        """A new payment request of the merchant's, signed."""
        now_s = int(time.time())
        total = Line("Total", Amount("EUR", "12.50"))
        request = Request(
            method_data=(MethodData(CARD, msgspec.Raw(msgspec.json.encode(CardData(("etui-demo",))))),),
            details=Details(id="d-1", total=total, display_items=(total,)),
            encryption=self._merchant.encryption,
            nonce=secrets.token_hex(16),
            iat=now_s,
            exp=now_s + _ASKED_S,
        )
        return sign_request(request, self._merchant.chain, self._merchant.sign)


@contextlib.contextmanager
def page_stage() -> Iterator[PageStage]:
    """The stage of one judge of what pages see in a browser."""
    root = Authority.root("Demo Scheme")
    vouching = root.acquirer(SHOP.acquirer_name, SHOP.acquirer)
    merchant = Identity.new(lambda key: vouching.merchant(SHOP, key))
    with folder() as path:
        authority = TestAuthority(path)
        home = path / "w"
        home.mkdir(mode=0o700)
        with (
            bank(f"sqlite:///{path}/issuer.db", root, authority.context_for(ISSUER)) as (port, code),
            TestWallet(
                home,
                doors=("browser",),
                environ={"HOME": str(home)},
                hosts={ISSUER: port},
                authority=authority.file.read_bytes(),
            ) as wallet,
        ):
            wallet.create()
            wallet.user.approves()
            with wallet.connect() as client:
                client.call(card.Activate(issuer=ISSUER, code=code.encode()))
            wallet.etui("browser", "install", "chromium")
            yield PageStage(path / "judge", wallet, merchant)


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
