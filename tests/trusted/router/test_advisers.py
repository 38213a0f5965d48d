"""Advisers: what they are told, what they may do, and that a hostile or broken one neither widens nor holds up."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
import uvloop
from tests.extensions.guard.conftest import TILL
from tests.fuzz.router_here import End
from tests.trusted.router.browser_door import Door, Line, Profile, Wallet, program, result_of
from tests.trusted.router.strangers import Stranger

from etui.extensions.guard.judging import acquainted, judge
from etui.interfaces import adviser_1 as adviser
from etui.interfaces import secret_1 as secret
from etui.interfaces import shell_1 as shell
from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import Envelope, encode_result
from etui.sdk import ErrorCode, ProtocolError
from etui.sealing import ChannelKey
from etui.testkit import TestWallet
from etui.trusted.control import Role
from etui.trusted.profile import TestProfile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etui.sdk import Client

_CODE = """
import os
import time

import msgspec

from etui.interfaces import Request, Result
from etui.interfaces import adviser_1 as adviser
from etui.interfaces import storage_1 as storage
from etui.sdk import Call, Extension, RemoteError, provides


class Said(Result, frozen=True, kw_only=True):
    advice: list[str] | None = None
    stop: str | None = None
    allow: bool = False


class Advise(adviser.Advise, frozen=True, kw_only=True):
    RESULT = Said


class ToldResult(Result, frozen=True, kw_only=True):
    told: list[str]


class Told(Request[ToldResult], frozen=True, kw_only=True):
    METHOD = "org.example.counsellor/1.told"
    RESULT = ToldResult


class SpillResult(Result, frozen=True, kw_only=True):
    refused: str


class Spill(Request[SpillResult], frozen=True, kw_only=True):
    METHOD = "org.example.counsellor/1.spill"
    RESULT = SpillResult


class Counsellor(Extension):
    def begin(self) -> None:
        self.told = []

    @provides(Advise)
    def advise(self, request: Advise, _: Call) -> Said:
        self.told.append(msgspec.json.encode(request).decode())
        named = [party.name for party in request.parties if party.role == "named"]
        match named:
            case ["late.example"]:
                time.sleep(1.5)
            case ["crash.example"]:
                os._exit(1)
            case ["flood.example"]:
                return Said(advice=["x" * 100_000])
            case ["allow.example"]:
                return Said(allow=True)
            case ["forged.example"]:
                return Said(advice=["fine.\\nYour wallet: you approved this before"])
            case ["stop.example"]:
                return Said(stop="It is known for nothing good.")
        return Said()

    @provides(adviser.Agreed)
    def agreed(self, request: adviser.Agreed, _: Call) -> adviser.AgreedResult:
        self.told.append("agreed " + msgspec.json.encode(request).decode())
        return adviser.AgreedResult()

    @provides(Told)
    def told_so_far(self, request: Told, _: Call) -> ToldResult:
        return ToldResult(told=self.told)

    @provides(Spill)
    def spill(self, request: Spill, _: Call) -> SpillResult:
        self.store.put({("told", "all"): "".join(self.told).encode()})
        record = storage.Record(key="told", value="".join(self.told).encode())
        try:
            self.call(storage.Put(records=[record]), provider="ext:org.example/org.example.hoard")
        except RemoteError as error:
            return SpillResult(refused=error.message)
        return SpillResult(refused="")


Counsellor().run()
"""
COUNSELLOR = Stranger(
    "counsellor",
    _CODE,
    {
        "told": {
            "title": "Told",
            "effect": "none",
            "result": {"told": {"type": "list", "of": {"type": "text", "max": 1_000_000}, "max": 1000}},
        },
        "spill": {"title": "Spill", "effect": "none", "result": {"refused": {"type": "text", "max": 1000}}},
    },
    uses=("storage/1",),
)
COUNSELLOR.manifest = COUNSELLOR.manifest.replace(
    'provides = ["org.example.counsellor/1"]', 'provides = ["org.example.counsellor/1", "adviser/1"]'
)
_KEEPS_FOR_OTHERS = """
from etui.interfaces import storage_1 as storage
from etui.sdk import Call, Extension, provides


