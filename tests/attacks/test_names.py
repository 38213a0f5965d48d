"""Nasty names of programs, items, attributes and Extensions, from end to end."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from tests.names import NAMES
from tests.terminals import PERL, WAIT_S, lent
from tests.trusted.router.strangers import Stranger

from etui.cli.output import single_line
from etui.interfaces import secret_1 as secret
from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ProtocolError
from etui.testkit import TestWallet, private_bus
from etui.trusted.audit import why
from etui.trusted.dialog import text as dialog_text
from etui.trusted.evidence.evidence import escaped, printable
from etui.trusted.package import PackageError

MAX_NAME = 60
"""Of an Extension."""
PLAIN = {NAMES[kind] for kind in ("quotes", "markup", "formats", "an option", "an identity")}

SHOWN: dict[str, Callable[[str], str]] = {
    "a line of the dialog": lambda name: dialog_text.single_line(name).text,
    "a text of the dialog": lambda name: dialog_text.whole_text(name).text,
    "a line of a terminal": single_line,
    "a sentence of why": why._plain,
    "who a program is": escaped,
    "a program's label": printable,
}
"""By which a name goes to each place where it is read: what the tests below look for is made by these."""
_STEERS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2028\u2029\u2060\u2066-\u2069\ufeff]")
_ASK = """
use IO::Socket::UNIX;
my $wallet = IO::Socket::UNIX->new(Peer => $ENV{ASKED}) or exit 9;
print $wallet '{"jsonrpc":"2.0","id":1,"method":"wallet/1.settings","params":{}}' . "\\n";
<$wallet>;
print $wallet '{"jsonrpc":"2.0","id":2,"method":"shell/1.audit","params":{}}' . "\\n";
my $answer = <$wallet>;
syswrite STDOUT, ($answer =~ /"code":"(\\w+)"/ ? $1 : "told");
"""
_ON_THE_BUS = """
import json, sys
import secretstorage
connection = secretstorage.dbus_init()
collection = secretstorage.get_default_collection(connection)
for number, name in enumerate(json.load(sys.stdin)):
    collection.create_item(name, {"number": str(number), "name": name, name[:200]: "of the attribute"}, b"x")
