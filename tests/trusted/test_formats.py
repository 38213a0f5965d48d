"""Every file of a profile that docs/files.md lists: a newer one is refused and left alone, an older one is carried on.

The older one is made here, by putting its reader, or today's next step, into the very table by which a later version
will read what is written today.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.trusted.audit.audits import Audit
from tests.trusted.package.packages import ID, NOW_S, verified

from etui.extensions.storage_software import database
from etui.sealing import Secret, login, records, slots
from etui.shell import brand
from etui.trusted import profile
from etui.trusted.audit import ratchet_file, segment
from etui.trusted.dialog.requests import Looks
from etui.trusted.native.egress import routes
from etui.trusted.package import Extensions, PublisherKey, installation, supplied
from etui.trusted.router import state, vouched
from etui.trusted.router.header import read_looks, write_looks
from etui.trusted.supervisor import settings
from etui.trusted.vault import Recovery, Vault, pin, tries
from etui.trusted.vault.directory import VaultDirectory
from etui.trusted.vault.errors import WrongLoginError
from etui.trusted.vault.extension_keys import ExtensionKeys
from etui.trusted.vault.login import LoginUnlock

KEY = bytes(range(32))
ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "files.md"
BRAND = ROOT / "examples" / "brand"
NEXT = 9
PIN = Secret(b"2743")
LOGIN = Secret(b"of the login")
ResultT = TypeVar("ResultT")
Patch = pytest.MonkeyPatch


class Kept(NamedTuple):
    """One row of docs/files.md.

    ``version``: the newest that its reader knows. ``make``: puts today's file into a profile. ``read``: what the wallet
    makes of it. ``newer``, ``older``: turn the file into one of another version; ``older`` also teaches today's program
    what that version was.
    """

    name: str
    version: int
    pattern: str
    make: Callable[[Path], object]
    read: Callable[[Path], object]
    newer: Callable[[Path], object]
    older: Callable[[Path, Patch], object]


# files of JSON


class _Was(msgspec.Struct):
    was: str


def newer_json(path: Path) -> None:
    path.write_bytes(msgspec.json.encode({"format": NEXT, "anew": True}))


def older_json(readers: Any) -> Callable[[Path, Patch], None]:  # noqa: ANN401  # of any file's values
    """A format in which today's text was wrapped."""

    def older(path: Path, monkeypatch: Patch) -> None:
        today = readers[1]
        path.write_bytes(msgspec.json.encode({"format": 0, "was": path.read_text(encoding="utf-8")}))
        monkeypatch.setitem(readers, 0, lambda text: today(msgspec.json.decode(text, type=_Was).was.encode()))

    return older


def older_record_of_a_package(readers: Any) -> Callable[[Path, Patch], None]:  # noqa: ANN401  # as above
    """The same of a text without its checksum, which came later."""

    def older(path: Path, monkeypatch: Patch) -> None:
        path.write_bytes(path.read_bytes().split(b"\n")[0])
        older_json(readers)(path, monkeypatch)

    return older


def make_vault(home: Path) -> None:
    vault, recovery = Vault.create(home / "vault", "profile-1", Secret.from_text("correct horse battery staple"))
    vault.forget()
    (home / "recovery").write_bytes(recovery.reveal())


def open_vault(home: Path) -> bytes:
    vault = Vault.open(home / "vault", Recovery(Secret((home / "recovery").read_bytes()))).vault
    try:
        return vault.router_key()
    finally:
        vault.forget()


def count_of_tries(home: Path) -> int:
    directory = VaultDirectory.create(home / "vault")
    try:
        counter = tries.TryCounter(directory)
        if not (home / "vault" / "tries").exists():
            counter.clear()
            counter.count()
        return counter.standing().wrong
    finally:
        directory.close()


def with_login(home: Path, act: Callable[[LoginUnlock], ResultT]) -> ResultT:
    directory = VaultDirectory.create(home / "vault")
    try:
        return act(LoginUnlock("profile-1", directory))
    finally:
        directory.close()


def make_login(home: Path) -> None:
    with_login(home, lambda kept: kept.set(Secret(KEY), LOGIN))


def opened_at_login(home: Path) -> bytes:
    return with_login(home, lambda kept: kept.master(kept._slot().key_of(LOGIN))).reveal()


def make_login_tries(home: Path) -> None:
    make_login(home)

    def wrong(kept: LoginUnlock) -> None:
        with pytest.raises(WrongLoginError):
            kept.master(Secret(KEY))

    with_login(home, wrong)