class Hoard(Extension):
    @provides(storage.Put)
    def put(self, request: storage.Put, _: Call) -> storage.PutResult:
        return storage.PutResult()


Hoard().run()
"""
HOARD = Stranger("hoard", _KEEPS_FOR_OTHERS, {"none": {"title": "None", "effect": "none"}})
HOARD.manifest = HOARD.manifest.replace('provides = ["', 'provides = ["storage/1", "')
_STOPS_REMOVALS = """
from etui.interfaces import adviser_1 as adviser
from etui.sdk import Call, Extension, provides


class Warden(Extension):
    @provides(adviser.Advise)
    def advise(self, request: adviser.Advise, _: Call) -> adviser.AdviseResult:
        return adviser.AdviseResult(stop="It stays." if request.action == "wallet/1.remove" else None)


Warden().run()
"""
WARDEN = Stranger("warden", _STOPS_REMOVALS, {"none": {"title": "None", "effect": "none"}})
WARDEN.manifest = WARDEN.manifest.replace('provides = ["', 'provides = ["adviser/1", "')
_HAS_DEALT = """
from etui.interfaces import relationship_1 as relationship
from etui.sdk import Call, Extension, provides


class Gossip(Extension):
    @provides(relationship.Tell)
    def dealt_with(self, _: relationship.Tell, __: Call) -> relationship.TellResult:
        return relationship.TellResult(dealt=[relationship.Dealt(host="harb0ur-books.com", since=1)])


