"""A file of the profile that was cut short or altered: it is said which and what to do, and what is intact is read.

Every kind of file in docs/files.md has its row here, so a new kind needs one. What the wallet writes anew has it in its
row; everything else stays byte for byte as it was found, for whoever mends it.
"""

from __future__ import annotations

import base64
import contextlib
import random
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.docs.page import ROOT
from tests.long_run import LongRun
from tests.trusted.supervisor.postman import POSTMAN

from etui.interfaces import secret_1 as secret
from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ProtocolError
from etui.testkit import StartError, TestWallet
from etui.testkit.user import PASSPHRASE
from etui.trusted.native.egress.routes import Mapping, signed_bytes

LABELS = frozenset(f"kept {number}." for number in range(8))
VALUE = b"kept" * 100
REMEDIES = (
    "restore",
    "put the originals back",
    "mend",
    "install it again",
    "made anew",
    "choose new ones",
    "dropped",
    "have ended",
    "sign",
)
POLICY = "forbid (principal, action, resource) when { false };\n"
DAMAGES = 20
NOT_OPENED = "the wallet was not unlocked now"
"""What a count that was lost, or a slot that was altered, is told as: in the dialog, as a passphrase that is wrong."""
SEGMENT = "Segment "
NO_REMEDIES = (NOT_OPENED, SEGMENT)
"""Where no remedy is told: there is another way in, or `etui audit verify` tells what is lost for good."""
NAME = re.compile(r"^\| ((?:`[^`]+`(?:, )?)+) \|", re.MULTILINE)


class Kind(msgspec.Struct, frozen=True):
    """A kind of file: a pattern for those that are damaged, and words of which one names it to the user.

    ``rewritten``: the wallet writes it anew, whole or at its end. ``of_secrets``: without it some secrets are not read.
    """

    file: str
    named: tuple[str, ...]
    rewritten: bool = False
    of_secrets: bool = False


KINDS = {
    "profile.json": Kind("profile.*", ("profile.json",)),
    "settings.json": Kind("settings.json", ("settings.json",), rewritten=True),
    "vouched.json": Kind("vouched.json", ("vouched.json",), rewritten=True),
    "vault/slots.json": Kind("vault/slots.json", ("slots.json", NOT_OPENED)),
    "vault/tries": Kind("vault/tries", (NOT_OPENED,), rewritten=True),
    "vault/pin": Kind("vault/pin", ("the PIN cannot be used",)),
    "vault/keys/": Kind("vault/keys/*", ("vault/keys/",), of_secrets=True),
    "router/state.db": Kind("router/state.db", ("state.db",), rewritten=True),
    "audit/*.seg": Kind("audit/*.seg", (SEGMENT,), rewritten=True),
    "audit/ratchet": Kind("audit/ratchet", ("audit/ratchet", "checkpoint"), rewritten=True),
    "audit/public": Kind("audit/public", ("audit/public",), rewritten=True),
    "storage/ID/records.db": Kind(
        "storage/*/*.db",
        ("records.db", "do not open", "stored record is damaged", "missing from the storage or damaged"),
        rewritten=True,
        of_secrets=True,
    ),
    "extensions/ID/": Kind("extensions/org.example.postman/**/*.*", ("org.example.postman",)),
    "extensions/supplied.json": Kind("extensions/supplied.json", ("supplied.json",)),
    "device/looks": Kind("device/[kl]*", ("device/looks",)),
    "device/copy": Kind("device/copy", ("device/copy",), rewritten=True),
    "operator/*.cedar": Kind("operator/*.cedar", (".cedar",)),
    "operator/mappings.json": Kind("operator/*.json", ("mappings.json",)),
}
"""By their names in docs/files.md; and the public key of the audit and the name of this copy, which have no format."""
NAMELESS = {"audit/public", "device/copy"}
OF_THE_SHELL = {"shell/brand.json"}
"""What no part of the wallet reads; tests/shell/test_brand.py damages it."""
OF_THE_LOGIN = {"vault/login", "vault/login-tries"}
"""What only a log-in has read; tests/trusted/vault/test_login.py damages it."""
UNSEEN = {"vault/slots.json", "vault/keys/", "storage/ID/records.db", "extensions/supplied.json"}
"""Those that are begun anew where they are gone, as docs/files.md says."""
GONE = {
    name: Kind("extensions/org.example.postman/*/*.*", kind.named) if name == "extensions/ID/" else kind
    for name, kind in KINDS.items()
    if name not in UNSEEN
}
"""Those that are missed; of a package what its publisher signed."""
GONE_EVERY_DAY = {"profile.json", "vault/tries", "router/state.db", "audit/*.seg", "audit/ratchet", "extensions/ID/"}