def login_tries(home: Path) -> int:
    return with_login(home, lambda kept: kept._tries.standing().wrong)


def install(home: Path) -> None:
    Extensions(home / "extensions").install(verified(PublisherKey.generate()), NOW_S)


def make_brand(home: Path) -> None:
    (home / "shell").mkdir()
    (home / "shell" / "brand.json").write_bytes(brand.encode_kept(brand.read_pack(BRAND)))


def make_mappings(home: Path) -> None:
    (home / "profile.json").write_text('{"format": 1, "id": "p"}')
    folder = home / "operator"
    folder.mkdir()
    key = Ed25519PrivateKey.generate()
    (folder / "key.pub").write_bytes(base64.b64encode(key.public_key().public_bytes_raw()))
    mappings = (routes.Mapping(host="till.example.org", address="10.0.0.5", port=8443),)
    signature = key.sign(routes.signed_bytes(mappings))
    text = msgspec.json.encode({"format": 1, "mappings": mappings, "signature": signature})
    (folder / "mappings.json").write_bytes(text)


# sealed records


def key_of(home: Path) -> bytes:
    directory = VaultDirectory.create(home / "keys")
    try:
        return ExtensionKeys(KEY, "profile-1", directory).key_for("installation-1", "publisher")
    finally:
        directory.close()


def of_pin(home: Path, act: Callable[[pin.Pin], ResultT]) -> ResultT:
    directory = VaultDirectory.create(home / "vault")
    try:
        return act(pin.Pin(KEY, "profile-1", directory))
    finally:
        directory.close()


def make_pin(home: Path) -> None:
    of_pin(home, lambda kept: kept.set(PIN))


def tried_pin(home: Path) -> int | None:
    of_pin(home, lambda kept: kept.check(PIN))
    return of_pin(home, pin.Pin.tries_left)