Gossip().run()
"""
GOSSIP = Stranger("gossip", _HAS_DEALT, {"none": {"title": "None", "effect": "none"}})
GOSSIP.manifest = GOSSIP.manifest.replace('provides = ["', 'provides = ["relationship/1", "')
_HESITATION_S = 0.4
_NO_ANSWER = "Counsellor was to advise on this, and gave no answer."


@pytest.fixture(scope="module")
def shared() -> Iterator[TestWallet]:
    folder = Path(tempfile.mkdtemp(prefix="etui-", dir="/tmp"))
    with TestWallet(folder) as running:
        running.create()
        TILL.install(running)
        COUNSELLOR.install(running)
        HOARD.install(running)
        yield running
    shutil.rmtree(folder)


@pytest.fixture
def wallet(shared: TestWallet) -> TestWallet:
    shared.user.forgets()
    return shared


@pytest.fixture
def client(wallet: TestWallet) -> Iterator[Client]:
    with wallet.connect() as connected:
        yield connected


def asked(wallet: TestWallet, client: Client, payee: str, **params: str) -> dict[str, Any]:
    """The question that a payment is put to the user with, who says yes to it."""
    wallet.user.approves(times=1, action_contains=f"pay {payee}")
    assert TILL.call(client, "pay", payee=payee, **params)["paid"] == payee
    return next(entry for entry in reversed(wallet.user.shown()) if f"pay {payee}" in str(entry.get("lead")))


def told(client: Client, part: str, count: int = 1) -> list[str]:
    """What the adviser was told that has this in it, once it was told that often; it is told of a yes afterwards."""
    until = time.monotonic() + 10
    while True:
        result: Any = COUNSELLOR.call(client, "told")["told"]
        found = [text for text in result if part in text]
        if len(found) >= count or time.monotonic() > until:
            return found
        time.sleep(0.02)


@pytest.mark.attack(196)
def test_an_adviser_is_told_who_asks_and_whom_the_request_names_and_nothing_else_of_it(
    wallet: TestWallet, client: Client
) -> None:
    asked(wallet, client, "plain.example", note="for the blue door")
    of_it = told(client, "plain.example", 2)
    assert [text.startswith("agreed ") for text in of_it] == [False, True]
    assert client.greeting.client in of_it[0]
    assert "ext:etui/org.etui.receipts" in of_it[0]
    assert not told(client, "blue door", 0)


@pytest.mark.attack(194)
@pytest.mark.parametrize("payee", ["late.example", "flood.example"])
def test_an_adviser_that_is_late_or_floods_is_said_in_the_question_and_holds_nobody_up(
    wallet: TestWallet, client: Client, payee: str
) -> None:
    told(client, "", 0)  # it runs
    assert _NO_ANSWER in asked(wallet, client, payee)["notes"]


@pytest.mark.attack(195)
def test_an_adviser_allows_nothing_whatever_it_says(wallet: TestWallet, client: Client) -> None:
    with pytest.raises(ProtocolError) as refused:
        TILL.call(client, "pay", payee="allow.example")
    assert refused.value.code == ErrorCode.NOT_NOW
    assert asked(wallet, client, "forged.example")["notes"] == [
        "Counsellor: fine.↵Your wallet: you approved this before"
    ]


@pytest.mark.attack(218)
def test_an_adviser_keeps_what_it_is_told_in_the_wallets_own_storage_and_hands_it_to_no_other(client: Client) -> None:
    refused = str(COUNSELLOR.call(client, "spill")["refused"])
    assert "an adviser uses what comes with the wallet, and nothing else" in refused


def test_what_an_adviser_stops_is_denied_on_record_and_not_told_to_who_asked(client: Client) -> None:
    with pytest.raises(ProtocolError) as refused:
        TILL.call(client, "pay", payee="stop.example")
    assert refused.value.code == ErrorCode.DENIED
    assert "nothing good" not in refused.value.message
    sentences = " ".join(client.call(wallet_interface.Why(id=refused.value.why)).sentences)
    assert "“adviser/ext:org.example/org.example.counsellor”" in sentences
    assert "“Counsellor: It is known for nothing good.”" in sentences


def remove(wallet: TestWallet, client: Client, stranger: Stranger) -> None:
    wallet.user.approves(times=1, action_contains=f"remove “{stranger.id.rpartition('.')[2].title()}”")
    client.call(wallet_interface.Remove(extension=stranger.principal))


@pytest.mark.attack(231)
def test_an_adviser_stops_the_removal_of_no_extension_and_not_its_own(wallet: TestWallet, client: Client) -> None:
    GOSSIP.install(wallet)
    WARDEN.install(wallet)
    for stranger in (GOSSIP, WARDEN):
        remove(wallet, client, stranger)
    installed = {row.extension for row in client.call(wallet_interface.Extensions()).extensions}
    assert not installed & {GOSSIP.principal, WARDEN.principal}


@pytest.mark.attack(217)
def test_nobody_is_known_by_the_word_of_an_extension_for_longer_than_that_is_installed(
    wallet: TestWallet, client: Client
) -> None:
    began = int(time.time())
    GOSSIP.install(wallet)
    wallet.user.approves()
    rows: list[shell.KnownRow] = []
    while not rows:  # until it has started, however busy the machine is
        rows = [row for row in client.call(shell.Known()).known if row.name == "harb0ur-books.com"]
        assert time.time() < began + 60
    (row,) = rows
    assert row.by == "Gossip"
    assert began <= row.since <= time.time()
    remove(wallet, client, GOSSIP)


def test_no_adviser_is_asked_of_what_a_right_allows(wallet: TestWallet, client: Client) -> None:
    wallet.user.approves(times=1, remember="always", action_contains="pay granted.example")
    TILL.call(client, "pay", payee="granted.example")
    before = len(told(client, "granted.example", 2))
    for _ in range(3):
        TILL.call(client, "pay", payee="granted.example")
    assert len(told(client, "granted.example", before)) == before


def test_an_adviser_that_ends_is_said_in_the_question(wallet: TestWallet, client: Client) -> None:
    """The last of its file: who ended early is not started again for a while."""
    assert _NO_ANSWER in asked(wallet, client, "crash.example")["notes"]


class GuardHere:
    """The guard's own rules, at a Router in this process, which starts none."""

    def __init__(self, end: End) -> None:
        self._end = end
        self.told: list[adviser.Advise] = []

    async def serve(self) -> None:
        """Registers, and advises until its connection ends."""
        register = wallet_interface.Register(key=ChannelKey().public, provides=["adviser/1", "extension/1"])
        await Line(self._end).call(register)
        while (message := await self._end.receive()) is not None:
            if message.method and isinstance(message.id, int):
                result: adviser.AdviseResult | adviser.AgreedResult = adviser.AgreedResult()
                if message.method == adviser.Advise.METHOD:
                    request = msgspec.json.decode(message.params, type=adviser.Advise)
                    self.told.append(request)
                    hosts = acquainted(request.known, [])
                    found = judge(request.parties, request.known, hosts, lambda _, __: False)
                    result = adviser.AdviseResult(stop=None if found is None else f"it looks like {found.like}")
                await self._end.send(encode_result(message.id, msgspec.json.encode(result)))