class Found(msgspec.Struct, frozen=True):
    """What a wallet is like: the secrets that it gives, what stands, and all that it says."""

    secrets: frozenset[str]
    stands: tuple[object, ...]
    said: str


@pytest.fixture(scope="module")
def profile() -> Iterator[Path]:
    """A profile that has every kind of file, of a wallet that has ended."""
    folder = Path(tempfile.mkdtemp(prefix="etui-", dir="/tmp"))
    with TestWallet(folder) as wallet:
        wallet.create()
        wallet.user.approves()
        with wallet.connect() as client:
            for label in LABELS:
                client.call(secret.Create(kind="note", label=label, value=VALUE))
            client.call(wallet_interface.Grant(client="script:/x@session", action="secret/1.read"))
            POSTMAN.install(wallet)
            client.call(wallet_interface.DoorEnable(door="secret-service"))
            wallet.user.rule("type", when={"face": "new_pin"}, secret=PASSPHRASE, new="2743")
            client.call(wallet_interface.ChangePin())
        wallet.lock()
        wallet.unlock()
    operate(wallet.home / "operator")
    yield wallet.home
    shutil.rmtree(folder)


def operate(folder: Path) -> None:
    """An operator's policy, and a mapping of his that is signed."""
    folder.mkdir(mode=0o700)
    (folder / "a.cedar").write_text(POLICY, encoding="utf-8")
    key = Ed25519PrivateKey.generate()
    (folder / "key.pub").write_bytes(base64.b64encode(key.public_key().public_bytes_raw()))
    mappings = (Mapping(host="till.example.org", address="10.0.0.5", port=8443),)
    signature = key.sign(signed_bytes(mappings))
    text = {"format": 1, "mappings": mappings, "signature": signature}
    (folder / "mappings.json").write_bytes(msgspec.json.encode(text))


def found(wallet: TestWallet) -> Found:
    """Starts the wallet, asks it for everything, and ends it."""
    said: list[str] = []
    stands: list[object] = []
    secrets: set[str] = set()
    wallet.user.approves()
    wallet.user.dismisses(face="unlock", wrong=True)
    begun = wallet.log.stat().st_size if wallet.log.exists() else 0
    try:
        wallet.start()
    except StartError as error:
        return Found(frozenset(), ("does not start",), error.log[begun:])
    try:
        with telling(said):
            wallet.unlock()
        with wallet.connect() as client:
            with telling(said):
                for item in client.call(secret.Find(text="kept")).items:
                    with telling(said):
                        value = client.call(secret.Read(item=item.item)).value
                        assert value == VALUE, "a secret that was damaged is never given"
                        secrets.add(item.label)
            with pytest.raises(ProtocolError) as refused:  # the site is none that egress asks by http
                POSTMAN.call(client, "post")
            said.append(refused.value.message)
            with telling(said):
                client.call(wallet_interface.DoorEnable(door="secret-service"))
                stands.append("doors")
            with telling(said):
                grants = client.call(shell_interface.Grants()).grants
                stands.append([grant.client for grant in grants if grant.client.startswith("script:/x")])
            with telling(said):
                verdict = client.call(wallet_interface.Verify())
                stands.append(verdict.ok)
                said += verdict.findings
            with telling(said):
                for record in client.call(shell_interface.Audit(text="error")).records:
                    said += client.call(wallet_interface.Why(id=record.id)).sentences
            status = client.call(wallet_interface.Status())
            stands += [status.state, len(status.notes), refused.value.message]
            said += status.notes
            stands.append([row.extension for row in client.call(wallet_interface.Extensions()).extensions])
    finally:
        wallet.end()
    log = wallet.log.read_bytes()[begun:].decode(errors="replace")
    assert "Traceback" not in log, log
    return Found(frozenset(secrets), tuple(stands), "\n".join((*said, log)))