def written_pin(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Changes what is sealed in the file of a PIN."""

    def written(kept: pin.Pin) -> None:
        text = kept._sealing.open(path.read_bytes(), kept._place)
        path.write_bytes(kept._sealing.seal(change(text), kept._place))

    of_pin(path.parents[1], written)


def newer_pin(path: Path) -> None:
    written_pin(path, lambda _: msgspec.json.encode({"format": NEXT, "anew": True}))


def older_pin(path: Path, monkeypatch: Patch) -> None:
    """A format in which today's text was wrapped."""
    today = pin._READERS[1]
    written_pin(path, lambda text: msgspec.json.encode({"format": 0, "was": text.decode()}))
    monkeypatch.setitem(
        pin._READERS,
        0,
        lambda text: today(msgspec.json.decode(text, type=_Was).was.encode()),
    )


def newer_record(path: Path) -> None:
    path.write_bytes(bytes([NEXT]) + path.read_bytes()[1:])


def older_record(path: Path, monkeypatch: Patch) -> None:
    """A form in which the nonce stood behind."""
    today, text = records._OPENERS[b"\x01"], path.read_bytes()[1:]
    path.write_bytes(b"\x00" + text[12:] + text[:12])
    monkeypatch.setitem(
        records._OPENERS, b"\x00", lambda aead, old, place: today(aead, b"\x01" + old[-12:] + old[1:-12], place)
    )


# databases


def rows(home: Path, value: str | None = None) -> dict[str, str]:
    async def work() -> dict[str, str]:
        opened = state.State(home / "router" / "state.db", KEY)
        if value is not None:
            await opened.put("setting", "a", value)
        await opened.close()
        return opened.all("setting", str)

    return asyncio.run(work())


def stored(home: Path, value: bytes | None = None) -> list[tuple[str, str, bytes]]:
    (home / "storage").mkdir(exist_ok=True)
    opened = database.open_database(home / "storage")
    try:
        if value is not None:
            opened.connection.execute("INSERT INTO records (client, key, value) VALUES ('one', 'a', ?)", (value,))
        return opened.connection.execute("SELECT client, key, value FROM records").fetchall()
    finally:
        opened.connection.close()


def newer_database(path: Path) -> None:
    file = sqlite3.connect(path)
    file.execute(f"PRAGMA user_version={NEXT}")
    file.close()


def older_database(module: Any) -> Callable[[Path, Patch], None]:  # noqa: ANN401  # a module
    """Today's file, before one more step."""

    def older(path: Path, monkeypatch: Patch) -> None:
        def adds(connection: sqlite3.Connection) -> None:
            connection.execute("CREATE TABLE later (name TEXT)")

        assert version_of(path) == len(module._MIGRATIONS)
        monkeypatch.setattr(module, "_MIGRATIONS", (*module._MIGRATIONS, adds))

    return older


def version_of(path: Path) -> int:
    file = sqlite3.connect(path)
    try:
        return int(file.execute("PRAGMA user_version").fetchone()[0])
    finally:
        file.close()


# the audit


def audit(home: Path) -> Audit:
    return Audit(home / "audit", Secret(KEY), Secret(KEY))


def make_audit(home: Path) -> None:
    audit(home).create().write(b"one", b"two", b"three")


def read_audit(home: Path) -> list[bytes | None]:
    """What was written, after one more session: the chain goes on behind it, and all of it verifies."""
    audit(home).write(b"later")
    verdict = audit(home).verdict()
    assert verdict.ok, verdict.findings
    return [payload for payload in audit(home).payloads() if payload != b"later"]


def newer_segment(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[segment._VERSION_AT] = NEXT
    size = segment._HEADER.size
    data[size : segment.HEADER_BYTES] = segment._chain(bytes(data[:size]))
    path.write_bytes(data)


def older_segment(path: Path, monkeypatch: Patch) -> None:
    """Writes the audit anew with a program whose segments were of another version."""
    home = path.parents[1]
    for file in path.parent.iterdir():
        file.unlink()
    with monkeypatch.context() as older:
        older.setattr(segment, "_VERSION", 0)
        older.setattr(segment, "_READERS", {0: segment._read_1})
        make_audit(home)
    assert path.read_bytes()[segment._VERSION_AT] == 0
    monkeypatch.setitem(segment._READERS, 0, segment._read_1)


def each_place(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Changes each place of the ratchet that is in use, and what says that it is whole."""
    data = bytearray(path.read_bytes())
    for at in (0, ratchet_file._PLACE_BYTES):
        place = bytes(data[at : at + ratchet_file._PLACE.size - 16])
        if any(place):
            changed = change(place)
            data[at : at + ratchet_file._PLACE.size] = changed + sha256(changed).digest()[:16]
    path.write_bytes(data)


def newer_ratchet(path: Path) -> None:
    each_place(path, lambda place: place[:7] + bytes([NEXT]) + place[8:])


def older_ratchet(path: Path, monkeypatch: Patch) -> None:
    """A version in which the key stood before the index."""
    each_place(path, lambda place: place[:7] + b"\x00" + place[16:] + place[8:16])
    today = ratchet_file._READERS[1]
    monkeypatch.setitem(ratchet_file._READERS, 0, lambda content: today(content[32:] + content[:32]))


KEPT = [
    Kept(
        "profile.json",
        max(profile._READERS),
        "profile.json",
        lambda home: (home / "profile.json").write_text('{"format": 1, "id": "p", "test": {"idle_s": 2}}'),
        profile.read_profile,
        newer_json,
        older_json(profile._READERS),
    ),
    Kept(
        "settings.json",
        max(settings._READERS),
        "settings.json",
        lambda home: settings.write_settings(home, settings.Settings(doors=("secret-service",))),
        settings.read_settings,
        newer_json,
        older_json(settings._READERS),
    ),
    Kept(
        "vouched.json",
        max(vouched._READERS),
        "vouched.json",
        lambda home: vouched.vouch(home, KEY),
        vouched.read_vouched,
        newer_json,
        older_json(vouched._READERS),
    ),
    Kept(
        "vault/slots.json",
        max(slots._READERS),
        "vault/slots.json",
        make_vault,
        open_vault,
        newer_json,
        older_json(slots._READERS),
    ),
    Kept(
        "vault/tries",
        max(tries._READERS),
        "vault/tries",
        count_of_tries,
        count_of_tries,
        newer_json,
        older_json(tries._READERS),
    ),
    Kept(
        "vault/login",
        max(login._READERS),
        "vault/login",
        make_login,
        opened_at_login,
        newer_json,
        older_json(login._READERS),
    ),
    Kept(
        "vault/login-tries",
        max(tries._READERS),
        "vault/login-tries",
        make_login_tries,
        login_tries,
        newer_json,
        older_json(tries._READERS),
    ),
    Kept("vault/pin", max(pin._READERS), "vault/pin", make_pin, tried_pin, newer_pin, older_pin),
    Kept("vault/keys/", max(records._OPENERS)[0], "keys/*", key_of, key_of, newer_record, older_record),
    Kept(
        "router/state.db",
        len(state._MIGRATIONS),
        "router/state.db",
        lambda home: rows(home, "kept"),
        rows,
        newer_database,
        older_database(state),
    ),
    Kept(
        "audit/*.seg", max(segment._READERS), "audit/00000001.seg", make_audit, read_audit, newer_segment, older_segment
    ),
    Kept(
        "audit/ratchet",
        max(ratchet_file._READERS),
        "audit/ratchet",
        make_audit,
        read_audit,
        newer_ratchet,
        older_ratchet,
    ),
    Kept(
        "storage/ID/records.db",
        len(database._MIGRATIONS),
        "storage/records.db",
        lambda home: stored(home, b"kept"),
        stored,
        newer_database,
        older_database(database),
    ),
    Kept(
        "extensions/ID/",
        max(installation._READERS),
        f"extensions/{ID}/installation.json",
        install,
        lambda home: Extensions(home / "extensions").package(ID).installation,
        newer_json,
        older_record_of_a_package(installation._READERS),
    ),
    Kept(
        "extensions/supplied.json",
        max(supplied._READERS),
        "extensions/supplied.json",
        lambda home: supplied.supplied_packages(home / "extensions"),
        lambda home: [package.installation for package in supplied.supplied_packages(home / "extensions")],
        newer_json,
        older_record_of_a_package(supplied._READERS),
    ),
    Kept(
        "device/looks",
        max(records._OPENERS)[0],
        "device/looks",
        lambda home: write_looks(home, Looks(picture="owl", phrase="on the roof", colour="green")),
        read_looks,
        newer_record,
        older_record,
    ),
    Kept(
        "operator/mappings.json",
        max(routes._READERS),
        "operator/mappings.json",
        make_mappings,
        routes.read_routes,
        newer_json,
        older_json(routes._READERS),
    ),
    Kept(
        "shell/brand.json",
        max(brand._READERS),
        "shell/brand.json",
        make_brand,
        lambda home: brand.read_kept(home / "shell" / "brand.json"),
        newer_json,
        older_json(brand._READERS),
    ),
]
each_file = pytest.mark.parametrize("kept", KEPT, ids=[kept.name for kept in KEPT])


def contents(home: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}


def test_each_file_that_the_page_lists_is_here() -> None:
    listed = re.findall(r"^\| (`.*?) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    names = {name for row in listed for name in re.findall(r"`([^`]+)`", row)}
    assert names - {"operator/*.cedar"} == {kept.name for kept in KEPT}, "Cedar's texts have no version of ours"


@each_file
def test_the_page_says_at_which_version_each_is(kept: Kept) -> None:
    (row,) = re.findall(rf"^\| .*`{re.escape(kept.name)}`.*", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert row.split(" | ")[3] == str(kept.version)


@each_file
def test_a_newer_file_is_refused_as_newer_and_left_as_it_is(kept: Kept, tmp_path: Path) -> None:
    kept.make(tmp_path)
    (path,) = tmp_path.glob(kept.pattern)
    kept.newer(path)
    before = contents(tmp_path)
    with pytest.raises(Exception, match=r"newer version|newest known here"):
        kept.read(tmp_path)
    assert contents(tmp_path) == before


@pytest.mark.attack(44)
@each_file
def test_an_older_file_is_carried_on(kept: Kept, tmp_path: Path, monkeypatch: Patch) -> None:
    kept.make(tmp_path)
    (path,) = tmp_path.glob(kept.pattern)
    today = kept.read(tmp_path)
    kept.older(path, monkeypatch)
    assert kept.read(tmp_path) == today
    assert kept.read(tmp_path) == today


STEPPED: dict[str, Any] = {"router/state.db": state, "storage/ID/records.db": database}
"""Whose databases have steps that were released, by the module that holds them."""


@pytest.mark.attack(44)
@pytest.mark.parametrize(
    ("name", "version"),
    [(name, version) for name, module in STEPPED.items() for version in range(1, len(module._MIGRATIONS))],
)
def test_each_version_of_a_database_that_was_released_is_carried_on_with_its_rows(
    name: str, version: int, tmp_path: Path, monkeypatch: Patch
) -> None:
    (kept,) = [kept for kept in KEPT if kept.name == name]
    with monkeypatch.context() as then:
        then.setattr(STEPPED[name], "_MIGRATIONS", STEPPED[name]._MIGRATIONS[:version])
        kept.make(tmp_path)
        written = kept.read(tmp_path)
    (path,) = tmp_path.glob(kept.pattern)
    assert version_of(path) == version
    assert written
    assert kept.read(tmp_path) == written
    assert version_of(path) == kept.version
    assert kept.read(tmp_path) == written


# kill -9


def change_tries(home: Path) -> None:
    directory = VaultDirectory.create(home / "vault")
    counter = tries.TryCounter(directory)
    counter._write(counter.standing())


WRITES: dict[str, Callable[[Path], object]] = {
    "settings.json": lambda home: settings.write_settings(home, settings.read_settings(home)),
    "vault/tries": change_tries,
    "router/state.db": rows,
    "audit/ratchet": lambda home: audit(home).write(b"later"),
    "storage/ID/records.db": stored,
    "extensions/ID/": lambda home: installation.write_installation(
        home / "extensions" / ID, installation.read_installation(home / "extensions" / ID)
    ),
}
"""What writes a file in today's version, or leads it there."""


def kill_at(number: int) -> None:
    """Ends this process, as kill -9 does, at this opening of a file, step of the disk's or statement of a database."""
    left = itertools.count(-number)

    def step(*_: object) -> None:
        if next(left) == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def before(call: Callable[..., Any]) -> Callable[..., Any]:
        def stepping(*args: object, **more: object) -> Any:  # noqa: ANN401  # whatever it returns
            step()
            return call(*args, **more)

        return stepping

    def opened(*args: Any, **more: Any) -> Any:  # noqa: ANN401  # as Path.open
        file = opens(*args, **more)
        step()
        return file

    def connected(*args: Any, **more: Any) -> Any:  # noqa: ANN401  # as sqlite3.connect
        connection = connect(*args, **more)
        connection.set_trace_callback(step)
        return connection

    opens, connect = Path.open, sqlite3.connect
    setattr(Path, "open", opened)  # noqa: B010  # as below
    setattr(sqlite3, "connect", connected)  # noqa: B010  # it is overloaded, so mypy refuses the assignment
    for name in ("fsync", "fdatasync", "rename", "replace", "pwrite"):
        setattr(os, name, before(getattr(os, name)))


def carry_on(name: str, home: Path, number: int) -> None:
    """Makes a copy an older one, and is killed while it leads that to today's version."""
    (kept,) = [kept for kept in KEPT if kept.name == name]
    (path,) = home.glob(kept.pattern)
    kept.older(path, Patch())
    kill_at(number)
    WRITES[name](home)


def carry_on_each(name: str, made: Path, folder: Path) -> None:
    """What a process without threads does: has a child for each step carry on a copy, until one comes to its end."""
    for number in itertools.count():
        home = shutil.copytree(made, folder / f"{number}")
        child = os.fork()
        if child == 0:
            carry_on(name, home, number)
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status != -signal.SIGKILL:
            sys.exit(status)


@pytest.mark.attack(44)
@pytest.mark.parametrize("name", WRITES)
def test_a_kill_while_it_is_carried_on_leaves_the_older_file_or_todays(
    name: str, tmp_path: Path, monkeypatch: Patch
) -> None:
    (kept,) = [kept for kept in KEPT if kept.name == name]
    made, taught, carried = (tmp_path / name for name in ("made", "taught", "carried"))
    made.mkdir()
    kept.make(made)
    (path,) = shutil.copytree(made, taught).glob(kept.pattern)
    today = kept.read(taught)
    before = version_of(path) if path.suffix == ".db" else 0
    kept.older(path, monkeypatch)
    words = f"{name!r}, Path({str(made)!r}), Path({str(carried)!r})"
    program = f"from tests.trusted.test_formats import *; carry_on_each({words})"
    environ = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}
    subprocess.run([sys.executable, "-c", program], env=environ, cwd=ROOT, check=True)
    number = len(list(carried.iterdir())) - 1
    assert number >= 2, "it was killed nowhere"
    for home in carried.iterdir():
        assert kept.read(home) == today, home.name
    (path,) = (carried / f"{number}").glob(kept.pattern)
    if path.suffix == ".db":
        assert version_of(path) == before + 1
    else:
        monkeypatch.undo()
        assert kept.read(carried / f"{number}") == today, "it is of today's version now"