found = sorted(collection.search_items({}), key=lambda item: int(item.get_attributes()["number"]))
print(json.dumps([[item.get_label(), item.get_attributes()] for item in found]))
"""


@pytest.fixture(scope="module")
def wallet() -> Iterator[TestWallet]:
    """One for all, with a door to a bus of its own."""
    if shutil.which("dbus-daemon") is None:
        pytest.skip("needs package dbus-daemon")
    with tempfile.TemporaryDirectory(prefix="etui-", dir="/tmp") as name:
        folder = Path(name) / "w"
        folder.mkdir(mode=0o700)
        with private_bus(Path(name)) as bus:
            environ = {"DBUS_SESSION_BUS_ADDRESS": bus.address}
            with TestWallet(folder, doors=["secret-service"], environ=environ) as running:
                running.create()
                yield running


@pytest.mark.attack(17)
@pytest.mark.parametrize("shown", SHOWN.values(), ids=SHOWN)
@pytest.mark.parametrize("length", [300, 4000])
def test_what_makes_a_name_safe_to_show_cuts_nothing_of_it(shown: Callable[[str], str], length: int) -> None:
    name = "".join(f"{number} " for number in range(length))[: length - 1] + "!"
    assert shown(name) == name


def program(wallet: TestWallet, name: str) -> Path:
    """A program whose file has this name, or a folder above it where it is too long for one."""
    below = wallet.folder / "programs"
    if len(name.encode()) > 255:
        below /= Path(name[:200]) / name[200:]
        name = "program"
    below.mkdir(parents=True, exist_ok=True)
    return lent(PERL, below / name.replace("/", "\u2044"))


def asks(wallet: TestWallet, name: str) -> str:
    """What becomes of a program of this name that wants to see the audit."""
    ran = subprocess.run(
        [program(wallet, name), "-e", _ASK],
        env={**wallet.environ, "ASKED": str(wallet.socket)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=True,
    )
    return ran.stdout


def said(wallet: TestWallet, *words: str) -> str:
    ran = wallet.etui(*words)
    assert ran.returncode == 0, ran.stderr
    assert not _STEERS.search(ran.stdout), words
    return ran.stdout


@pytest.mark.attack(17)
def test_programs_of_any_name_are_shown_whole_and_each_has_the_rights_of_nobody_else(wallet: TestWallet) -> None:
    wallet.user.approves(principal_contains="programs", remember="always")
    assert {name: asks(wallet, name) for name in NAMES.values()} == dict.fromkeys(NAMES.values(), "told")
    assert {asks(wallet, name) for name in NAMES.values()} == {"told"}
    shown = [entry for entry in wallet.user.shown() if "programs" in str(entry.get("principal", ""))]
    assert len(shown) == len(NAMES)  # nobody was asked about twice

    # Whom no right was given has none, whatever the names of those say to whom one was.
    wallet.user.rule("refuse", when={"face": "confirm", "name_contains": "neighbour"})
    assert asks(wallet, "neighbour") == "refused"

    outputs = {command: said(wallet, *command.split()) for command in ("clients", "grants", "audit --limit 200")}
    with wallet.connect() as client:
        clients = client.call(shell_interface.Clients()).clients
        records = client.call(shell_interface.Audit(limit=200)).records
    for name in NAMES.values():
        principal = f"app:{escaped(str(program(wallet, name)))}"
        row = next(row for row in clients if row.client == principal)
        assert row.label == printable(program(wallet, name).name)
        assert single_line(principal) in outputs["clients"]
        for command, output in outputs.items():
            assert single_line(row.label) in output, command
        entry = next(entry for entry in shown if entry["principal"] == dialog_text.single_line(principal).text)
        assert entry["asker"] == dialog_text.single_line(row.label).text
        record = next(record for record in records if record.client == principal)
        with wallet.connect() as client:
            sentences = "\n".join(client.call(wallet_interface.Why(id=record.id)).sentences)
        assert f"“{why._plain(row.label)}”" in sentences
        assert not _STEERS.search(sentences)
    assert "Who asked" in said(wallet, "why", records[0].id)


def texts(value: object) -> str:
    """All texts in what was shown, one a line."""
    match value:
        case dict():
            return texts(list(value.values()))
        case list():
            return "\n".join(map(texts, value))
        case _:
            return str(value)


@pytest.mark.attack(17)
def test_items_of_any_name_are_listed_whole_and_asked_about_by_it(wallet: TestWallet) -> None:
    references = {}
    with wallet.connect() as client:
        for name in NAMES.values():
            attributes = {"name": name, name[:200]: "of the attribute"}
            request = secret.Create(kind="note", label=name, attributes=attributes, value=b"x")
            references[name] = client.call(request).item.item
    listed = said(wallet, "find")
    before = len(wallet.user.shown())
    for name in NAMES.values():
        assert single_line(name) in listed
        assert f"name={single_line(name)}" in listed
        assert f"{single_line(name[:200])}=of the attribute" in listed
        with wallet.connect() as client, pytest.raises(ProtocolError):
            client.call(secret.Reveal(item=references[name]))
    shown = texts(wallet.user.shown()[before:])
    for name in NAMES.values():
        assert dialog_text.single_line(name).text in shown


@pytest.mark.attack(17)
def test_names_travel_the_bus_as_they_are(wallet: TestWallet) -> None:
    script = wallet.folder / "on_the_bus.py"
    script.write_text(_ON_THE_BUS, encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, str(script)],
        env=wallet.environ,
        input=msgspec.json.encode(list(NAMES.values())).decode(),
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    found = msgspec.json.decode(ran.stdout)
    assert [label for label, _ in found] == list(NAMES.values())
    for (_, attributes), (number, name) in zip(found, enumerate(NAMES.values()), strict=True):
        kept = {"number": str(number), "name": name, name[:200]: "of the attribute"}
        assert {key: value for key, value in attributes.items() if not key.startswith("xdg:")} == kept


@pytest.mark.attack(17)
@pytest.mark.parametrize("key", ["name", "description", "publisher", "id"])
def test_an_extension_of_such_a_name_is_no_package_or_is_asked_about_by_it(wallet: TestWallet, key: str) -> None:
    wallet.lock()  # with the questions of earlier tests
    wallet.unlock()
    for name in NAMES.values():
        stranger = Stranger("nasty", "", {"do": {"title": "Do", "effect": "use"}})
        lines = stranger.manifest.splitlines(keepends=True)
        value = msgspec.json.encode(name).decode()
        stranger.manifest = "".join(f"{key} = {value}\n" if line.startswith(f"{key} = ") else line for line in lines)
        try:
            package = stranger.package()
        except PackageError:
            assert name not in PLAIN or len(name) > MAX_NAME or key in {"publisher", "id"}
            continue
        before = len(wallet.user.shown())
        file = wallet.folder / "nasty.etuipkg"
        file.write_bytes(package)
        with wallet.connect() as client, pytest.raises(ProtocolError):
            client.call(wallet_interface.Install(path=str(file)))
        assert dialog_text.single_line(name).text in texts(wallet.user.shown()[before:])