@contextlib.contextmanager
def telling(said: list[str]) -> Iterator[None]:
    """Keeps what the wallet answers in place of a result."""
    try:
        yield
    except ProtocolError as error:
        said.append(error.message)


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Cut short anywhere, or with one byte altered."""
    if not content or chance.random() < 0.5:
        return content[: chance.randrange(max(1, len(content)))]
    at = chance.randrange(len(content))
    return content[:at] + bytes([content[at] ^ chance.randrange(1, 256)]) + content[at + 1 :]


def damage_and_look(folder: Path, profile: Path, kind: Kind, chance: random.Random, whole: Found) -> None:
    """Damages one file of this kind in a copy, and checks what the wallet gives and says then."""
    wallet = TestWallet(folder)
    shutil.copytree(profile, wallet.home)
    path = one_of(wallet, kind, chance)
    content = damaged(path.read_bytes(), chance)
    path.chmod(0o600)
    path.write_bytes(content)
    look(wallet, kind, whole, f"{path.relative_to(wallet.home)} of {len(content)} bytes")
    assert kind.rewritten or path.read_bytes() == content, path


def one_of(wallet: TestWallet, kind: Kind, chance: random.Random) -> Path:
    """A file of this kind."""
    return chance.choice(sorted(path for path in wallet.home.glob(kind.file) if path.is_file()))


def look(wallet: TestWallet, kind: Kind, whole: Found, what: str) -> None:
    """Checks what a damaged wallet gives and says."""
    now = found(wallet)
    what = f"{what}: {now.said}"
    if now.secrets == whole.secrets and now.stands == whole.stands:
        return  # nobody is the worse
    assert any(name in now.said for name in kind.named), what
    assert any(remedy in now.said for remedy in (*REMEDIES, *NO_REMEDIES)), what
    opens = "unlocked" in now.stands
    assert not opens or kind.of_secrets or now.secrets == whole.secrets, what


@pytest.fixture(scope="module")
def whole(profile: Path) -> Found:
    """What the wallet is like where nothing is damaged."""
    folder = Path(tempfile.mkdtemp(prefix="etui-", dir="/tmp"))
    wallet = TestWallet(folder)
    shutil.copytree(profile, wallet.home)
    now = found(wallet)
    shutil.rmtree(folder)
    assert now.secrets == LABELS, now
    assert now.stands[:3] == ("doors", ["script:/x@session"], True), now
    return now


@pytest.mark.attack(47)
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_a_damaged_file_is_named_with_what_to_do_and_the_rest_is_read(
    short_dir: Path, profile: Path, whole: Found, kind: Kind, chance: random.Random
) -> None:
    damage_and_look(short_dir, profile, kind, chance, whole)


@pytest.mark.attack(47)
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, id=name, marks=[] if name in GONE_EVERY_DAY else [pytest.mark.long])
        for name, kind in GONE.items()
    ],
)
def test_a_file_that_is_gone_is_named_with_what_to_do_and_the_rest_is_read(
    short_dir: Path, profile: Path, whole: Found, kind: Kind, chance: random.Random
) -> None:
    wallet = TestWallet(short_dir)
    shutil.copytree(profile, wallet.home)
    path = one_of(wallet, kind, chance)
    path.unlink()
    look(wallet, kind, whole, f"{path.relative_to(wallet.home)}, gone")


@pytest.mark.long
@pytest.mark.attack(47)
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_a_file_that_is_damaged_anywhere_is_named_with_what_to_do_and_the_rest_is_read(
    short_dir: Path, kind: Kind, chance: random.Random, long_run: LongRun, request: pytest.FixtureRequest
) -> None:
    profile, whole = request.getfixturevalue("profile"), request.getfixturevalue("whole")
    for number in range(DAMAGES):
        folder = short_dir / str(number)
        folder.mkdir(mode=0o700)
        damage_and_look(folder, profile, kind, chance, whole)
    long_run.record("A file of the profile cut short or altered, each of its kinds", DAMAGES, DAMAGES)


def test_every_kind_of_file_that_a_profile_has_is_damaged_here() -> None:
    page = (ROOT / "docs" / "files.md").read_text(encoding="utf-8")
    names = {name for cell in NAME.findall(page) for name in re.findall(r"`([^`]+)`", cell)}
    assert names == KINDS.keys() - NAMELESS | OF_THE_SHELL | OF_THE_LOGIN
