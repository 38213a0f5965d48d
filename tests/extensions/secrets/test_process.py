"""The Extension as a process, its records kept by a real storage process and its calls relayed as the Router does."""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, nullcontext, suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.extensions.peer import KEY, Actor, Peer, ShownSecrets, relay

from etui.extensions.secrets.values import Wrapped, unwrapped, wrapped
from etui.interfaces import Item, Prepared, Request, supplied
from etui.interfaces import dialog_1 as dialog
from etui.interfaces import extension_1 as extension
from etui.interfaces import secret_1 as secret
from etui.interfaces import storage_1 as storage
from etui.protocol import Message
from etui.sdk import ConnectionLost, ErrorCode, RemoteError, Store
from etui.standards.otp import hotp

SHOP, GAME = Actor("shop"), Actor("game")
SESSION_KEY = bytes(range(16))
REFERENCE = "what the client has instead of an id"


class Wallet:
    """Secrets, its storage and a Trusted Dialog."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.dialog = ShownSecrets()
        self.start()

    def start(self) -> None:
        self.storage = Peer("etui.extensions.storage_software", environ={"ETUI_FOLDER": str(self.folder)})
        self.secrets = Peer(
            "etui.extensions.secrets", handlers={"storage/1": relay(self.storage), "dialog/1": self.dialog}
        )
        self.secrets.keys["dialog/1"] = self.dialog.end.public

    def kill(self) -> None:
        self.secrets.kill()
        self.storage.kill()

    def restart(self) -> None:
        self.kill()
        self.start()

    def create(
        self,
        label: str,
        value: bytes = b"",
        *,
        client: Actor = SHOP,
        in_group: str | None = None,
        **more: Any,  # noqa: ANN401
    ) -> Item:
        group = None if in_group is None else REFERENCE
        request = secret.Create(**{"kind": "note", "label": label, "group": group, "value": value, **more})
        return self.secrets.call(request, client=client, group=in_group).item

    def find(self, **query: Any) -> list[str]:  # noqa: ANN401
        return [item.label for item in self.secrets.call(secret.Find(**query), client=SHOP).items]

    def read(self, item: Item) -> bytes | None:
        return self.secrets.call(secret.Read(item=REFERENCE), client=SHOP, item=item.item).value

    def update(self, item: Item, **change: Any) -> Item:  # noqa: ANN401
        request = secret.Update(item=REFERENCE, **change)
        return self.secrets.call(request, client=SHOP, item=item.item).item

    def refused(self, request: Request[Any], item: Item | None = None) -> RemoteError:
        with pytest.raises(RemoteError) as caught:
            self.secrets.call(request, client=SHOP, item=item.item if item else None)
        return caught.value


@pytest.fixture
def wallet(tmp_path: Path) -> Iterator[Wallet]:
    wallet = Wallet(tmp_path)
    yield wallet
    wallet.kill()


@pytest.mark.parametrize("value", [b"", b"secret", bytes(range(256)), bytes(1 << 20)])
def test_what_is_stored_is_read_again_also_after_a_crash(wallet: Wallet, value: bytes) -> None:
    item = wallet.create("Bank", value, kind="file", attributes={"host": "bank"}, content_type="text/x")
    for _ in range(2):
        answer = wallet.secrets.call(secret.Read(item=REFERENCE), client=SHOP, item=item.item)
        assert (answer.value, answer.content_type, answer.wrap_value) == (value, "text/x", None)
        described = wallet.secrets.call(secret.Describe(item=REFERENCE), client=SHOP, item=item.item)
        assert (described.item, described.content_type) == (item, "text/x")
        wallet.restart()


def test_an_id_is_random_and_says_nothing(wallet: Wallet) -> None:
    ids = {wallet.create("Bank", b"x").item for _ in range(3)}
    assert len(ids) == 3
    assert all(len(bytes.fromhex(item)) == 16 for item in ids)


def test_the_disk_holds_neither_label_nor_value(wallet: Wallet) -> None:
    item = wallet.create("Bank of Alice", b"the secret itself", attributes={"host": "bank.example"})
    wallet.update(item, value=b"the second secret")
    wallet.kill()
    kept = b"".join(path.read_bytes() for path in wallet.folder.iterdir())
    for text in (b"Bank of Alice", b"the secret", b"second", b"bank.example", item.item.encode()):
        assert text not in kept


def test_an_item_is_found_by_its_attributes_kind_group_and_words(wallet: Wallet) -> None:
    group = wallet.create("Work", kind="group")
    wallet.create("Bank", kind="login", attributes={"host": "bank", "user": "anna"})
    wallet.create("Shop", kind="login", attributes={"host": "shop", "user": "anna"}, in_group=group.item)
    assert wallet.find(attributes={"user": "anna", "host": "bank"}) == ["Bank"]
    assert wallet.find(attributes={"user": "Anna"}) == []
    assert sorted(wallet.find(attributes={"user": "anna"})) == ["Bank", "Shop"]
    assert sorted(wallet.find()) == ["Bank", "Shop", "Work"]
    assert wallet.find(kind="group") == ["Work"]
    assert wallet.find(text="ANN sho") == ["Shop"]
    assert len(wallet.find(limit=2)) == 2
    found = wallet.secrets.call(secret.Find(group=REFERENCE), client=GAME, group=group.item).items
    assert [(item.label, item.group) for item in found] == [("Shop", group.item)]
    ungrouped = wallet.secrets.call(secret.Find(group="", kind="login"), client=GAME, group="").items
    assert [item.label for item in ungrouped] == ["Bank"]


def test_replacing_overwrites_the_creators_own_twin_alone(wallet: Wallet) -> None:
    twin: dict[str, Any] = {"attributes": {"host": "bank"}, "replace": True}
    first = wallet.create("One", b"1", **twin)
    second = wallet.create("Two", b"22", kind="password", content_type="text/plain", **twin)
    assert (second.item, second.label, second.kind) == (first.item, "Two", "password")
    assert wallet.read(first) == b"22"
    history = wallet.secrets.call(secret.History(item=REFERENCE), client=SHOP, item=first.item).versions
    assert [(version.version, version.size) for version in history] == [(1, 1)]
    others = [
        wallet.create("Another's", b"3", client=GAME, **twin),
        wallet.create("More attributes", b"4", attributes={"host": "bank", "user": "anna"}, replace=True),
        wallet.create("Another sort", b"5", kind="file", **twin),
        wallet.create("Not replacing", b"6", attributes={"host": "bank"}),
        wallet.create("No attributes", b"7", replace=True),
        wallet.create("No attributes", b"8", replace=True),
    ]
    assert len({item.item for item in others} | {first.item}) == 7
    assert wallet.read(first) == b"22"


def test_a_client_has_one_secret_of_its_own_by_the_same_attributes_and_others_have_theirs(wallet: Wallet) -> None:
    def own(client: Actor, app_id: str = "shop") -> secret.OwnResult:
        return wallet.secrets.call(secret.Own(label="Own", attributes={"app_id": app_id}), client=client)

    first = own(SHOP)
    assert first.made
    assert len(first.value) == 64
    wallet.restart()
    again = own(SHOP)
    assert (again.made, again.item.item, again.value) == (False, first.item.item, first.value)
    others = [own(GAME), own(SHOP, "another")]
    assert len({first.value, *(other.value for other in others)}) == 3
    assert wallet.refused(secret.Own(label="Own", attributes={})).code is ErrorCode.INVALID_PARAMS


def test_what_was_replaced_is_said_of_the_same_second_too(wallet: Wallet) -> None:
    request = secret.Create(kind="note", label="x", attributes={"host": "bank"}, replace=True, value=b"1")
    assert [wallet.secrets.call(request, client=SHOP).replaced for _ in range(3)] == [None, True, True]


def test_the_same_value_again_and_again_pushes_no_earlier_one_out_of_the_history(wallet: Wallet) -> None:
    twin: dict[str, Any] = {"attributes": {"host": "bank"}, "replace": True, "content_type": "text/plain"}
    item = wallet.create("Bank", b"right", **twin)
    for _ in range(6):
        wallet.create("Bank", b"wrong", **twin)
        wallet.update(item, label="Again", value=b"wrong")
    given = wrapped(SESSION_KEY, b"wrong")
    wallet.update(item, wrap_key=SESSION_KEY, wrap_iv=given.iv, wrap_value=given.value, content_type="text/plain")
    history = wallet.secrets.call(secret.History(item=REFERENCE), client=SHOP, item=item.item).versions
    assert [(version.version, version.size) for version in history] == [(1, 5)]
    assert wallet.find(attributes={"host": "bank"}) == ["Again"]
    wallet.update(item, value=b"wrong", content_type="another")
    history = wallet.secrets.call(secret.History(item=REFERENCE), client=SHOP, item=item.item).versions
    assert [version.version for version in history] == [2, 1], "a value of another type is another one"
    wallet.secrets.call(secret.Restore(item=REFERENCE, version=1), client=SHOP, item=item.item)
    assert wallet.read(item) == b"right"


def test_where_an_item_does_not_open_nothing_is_said_to_be_not_there_that_may_be_it(wallet: Wallet) -> None:
    lost = wallet.create("Lost", b"1", attributes={"host": "bank"})
    wallet.create("Kept", b"2", attributes={"host": "shop"})
    wallet.kill()
    damage(wallet.folder, "items", lost.item)
    wallet.start()
    for query in ({"attributes": {"host": "bank"}}, {"text": "lost"}):
        error = wallet.refused(secret.Find(**query))
        assert error.code is ErrorCode.INTERNAL
        assert "1 damaged item does not open" in error.message
    never = wallet.refused(secret.Own(label="Own", attributes={"host": "bank"}))
    assert "1 damaged item does not open" in never.message
    for request in (secret.Read(item=REFERENCE), extension.Locate(ids=[lost.item])):
        assert "a stored record is damaged" in wallet.refused(request, lost).message
    assert wallet.refused(secret.Read(item=REFERENCE), Item(item="absent", kind="note")).code is ErrorCode.UNKNOWN_ITEM
    assert wallet.find(attributes={"host": "shop"}) == ["Kept"]
    assert wallet.find() == ["Kept"]
    assert wallet.find(kind="group") == []
    wallet.create("New", b"3", attributes={"host": "bank"})
    assert wallet.find(attributes={"host": "bank"}) == ["New"]


def test_where_no_item_opens_even_a_list_says_so(wallet: Wallet) -> None:
    lost = wallet.create("Lost", b"1")
    wallet.kill()
    damage(wallet.folder, "items", lost.item)
    wallet.start()
    assert "1 damaged item does not open" in wallet.refused(secret.Find()).message


def damage(folder: Path, namespace: str, name: str) -> None:
    """Flips one bit of a record that the storage keeps there."""
    place = Store(KEY, _no_call)._place(namespace, name)
    with closing(sqlite3.connect(folder / "records.db")) as connection, connection:
        ((value,),) = connection.execute("SELECT value FROM records WHERE key = ?", (place,))
        altered = value[:-1] + bytes([value[-1] ^ 1])
        connection.execute("UPDATE records SET value = ? WHERE key = ?", (altered, place))


def _no_call(request: object, *, under: str = "", provider: str = "") -> object:
    raise AssertionError((request, under, provider))


def test_a_wrapped_value_is_stored_and_read_under_the_sessions_key(wallet: Wallet) -> None:
    given = wrapped(SESSION_KEY, b"secret")
    request = secret.Create(kind="password", label="x", wrap_key=SESSION_KEY, wrap_iv=given.iv, wrap_value=given.value)
    item = wallet.secrets.call(request, client=SHOP).item
    assert wallet.read(item) == b"secret"
    answer = wallet.secrets.call(secret.Read(item=REFERENCE, wrap_key=SESSION_KEY), client=SHOP, item=item.item)
    assert answer.value is None
    assert unwrapped(SESSION_KEY, Wrapped(answer.wrap_iv or b"", answer.wrap_value or b"")) == b"secret"
    wrong = msgspec.structs.replace(request, wrap_value=bytes(16))
    assert wallet.refused(wrong).code is ErrorCode.INVALID_PARAMS
    assert wallet.refused(secret.Read(item=REFERENCE, wrap_key=b"short"), item).code is ErrorCode.INVALID_PARAMS


def test_an_update_changes_what_it_gives_and_keeps_the_rest(wallet: Wallet) -> None:
    item = wallet.create("Old", b"1", attributes={"host": "old"}, content_type="a")
    assert wallet.update(item, label="New").attributes == {"host": "old"}
    assert wallet.update(item, attributes={"host": "new"}).label == "New"
    assert wallet.find(attributes={"host": "old"}) == []
    assert wallet.find(attributes={"host": "new"}) == ["New"]
    assert wallet.read(item) == b"1"
    assert wallet.secrets.call(secret.History(item=REFERENCE), client=SHOP, item=item.item).versions == []
    wallet.update(item, value=b"2", content_type="b")
    wallet.restart()
    answer = wallet.secrets.call(secret.Read(item=REFERENCE), client=SHOP, item=item.item)
    assert (answer.value, answer.content_type) == (b"2", "b")


def test_an_earlier_value_comes_back_and_the_present_one_stays_in_the_history(wallet: Wallet) -> None:
    item = wallet.create("x", b"first", content_type="a")
    wallet.update(item, value=b"second", content_type="b")
    restore = secret.Restore(item=REFERENCE, version=1)
    notes = wallet.secrets.prepare(restore, client=SHOP, item=item.item).notes
    assert "comes back" in notes[0]
    assert wallet.read(item) == b"second"
    wallet.secrets.call(restore, client=SHOP, item=item.item)
    wallet.restart()
    answer = wallet.secrets.call(secret.Read(item=REFERENCE), client=SHOP, item=item.item)
    assert (answer.value, answer.content_type) == (b"first", "a")
    history = wallet.secrets.call(secret.History(item=REFERENCE), client=SHOP, item=item.item).versions
    assert [(version.version, version.size) for version in history] == [(2, 6), (1, 5)]
    with pytest.raises(RemoteError, match="no earlier value with version 9") as caught:
        wallet.secrets.call(secret.Restore(item=REFERENCE, version=9), client=SHOP, item=item.item)
    assert caught.value.code is ErrorCode.INVALID_PARAMS


def test_a_deleted_item_is_unknown_and_leaves_nothing_behind(wallet: Wallet) -> None:
    item = wallet.create("x", b"1")
    wallet.update(item, value=b"2")
    delete = secret.Delete(item=REFERENCE)
    notes = wallet.secrets.prepare(delete, client=SHOP, item=item.item).notes
    assert notes == ["Its 1 earlier value will be deleted with it."]
    wallet.secrets.call(delete, client=SHOP, item=item.item)
    error = wallet.refused(secret.Read(item=REFERENCE), item)
    assert (error.code, "no such item" in error.message) == (ErrorCode.UNKNOWN_ITEM, True)
    assert wallet.storage.call(storage.Usage(), client=Actor("org.etui.secrets")).records == 0


def test_a_collection_is_deleted_with_its_items_after_saying_so(wallet: Wallet) -> None:
    group = wallet.create("Work", kind="group")
    for number in range(3):
        wallet.create(str(number), b"x", in_group=group.item)
    wallet.create("stays", b"x")
    delete = secret.Delete(item=REFERENCE)
    notes = wallet.secrets.prepare(delete, client=SHOP, item=group.item).notes
    assert notes == ["The 3 items in this collection will be deleted with it."]
    assert len(wallet.find()) == 5
    wallet.secrets.call(delete, client=SHOP, item=group.item)
    assert wallet.find() == ["stays"]
    wallet.restart()
    assert wallet.find() == ["stays"]


def test_a_collection_has_no_value_and_lies_in_no_other(wallet: Wallet) -> None:
    group = wallet.create("Work", kind="group")
    note = wallet.create("note", b"x")
    for attempt in (
        lambda: wallet.create("x", b"value", kind="group"),
        lambda: wallet.create("x", kind="group", in_group=group.item),
        lambda: wallet.create("x", in_group=note.item),
        lambda: wallet.update(group, value=b"x"),
        lambda: wallet.read(group),
    ):
        with pytest.raises(RemoteError) as caught:
            attempt()
        assert caught.value.code is ErrorCode.INVALID_PARAMS
    with pytest.raises(RemoteError) as caught:
        wallet.create("x", in_group="0" * 32)
    assert caught.value.code is ErrorCode.UNKNOWN_ITEM


def test_a_one_time_code_is_that_of_its_key(wallet: Wallet) -> None:
    uri = b"otpauth://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&period=3600&digits=8"
    item = wallet.create("x", uri, kind="code")
    before = int(time.time()) // 3600
    answer = wallet.secrets.call(secret.Code(item=REFERENCE), client=SHOP, item=item.item)
    counters = {before, int(time.time()) // 3600}
    assert answer.value.decode() in {hotp(b"12345678901234567890", counter, digits=8) for counter in counters}
    assert 0 < answer.valid_s <= 3600
    wallet.update(item, value=b"12345678901234567890")
    answer = wallet.secrets.call(secret.Code(item=REFERENCE), client=SHOP, item=item.item)
    assert len(answer.value) == 6
    with pytest.raises(RemoteError, match="copy it anew"):
        wallet.update(item, value=b"otpauth://totp/x?secret=0")
    with pytest.raises(RemoteError, match="1 to 1024 bytes"):
        wallet.create("x", kind="code")
    note = wallet.create("x", b"note")
    with pytest.raises(RemoteError, match="no key for one-time codes"):
        wallet.secrets.call(secret.Code(item=REFERENCE), client=SHOP, item=note.item)


def test_what_is_for_a_place_is_that_of_its_host_and_else_that_of_its_domain(wallet: Wallet) -> None:
    def kept(label: str, **attributes: str) -> Item:
        return wallet.create(label, label.encode(), kind="login", attributes=attributes)

    def prepared(host: str, domain: str | None = None) -> Prepared:
        return wallet.secrets.prepare(secret.Login(host=host, domain=domain), client=SHOP)

    own = kept("own", host="www.shop.example", site="shop.example", user="ada")
    others = [kept(label, host="login.shop.example", site="shop.example") for label in ("one", "two")]
    wallet.create("note", b"x", attributes={"host": "www.shop.example"})
    found = prepared("www.shop.example", "shop.example")
    assert (found.items, found.notes) == ({"item": [own.item]}, ["User name: ada"])
    assert prepared("login.shop.example").items.keys() == {"item"}
    assert set(prepared("login.shop.example").items["item"]) == {item.item for item in others}
    by_domain = prepared("pay.shop.example", "shop.example")
    assert set(by_domain.items["item"]) == {own.item, *(item.item for item in others)}
    for host, domain in (("pay.shop.example", None), ("shop.example", None), ("www.shop.example.evil", "evil")):
        error = wallet.refused(secret.Login(host=host, domain=domain), own)
        assert (error.code, "leave it out" in error.message) == (ErrorCode.INVALID_PARAMS, True)
        with pytest.raises(RemoteError, match="has no login for") as caught:
            prepared(host, domain)
        assert caught.value.code is ErrorCode.UNKNOWN_ITEM


def test_a_login_or_a_code_for_a_place_is_given_with_its_item(wallet: Wallet) -> None:
    login = wallet.create("x", b"sesame", kind="login", attributes={"host": "shop.example", "user": "ada"})
    code = wallet.create("x", b"12345678901234567890", kind="code", attributes={"host": "shop.example"})
    ask = secret.Login(host="shop.example", item=REFERENCE)
    answer = wallet.secrets.call(ask, client=SHOP, item=login.item)
    assert (answer.value, answer.item.attributes["user"]) == (b"sesame", "ada")
    of_code = wallet.secrets.call(secret.LoginCode(host="shop.example", item=REFERENCE), client=SHOP, item=code.item)
    assert len(of_code.value) == 6
    for item in (code, wallet.create("x", b"1", attributes={"host": "shop.example"})):
        assert wallet.refused(ask, item).code is ErrorCode.INVALID_PARAMS
    assert wallet.refused(secret.Login(host="shop.example")).code is ErrorCode.INVALID_PARAMS


def test_the_kinds_that_the_document_names_for_codes_are_those_that_have_them(wallet: Wallet) -> None:
    methods = supplied()["secret/1"].document.methods
    options = methods["create"].params["kind"].options
    kinds = methods["code"].params["item"].kinds
    assert kinds
    for kind in set(options) - {"group"}:
        item = wallet.create("x", b"12345678901234567890", kind=kind)
        with nullcontext() if kind in kinds else pytest.raises(RemoteError, match="no key for one-time codes"):
            wallet.secrets.call(secret.Code(item=REFERENCE), client=SHOP, item=item.item)


def test_a_revealed_value_goes_to_the_dialog_alone_under_the_call(wallet: Wallet) -> None:
    item = wallet.create("L" * 200, "gehëim".encode())
    answer = wallet.secrets.call(secret.Reveal(item=REFERENCE), client=SHOP, item=item.item)
    assert answer == secret.RevealResult()
    assert wallet.dialog.shown == [dialog.Reveal(title="L" * 200, secret="gehëim".encode())]
    assert wallet.dialog.under == ["call-1"]
    binary = wallet.create("x", b"\xff", kind="file")
    with pytest.raises(RemoteError, match="is no text"):
        wallet.secrets.call(secret.Reveal(item=REFERENCE), client=SHOP, item=binary.item)


def test_others_are_served_while_the_user_looks(tmp_path: Path) -> None:
    shown: list[Message] = []
    arrived = threading.Event()

    def show(message: Message) -> None:
        shown.append(message)
        arrived.set()

    end = ShownSecrets().end
    storage_peer = Peer("etui.extensions.storage_software", environ={"ETUI_FOLDER": str(tmp_path)})
    with (
        storage_peer,
        Peer("etui.extensions.secrets", handlers={"storage/1": relay(storage_peer), "dialog/1": show}) as peer,
    ):
        peer.keys["dialog/1"] = end.public
        item = peer.call(secret.Create(kind="note", label="x", value=b"seen"), client=SHOP).item
        answers: list[secret.RevealResult] = []
        reveal = secret.Reveal(item=REFERENCE)
        waiting = threading.Thread(target=lambda: answers.append(peer.call(reveal, client=SHOP, item=item.item)))
        waiting.start()
        assert arrived.wait(20)
        peer.call(secret.Update(item=REFERENCE, value=b"changed"), client=SHOP, item=item.item)
        assert peer.call(secret.Read(item=REFERENCE), client=SHOP, item=item.item).value == b"changed"
        assert answers == []
        peer.answer(shown[0])
        waiting.join()
        assert answers == [secret.RevealResult()]
        assert end.decode(dialog.Reveal, bytes(shown[0].params)).secret == b"seen"


def test_passwords_are_made_of_characters_or_words(wallet: Wallet) -> None:
    def generated(request: secret.Generate) -> str:
        return wallet.secrets.call(request, client=SHOP).value.decode()

    assert len(generated(secret.Generate())) == 20
    assert generated(secret.Generate(length=4)).isalnum()
    assert not generated(secret.Generate(length=40, symbols=True)).isalnum()
    assert len(generated(secret.Generate(words=6)).split()) == 6
    for wrong in (secret.Generate(words=6, length=20), secret.Generate(words=6, symbols=True)):
        with pytest.raises(RemoteError) as caught:
            generated(wrong)
        assert caught.value.code is ErrorCode.INVALID_PARAMS


def test_the_inventory_has_every_item_in_the_order_of_ids(wallet: Wallet) -> None:
    items = [wallet.create(str(number), b"x") for number in range(5)]
    ids = sorted(item.item for item in items)
    first = wallet.secrets.call(extension.Inventory(limit=3), client=SHOP)
    rest = wallet.secrets.call(extension.Inventory(after=first.items[-1].item), client=SHOP)
    assert [item.item for item in first.items + rest.items] == ids
    assert (first.more, rest.more) == (True, False)
    located = wallet.secrets.call(extension.Locate(ids=[ids[1], "absent"]), client=SHOP)
    assert located.items == [item for item in items if item.item == ids[1]]


def test_an_inventory_of_large_entries_comes_in_several_pages(wallet: Wallet) -> None:
    attributes = {str(number): "v" * 4000 for number in range(4)}
    for number in range(40):
        wallet.create(str(number), attributes=attributes)
    first = wallet.secrets.call(extension.Inventory(), client=SHOP)
    assert first.more
    assert len(first.items) == 32


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"label": "x" * 1001}, ErrorCode.INVALID_PARAMS),
        ({"attributes": {"a": "v" * 4097}}, ErrorCode.INVALID_PARAMS),
        ({"attributes": {str(number): "" for number in range(201)}}, ErrorCode.TOO_LARGE),
        ({"value": bytes((1 << 20) + 1)}, ErrorCode.TOO_LARGE),
    ],
)
def test_what_is_too_long_is_refused(wallet: Wallet, members: dict[str, Any], code: ErrorCode) -> None:
    request = secret.Create(**{"kind": "note", "label": "x", **members})
    assert wallet.refused(request).code is code
    assert wallet.find() == []


def test_a_full_storage_refuses_and_nothing_changes(tmp_path: Path) -> None:
    with (
        Peer("etui.extensions.storage_software", environ={"ETUI_FOLDER": str(tmp_path)}) as storage_peer,
        Peer("etui.extensions.secrets", handlers={"storage/1": relay(storage_peer, quota=2000)}) as peer,
    ):
        item = peer.call(secret.Create(kind="note", label="x", value=b"kept"), client=SHOP).item
        attempts: tuple[Request[Any], ...] = (
            secret.Update(item=REFERENCE, value=bytes(3000)),
            secret.Create(kind="note", label="y", value=bytes(3000)),
        )
        for attempt in attempts:
            with pytest.raises(RemoteError) as caught:
                peer.call(attempt, client=SHOP, item=item.item)
            assert caught.value.code is ErrorCode.QUOTA
        assert peer.call(secret.Read(item=REFERENCE), client=SHOP, item=item.item).value == b"kept"
        assert len(peer.call(secret.Find(), client=SHOP).items) == 1


def test_a_storage_that_is_away_is_an_error_until_it_is_back(tmp_path: Path) -> None:
    storages = [Peer("etui.extensions.storage_software", environ={"ETUI_FOLDER": str(tmp_path)})]

    def latest(message: Message) -> bytes | None:
        return relay(storages[-1])(message)

    with Peer("etui.extensions.secrets", handlers={"storage/1": latest}) as peer:
        peer.call(secret.Create(kind="note", label="x", value=b"1"), client=SHOP)
        storages[-1].kill()
        with pytest.raises(RemoteError) as caught:
            peer.call(secret.Create(kind="note", label="y", value=b"2"), client=SHOP)
        assert caught.value.code is ErrorCode.UNAVAILABLE
        storages.append(Peer("etui.extensions.storage_software", environ={"ETUI_FOLDER": str(tmp_path)}))
        assert [item.label for item in peer.call(secret.Find(), client=SHOP).items] == ["x"]
    storages[-1].close()


def test_a_start_without_storage_or_with_another_key_shows_nothing_and_breaks_nothing(wallet: Wallet) -> None:
    wallet.create("x", b"1")
    wallet.secrets.close()
    with Peer("etui.extensions.secrets") as alone, pytest.raises(RemoteError) as caught:
        alone.call(secret.Find(), client=SHOP)
    assert caught.value.code is ErrorCode.NO_PROVIDER
    with Peer("etui.extensions.secrets", key=bytes(32), handlers={"storage/1": relay(wallet.storage)}) as other:
        assert other.call(secret.Find(), client=SHOP).items == []
    with Peer("etui.extensions.secrets", handlers={"storage/1": relay(wallet.storage)}) as same:
        assert len(same.call(secret.Find(), client=SHOP).items) == 1


@pytest.mark.parametrize("key", [b"", KEY[:31]])
def test_without_its_key_it_does_not_start(key: bytes) -> None:
    peer = Peer("etui.extensions.secrets", key=key)
    os.waitid(os.P_PID, peer.pid, os.WEXITED | os.WNOWAIT)
    peer.close()
    assert os.waitstatus_to_exitcode(peer.status or 0) == 1
    assert "unlock the wallet again" in peer.stderr()


def test_what_was_acknowledged_survives_kills_of_both_processes(wallet: Wallet) -> None:
    acknowledged: dict[str, bytes] = {}
    enough = threading.Event()

    def create(first: int, until: int) -> None:
        with suppress(ConnectionLost, RemoteError):
            for number in range(first, first + 1000):
                value = os.urandom(600)
                item = wallet.create(str(number), b"first", attributes={"number": str(number)})
                wallet.update(item, value=value)
                acknowledged[item.item] = value
                if number == until:
                    enough.set()

    for first in range(0, 3000, 1000):
        enough.clear()
        creator = threading.Thread(target=create, args=(first, first + 9 + first // 300))
        creator.start()
        assert enough.wait(60)
        wallet.kill()
        creator.join()
        wallet.start()
    items = {item.item: item for item in wallet.secrets.call(secret.Find(), client=SHOP).items}
    assert len(acknowledged) >= 30
    assert acknowledged.keys() <= items.keys()
    for item, value in acknowledged.items():
        assert wallet.read(items[item]) == value
    for item in items.keys() - acknowledged.keys():
        assert wallet.read(items[item]) is not None