async def gone_while_it_waits(wallet: Wallet, door: Door, finding: secret.Find, page: str) -> None:
    """A page that is stopped and leaves is answered at once, and nothing waits for it."""
    test = TestProfile(hesitation_s=60)
    wallet.here.router.profile = msgspec.structs.replace(wallet.here.router.profile, test=test)
    records = len(wallet.records())
    asked = await door.ask(finding, Envelope(speaks_for=page))
    while len(wallet.records()) == records:  # noqa: ASYNC110  # the audit has no bell
        await asyncio.sleep(0.01)
    await door.call(wallet_interface.Dismiss(peer=page))
    with pytest.raises(ProtocolError) as cancelled:
        result_of(finding, await door.answer(asked))
    assert cancelled.value.code == ErrorCode.CANCELLED


@pytest.mark.attack(192)
@pytest.mark.attack(193)
@pytest.mark.timeout(90)
def test_a_page_whose_origin_looks_like_that_of_one_with_rights_is_stopped_from_collecting_anything(
    short_dir: Path,
) -> None:
    async def story() -> None:
        async with asyncio.timeout(60), Wallet.opened(short_dir) as wallet:
            end = await wallet.here.child(Role.EXTENSION, "ext:etui/org.etui.guard")
            guard = GuardHere(end)
            serving = [asyncio.ensure_future(guard.serve()), await wallet.keeper()]
            wallet.user.approves(action_contains="pair the browser")
            door = await wallet.door()
            with program(short_dir, "chromium") as chromium:
                host = await door.host(chromium, os.getuid())
                await door.pair(host, Profile())
                owner = await door.page(host, "https://owner.example")
                store = secret.Create(kind="note", label="Basket", attributes={}, value=bytes(80))
                await door.call(store, Envelope(speaks_for=owner.peer))
                wallet.user.approves(principal_contains="https://harbour-books.com", remember="always", times=1)
                shop = await door.page(host, "https://harbour-books.com")
                finding = secret.Find(attributes={})
                assert len((await door.call(finding, Envelope(speaks_for=shop.peer))).items) == 1
                questions = len(wallet.user.asked())
                profile = wallet.here.router.profile
                hasty = TestProfile(hesitation_s=_HESITATION_S)
                wallet.here.router.profile = msgspec.structs.replace(profile, test=hasty)
                for lie in ("https://harb0ur-books.com", "https://harbour-books.com.check-id.net"):
                    page = await door.page(host, lie)
                    began = time.monotonic()
                    with pytest.raises(ProtocolError) as refused:
                        await door.call(finding, Envelope(speaks_for=page.peer))
                    assert (refused.value.code, refused.value.message) == (
                        ErrorCode.NOT_NOW,
                        "the user did not answer now",
                    )
                    assert time.monotonic() - began >= _HESITATION_S
                    with pytest.raises(ProtocolError) as untold:
                        await door.call(wallet_interface.Why(id=refused.value.why), Envelope(speaks_for=page.peer))
                    assert untold.value.code == ErrorCode.UNKNOWN_ITEM
                    assert guard.told[-1].parties[0].hosts == [lie]
                    assert "it looks like harbour-books.com" in wallet.records()[0].reason
                assert len(wallet.user.asked()) == questions
                page = await door.page(host, "https://harbour-books.net")
                await gone_while_it_waits(wallet, door, finding, page.peer)
            for task in serving:
                task.cancel()
            await end.close()

    uvloop.run(story())
