"""Items of another keyring: what comes of each, and what an undoing leaves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.extensions.secrets.test_process import GAME, REFERENCE, SHOP, Wallet

from etui.interfaces import Item
from etui.interfaces import secret_1 as secret
from etui.sdk import ErrorCode, RemoteError

SOURCE = "keyring"


@pytest.fixture
def wallet(tmp_path: Path) -> Iterator[Wallet]:
    wallet = Wallet(tmp_path)
    yield wallet
    wallet.kill()


def incoming(label: str = "Bank", value: bytes = b"pw", **more: Any) -> tuple[secret.Incoming, bytes]:  # noqa: ANN401
    return secret.Incoming(
        **{"kind": "password", "label": label, "attributes": {"host": "bank"}, "size": len(value), **more}
    ), value


def begun(wallet: Wallet, count: int = 20, source: str = SOURCE) -> secret.ImportResult:
    return wallet.secrets.call(secret.Import(source=source, count=count), client=SHOP)


def brought(wallet: Wallet, run: str, *items: tuple[secret.Incoming, bytes], **more: Any) -> list[str]:  # noqa: ANN401
    """What came of each: the outcome and, where there is one, the reason."""
    request = secret.ImportPart(
        run=run, items=[item for item, _ in items], values=b"".join(value for _, value in items), **more
    )
    outcomes = wallet.secrets.call(request, client=SHOP).outcomes
    return [f"{one.outcome}: {one.why}" if one.why else one.outcome for one in outcomes]


def undone(wallet: Wallet, name: str | None = None) -> secret.UndoImportResult:
    return wallet.secrets.call(secret.UndoImport(name=name), client=SHOP)


def everything(wallet: Wallet) -> list[Item]:
    return sorted(wallet.secrets.call(secret.Find(), client=SHOP).items, key=lambda item: item.label)


def read(wallet: Wallet, label: str) -> list[bytes]:
    return [wallet.read(item) or b"" for item in everything(wallet) if item.label == label]


def test_what_came_is_as_it_was_also_after_a_crash(wallet: Wallet) -> None:
    run = begun(wallet).run
    note = incoming("", bytes(range(256)), kind="note", attributes={}, content_type="x/y", created=5, modified=7)
    attributes = {f"name {n}": str(n) for n in range(200)} | {"xdg:schema": "org.example"}
    large = incoming("Large", bytes(1 << 20), attributes=attributes, created=3)
    assert brought(wallet, run, note) == ["taken"]
    assert brought(wallet, run, large, last=True) == ["taken"]
    for _ in range(2):
        first, second = everything(wallet)
        assert (first.label, first.kind, first.attributes, first.created, first.modified) == ("", "note", {}, 5, 7)
        described = wallet.secrets.call(secret.Describe(item=REFERENCE), client=SHOP, item=first.item)
        assert (described.content_type, wallet.read(first)) == ("x/y", note[1])
        assert (second.attributes, second.created, wallet.read(second)) == (large[0].attributes, 3, large[1])
        wallet.restart()


def test_each_item_is_new_or_there_or_differs_and_a_comparison_says_the_same(wallet: Wallet) -> None:
    wallet.create("Bank", b"pw", kind="password", client=GAME, attributes={"host": "bank", "user": "anna"})
    wallet.create("Shop", b"old", kind="password", attributes={"host": "shop"})
    wallet.create("Note", b"text", kind="note")
    wallet.create("Named", b"same", kind="password", attributes={"host": "named"})
    items = [
        incoming(attributes={"user": "anna", "host": "bank"}),
        incoming("Shop", b"new", attributes={"host": "shop"}),
        incoming("Shop renamed", b"old", attributes={"host": "shop"}),
        incoming("Otherwise named", b"same", attributes={"host": "named"}),
        incoming("Note", b"text", attributes={}, kind="note"),
        incoming("Of a schema", b"1", attributes={"xdg:schema": "note"}),
        incoming("Of that schema", b"2", attributes={"xdg:schema": "note"}),
        incoming("Note", b"other", attributes={}, kind="note"),
        incoming("Other note", b"text", attributes={}, kind="note"),
        incoming("Twice", attributes={"a": "1", "b": "2"}),
        incoming("Twice", attributes={"b": "2", "a": "1", "xdg:schema": "org.freedesktop.Secret.Generic"}),
        incoming("Twice", b"another", attributes={"a": "1", "b": "2"}),
    ]
    expected = [
        "there",
        "differs: the one here has another secret",
        "differs: another one with the same attributes comes with it",
        "differs: the one here has another name",
        "there",
        "taken",
        "taken",
        "differs: another one with the same attributes comes with it",
        "taken",
        "taken",
        "there: it comes twice",
        "differs: another one with the same attributes comes with it",
    ]
    compared = wallet.secrets.call(secret.Compare(source=SOURCE, count=20), client=SHOP).run
    before = everything(wallet)
    assert brought(wallet, compared, *items, last=True) == expected
    assert everything(wallet) == before
    assert brought(wallet, begun(wallet).run, *items, last=True) == expected
    assert sorted(read(wallet, "Shop")) == [b"new", b"old"]
    assert len(everything(wallet)) == 4 + 9


def test_what_cannot_be_kept_is_refused_by_itself(wallet: Wallet) -> None:
    items = [
        incoming(attributes={str(n): "" for n in range(201)}),
        incoming("x" * 1001),
        incoming(attributes={"": "nameless"}),
        incoming(attributes={"a": "x" * 4097}),
        incoming(content_type="x" * 201),
        incoming(value=bytes((1 << 20) + 1)),
        incoming("Good"),
    ]
    outcomes = brought(wallet, begun(wallet).run, *items, last=True)
    assert [outcome.partition(":")[0] for outcome in outcomes] == ["refused"] * 6 + ["taken"]
    assert [item.label for item in everything(wallet)] == ["Good"]


@pytest.mark.attack(239)
@pytest.mark.parametrize("name", ["etui:use.hosts", "etui:lasts", "etui:secret-service.alias"])
def test_an_attribute_planted_in_a_keyring_tells_the_wallet_nothing(wallet: Wallet, name: str) -> None:
    (outcome,) = brought(wallet, begun(wallet).run, incoming(attributes={name: "session"}), last=True)
    assert outcome.startswith(f"refused: its attribute {name} would tell this wallet what to do with it")
    assert everything(wallet) == []


def test_an_item_of_a_session_is_erased_with_it(wallet: Wallet) -> None:
    assert brought(wallet, begun(wallet).run, incoming(session=True), last=True) == ["taken"]
    assert everything(wallet)[0].attributes == {"host": "bank", "etui:lasts": "session"}
    assert brought(wallet, begun(wallet).run, incoming(session=True), last=True) == ["there"]


def test_a_collection_is_made_once_and_goes_once_it_is_empty(wallet: Wallet) -> None:
    theirs = wallet.create("Work", kind="group")
    first = begun(wallet)
    assert brought(wallet, first.run, incoming("One"), collection="Work") == ["taken"]
    assert brought(wallet, first.run, incoming("Two", attributes={"n": "2"}), collection="Work", last=True) == ["taken"]
    groups = [item for item in everything(wallet) if item.kind == "group"]
    assert len(groups) == 2
    (ours,) = (group for group in groups if group.item != theirs.item)
    assert {item.group for item in everything(wallet) if item.kind != "group"} == {ours.item}
    wallet.create("Put there later", b"x", in_group=ours.item)
    assert undone(wallet).removed == 2
    assert sorted(item.label for item in everything(wallet)) == ["Put there later", "Work", "Work"]


def test_what_was_changed_since_stays_and_is_named(wallet: Wallet) -> None:
    own = wallet.create("Own", b"x", attributes={"host": "own"})
    name = begun(wallet).name
    labels = ("Renamed", "Revalued", "Untouched")
    items = [incoming(label, attributes={"n": label}) for label in labels]
    assert brought(wallet, begun(wallet).run, *items, last=True) == ["taken"] * 3
    there = {item.label: item for item in everything(wallet)}
    wallet.update(there["Renamed"], label="New name")
    wallet.update(there["Revalued"], value=b"new value")
    wallet.restart()
    prepared = wallet.secrets.prepare(secret.UndoImport(), client=SHOP)
    assert prepared.notes == ["1 item that came with it will be deleted.", "2 items of it, changed since, will stay."]
    result = undone(wallet)
    assert (result.name, result.removed, sorted(result.kept)) == (name, 1, ["New name", "Revalued"])
    assert sorted(item.label for item in everything(wallet)) == ["New name", "Own", "Revalued"]
    assert wallet.read(own) == b"x"
    assert wallet.refused(secret.UndoImport()).code is ErrorCode.UNKNOWN_ITEM


def test_one_that_was_broken_off_is_gone_on_with_and_doubles_nothing(wallet: Wallet) -> None:
    first = begun(wallet)
    items = [incoming(str(n), attributes={"n": str(n)}) for n in range(4)]
    assert brought(wallet, first.run, *items[:2]) == ["taken"] * 2
    wallet.restart()
    assert wallet.refused(secret.ImportPart(run=first.run, items=[], values=b"")).code is ErrorCode.UNKNOWN_ITEM
    elsewhere = begun(wallet, source="another keyring")
    second = begun(wallet)
    assert (second.name == first.name, elsewhere.name == first.name) == (True, False)
    assert brought(wallet, second.run, *items, last=True) == ["there", "there", "taken", "taken"]
    assert begun(wallet).name != first.name
    assert undone(wallet, first.name).removed == 4
    assert everything(wallet) == []


def test_an_import_by_which_nothing_came_is_forgotten(wallet: Wallet) -> None:
    first = begun(wallet)
    brought(wallet, first.run, incoming(), last=True)
    assert brought(wallet, begun(wallet).run, incoming(), last=True) == ["there"]
    assert undone(wallet).name == first.name


def test_the_latest_import_is_undone_first_and_the_one_before_is_named(wallet: Wallet) -> None:
    first = begun(wallet)
    brought(wallet, first.run, incoming("First"), last=True)
    second = begun(wallet)
    brought(wallet, second.run, incoming("Second", attributes={"n": "2"}), last=True)
    assert second.name != first.name
    result = undone(wallet)
    assert (result.name, result.removed, result.earlier) == (second.name, 1, first.name)
    assert [item.label for item in everything(wallet)] == ["First"]
    assert undone(wallet).earlier is None


@pytest.mark.attack(238)
def test_nobody_goes_on_with_the_yes_that_another_was_given_nor_beyond_what_it_was_to(wallet: Wallet) -> None:
    run = begun(wallet, count=1).run
    item, value = incoming()
    for handle, client in ((run, GAME), ("0" * 32, SHOP)):
        with pytest.raises(RemoteError) as caught:
            wallet.secrets.call(secret.ImportPart(run=handle, items=[item], values=value), client=client)
        assert caught.value.code is ErrorCode.UNKNOWN_ITEM
    assert wallet.refused(secret.ImportPart(run=run, items=[item, item], values=value * 2)).code is (
        ErrorCode.INVALID_PARAMS
    )
    assert brought(wallet, run, (item, value)) == ["taken"]
    assert wallet.refused(secret.ImportPart(run=run, items=[item], values=value)).code is ErrorCode.INVALID_PARAMS


def test_values_that_do_not_fit_their_sizes_are_refused_whole(wallet: Wallet) -> None:
    item, value = incoming()
    request = secret.ImportPart(run=begun(wallet).run, items=[item], values=value + b"x")
    assert wallet.refused(request).code is ErrorCode.INVALID_PARAMS
    assert everything(wallet) == []
