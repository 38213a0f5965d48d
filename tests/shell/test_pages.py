"""What the Shell shows and does, of Extensions that it knows and of those that it has never seen."""

from __future__ import annotations

import re
import sys

import pytest
from tests.shell.visitor import Visitor
from tests.trusted.router.strangers import Stranger

from etui.interfaces import python_module, read_document
from etui.interfaces import secret_1 as secret
from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ProtocolError
from etui.sdk import Client
from etui.shell import words
from etui.standards.sizes import size
from etui.testkit import TestWallet
from etui.testkit.user import OVERSEE

SECRETS = "/of/etui/org.etui.secrets"
VALUE = b"correct horse battery"
_TILL = """
from etui.sdk import Extension, provides

class Till(Extension):
    @provides(Pay)
    def pay(self, request, call):
        return PayResult()

if __name__ == "__main__":
    Till().run()
"""
_BUYING = """
import sys

from etui.sdk import Client, RemoteError

with Client.connect() as wallet:
    try:
        wallet.call_raw("org.example.till/1.pay", b'{"amount": %s, "currency": "EUR"}' % sys.argv[1].encode())
        print("paid")
    except RemoteError as error:
        print(error.code.slug)
"""
_CODE = """
from etui.sdk import Extension, Item, provides

class Stamps(Extension):
    count = 3

    def inventory(self):
        return [Item(item="one", kind="card", label="Corner café", attributes={"stamps": str(self.count)})]

    @provides(Stamp)
    def stamp(self, request, call):
        self.count += request.more
        parts = [Part(name="Cup", fee=5)]
        return StampResult(stamps=self.count, until=1_900_000_000, price=250, currency="EUR", parts=parts)

    @provides(Programs)
    def programs(self, request, call):
        return ProgramsResult()

    @provides(Tell)
    def tell_secret(self, request, call):
        return TellResult(value=b"never here")

    @provides(Advert)
    def advert(self, request, call):
        return AdvertResult(text="Ten stamps are a coffee.")

    @provides(Hours)
    def hours(self, request, call):
        return HoursResult(text="From eight to six.")

if __name__ == "__main__":
    Stamps().run()
"""


def reference(visitor: Visitor, label: str, path: str = SECRETS) -> str:
    """The path of an item's page, by its name in a list."""
    page = visitor.get(f"{path}?text={label}").text
    found = re.search(rf'href="[./]+({re.escape(path)}/r1\.[\w-]+)"', page)
    assert found, page
    return found[1]


@pytest.fixture
def item(wallet: TestWallet, visitor: Visitor) -> str:
    """The page of a login that was stored by another program."""
    with wallet.connect() as client:
        made = secret.Create(
            kind="login", label="Mailbox", value=VALUE, attributes={"server": "imap.example"}, replace=True
        )
        client.call(made)
    return reference(visitor, "Mailbox")


def test_the_wallet_is_a_stack_of_extensions_with_what_each_holds(
    wallet: TestWallet, visitor: Visitor, item: str
) -> None:
    del wallet, item
    page = visitor.get("/").text
    assert re.search(r"Secrets</a></h2>.*?Login <span", page, re.DOTALL)
    assert "Ready, and empty so far" in page
    logo = visitor.get(f"{SECRETS}/logo.png")
    assert (logo.status, logo.headers["content-type"]) == (200, "image/png")
    assert visitor.get("/of/nobody/nothing").status == 403


def test_an_item_shows_what_is_public_and_what_may_be_done_and_never_its_value(
    wallet: TestWallet, visitor: Visitor, item: str
) -> None:
    page = visitor.get(item).text
    assert "imap.example" in page
    assert "Show in the Trusted Dialog" in offered(page)
    assert VALUE.decode() not in page
    for sealed in ('value="read"', 'value="update"'):
        assert sealed not in offered(page), "what takes or gives a secret is not offered"
    wallet.user.rule("approve", when={"face": "reveal"})
    told = visitor.does(f"{item}/do", {"interface": "secret/1", "method": "reveal"}, on=item)
    assert told == "Show in the Trusted Dialog: done."
    assert any(entry.get("face") == "reveal" for entry in wallet.user.shown())


@pytest.mark.attack(174)
def test_what_is_not_offered_is_not_done(wallet: TestWallet, visitor: Visitor, item: str) -> None:
    with wallet.connect() as client:
        for method in ("read", "update", "create", "no_such"):
            told = visitor.does(f"{item}/do", {"interface": "secret/1", "method": method}, on=item)
            assert told == "this is nothing that may be done here"
        assert "secret/1.read" not in {row.action for row in client.call(shell_interface.Audit()).records}


def test_what_is_removed_is_gone_and_its_page_says_so(wallet: TestWallet, visitor: Visitor, item: str) -> None:
    del wallet
    assert visitor.does(f"{item}/do", {"interface": "secret/1", "method": "delete"}, on=item) == "Delete: done."
    assert visitor.get(item).status == 404


@pytest.mark.attack(173)
def test_what_a_document_says_in_more_than_a_title_is_text_with_code_in_it() -> None:
    said = words.brief("Use `<b>` at <i>once</i>. More of it.")
    assert said == "Use <code>&lt;b&gt;</code> at &lt;i&gt;once&lt;/i&gt;."


def test_a_search_finds_in_every_extension(wallet: TestWallet, visitor: Visitor, item: str) -> None:
    del wallet, item
    assert "Mailbox" in visitor.get("/?text=mailb+login").text
    assert "Nothing fits." in visitor.get("/?text=mailb+nothing").text


def test_a_search_goes_on_past_an_extension_that_cannot_be_started(
    wallet: TestWallet, visitor: Visitor, item: str
) -> None:
    del item
    broken = Stranger("broken", "raise SystemExit", {"tell": {"title": "Tell", "effect": "none"}})
    broken.install(wallet)
    page = visitor.get("/?text=mailb+login").text
    assert "Mailbox" in page
    assert "Not among these: Broken: " in page


def test_many_items_come_in_pages(wallet: TestWallet, visitor: Visitor) -> None:
    with wallet.connect() as client:
        for number in range(60):
            client.call(secret.Create(kind="note", label=f"Page {number:02}", value=b"x"))
    first = visitor.get(f"{SECRETS}?text=Page").text
    assert "1 to 50 of 60" in first
    second = visitor.get(f"{SECRETS}?text=Page&skip=50").text
    assert "51 to 60 of 60" in second
    assert ("Page 49" in first, "Page 50" in first, "Page 50" in second) == (True, False, True)
    for skip in ("-1", "x", "9" * 30):
        assert "1 to 50 of 60" in visitor.get(f"{SECRETS}?text=Page&skip={skip}").text


def test_the_space_that_each_extension_uses_is_told_to_whom_may_see_the_wallet(
    wallet: TestWallet, visitor: Visitor
) -> None:
    def used(client: Client) -> shell_interface.Room:
        rooms = {room.extension: room for room in client.call(shell_interface.Space()).rooms}
        assert all(room.quota_bytes >= room.bytes for room in rooms.values())
        assert "ext:etui/org.etui.storage_software" not in rooms, "it keeps nothing of its own"
        return rooms["ext:etui/org.etui.secrets"]

    with wallet.connect() as client:
        before = used(client)
        client.call(secret.Create(kind="note", label="Long", value=bytes(5000)))
        after = used(client)
        assert after.records > before.records
        assert 5000 < after.bytes - before.bytes < 10_000
        page = re.sub(r"\s+", " ", visitor.get("/extensions").text)
        assert f"{size(after.bytes)} used of {size(after.quota_bytes)}" in page
        (row,) = [
            row for row in wallet.etui("extension", "list", "--space").stdout.splitlines() if "org.etui.secrets" in row
        ]
        assert size(after.bytes) in row
        wallet.user.forgets()
        wallet.user.refuses()
        with pytest.raises(ProtocolError, match="refused"):
            client.call(shell_interface.Space())
        page = visitor.get("/extensions").text
        assert "It may keep 64 MiB" in page
        assert "used of" not in page


def offered(page: str) -> str:
    """The part of an item's page on which stands what may be done with it."""
    return page.partition("<h2>What you can do with it</h2>")[2].partition("<h2>Who may use it</h2>")[0]


def test_rights_are_told_in_words_and_taken_back_at_once(wallet: TestWallet, visitor: Visitor) -> None:
    wallet.etui("grant", "app:/opt/friend", "secret/1.read")
    page = visitor.get("/clients").text
    assert "app:/opt/friend" in page
    assert "<strong>Secrets</strong>: Read" in page
    limited = ("--currency", "EUR", "--limit", "20", "--each", "5", "--period", "30d", "--until", "2031-01-01")
    wallet.etui("grant", "app:/opt/friend", "apdu/1.arm", *limited)
    page = re.sub(r"\s+", " ", visitor.get("/clients").text)
    assert "you gave it" in page
    assert "2031" in page
    assert "up to 20.00 EUR every 30 days, at most 5.00 EUR at once, 20.00 EUR left" in page
    told = visitor.does("/revoke", {"client": "app:/opt/friend"}, on="/clients")
    assert told == "2 rights were taken back."
    assert "app:/opt/friend" not in visitor.get("/clients").text


def test_many_rights_of_a_program_have_pages_of_their_own(wallet: TestWallet, visitor: Visitor) -> None:
    with wallet.connect() as client:
        for number in range(2, 122):
            client.call(wallet_interface.Grant(client="app:/opt/busy", action="secret/1.read", uses=number))
    page = visitor.get("/clients?text=OPT%20busy").text
    assert page.count("uses left") == 100
    found = re.search(r'href="\.(/clients\?client=[^"]*busy)">All 120 rights<', page)
    assert found, page
    first = visitor.get(found[1]).text
    assert "1 to 50 of 120" in first
    last = visitor.get(f"{found[1]}&skip=100").text
    assert "101 to 120 of 120" in last
    assert (">Back<" in last, ">Further<" in last, ">Further<" in first) == (True, False, True)
    assert "No such program." in visitor.get("/clients?text=busy%20nobody").text
    assert visitor.does("/revoke", {"client": "app:/opt/busy"}, on="/clients") == "120 rights were taken back."


def test_a_right_is_lowered_at_once_and_raised_by_the_dialog(wallet: TestWallet, visitor: Visitor) -> None:
    wallet.etui("grant", "app:/opt/arcade", "apdu/1.arm", "--currency", "EUR", "--limit", "20", "--each", "5")
    with wallet.connect() as client:
        (grant,) = client.call(shell_interface.Grants(client="app:/opt/arcade")).grants
        wallet.user.forgets()
        wallet.user.refuses()
        wallet.user.approves(action_contains=OVERSEE)
        lowered = {"grant": grant.grant, "limit": "7.50", "each": "", "uses": "3", "until": "2031-01-01T12:00"}
        assert visitor.does("/amend", lowered, on="/clients") == "The right is lowered."
        page = re.sub(r"\s+", " ", visitor.get("/clients").text)
        assert "3 uses left, up to 7.50 EUR, at most 5.00 EUR at once, 7.50 EUR left" in page
        raised = {"grant": grant.grant, "limit": "100", "each": "", "uses": "", "until": ""}
        wallet.user.forgets()
        wallet.user.approves()
        assert visitor.does("/amend", raised, on="/clients") == "The right is raised."
        assert client.call(shell_interface.Grants(client="app:/opt/arcade")).grants[0].limit_minor == 10_000
        wallet.user.forgets()
        wallet.user.refuses()
        wallet.user.approves(action_contains=OVERSEE)
        assert "the user refused" in visitor.does("/amend", raised | {"limit": "101"}, on="/clients")
        assert client.call(shell_interface.Grants(client="app:/opt/arcade")).grants[0].limit_minor == 10_000
    for wrong, words_ in (
        ({"limit": "x"}, "no amount as 4.50"),
        ({"each": "200"}, "no more each time"),
        ({"uses": "many"}, "whole number"),
        ({"until": "2001-01-01T12:00"}, "is past"),
        ({}, "nothing is to be changed"),
        ({"grant": "g-000000000000", "uses": "1"}, "no such right"),
    ):
        assert words_ in visitor.does("/amend", {"grant": grant.grant} | wrong, on="/clients")


def test_a_limit_that_is_lowered_from_the_page_holds_for_the_next_payment(wallet: TestWallet, visitor: Visitor) -> None:
    till = Stranger(
        "till",
        "",
        {
            "pay": {
                "title": "Pay",
                "effect": "use",
                "ask": "pay {amount} {currency}",
                "params": {
                    "amount": {
                        "type": "integer",
                        "title": "Amount",
                        "policy": "amount",
                        "money": "currency",
                        "material": True,
                    },
                    "currency": {"type": "text", "title": "Currency", "policy": "currency", "material": True},
                },
            }
        },
    )
    till.code = python_module(read_document(till.document)) + _TILL
    till.install(wallet)
    buyer = wallet.folder / "buyer.py"
    buyer.write_text(_BUYING, encoding="utf-8")

    def pays(amount_minor: int) -> str:
        before = len(wallet.user.asked())
        said = wallet.run(sys.executable, str(buyer), str(amount_minor)).stdout.strip()
        return f"{said}, asked {len(wallet.user.asked()) - before} times"

    assert pays(100) == "paid, asked 1 times"
    with wallet.connect() as client:
        right = wallet_interface.Grant(
            client=f"script:{buyer}@session",
            action="org.example.till/1.pay",
            limit_minor=5000,
            each_minor=1000,
            currency="EUR",
        )
        grant = client.call(right).grant
    wallet.user.forgets()
    wallet.user.refuses()
    wallet.user.approves(action_contains=OVERSEE)
    assert pays(800) == "paid, asked 0 times"
    lowered = {"grant": grant, "limit": "", "each": "5", "uses": "", "until": ""}
    assert visitor.does("/amend", lowered, on="/clients") == "The right is lowered."
    assert pays(800) == "refused, asked 1 times"
    assert pays(400) == "paid, asked 0 times"


def test_a_right_is_given_from_the_page_of_what_it_is_for(wallet: TestWallet, visitor: Visitor, item: str) -> None:
    page = visitor.get(item).text
    assert '<option value="secret/1.read">' in page
    form = {"client": "app:/opt/reader", "action": "secret/1.read", "uses": "2", "until": "", "only_for": ""}
    assert visitor.does(f"{item}/give", form, on=item) == "The right is given."
    assert wallet.user.asked()[-1]["lines"][:3] == [
        ["Client", "app:/opt/reader"],
        ["May", "secret/1.read"],
        ["Item", "Mailbox"],
    ]
    assert visitor.does(f"{SECRETS}/give", form | {"client": "app:/opt/other"}, on=SECRETS) == "The right is given."
    with wallet.connect() as client:
        given = {grant.client: grant for grant in client.call(shell_interface.Grants()).grants}
    assert (given["app:/opt/reader"].scope, given["app:/opt/reader"].uses_left) == ("item", 2)
    assert given["app:/opt/other"].scope == "extension"
    wallet.user.forgets()
    wallet.user.refuses()
    wallet.user.approves(action_contains=OVERSEE)
    refused = visitor.does(f"{item}/give", form | {"client": "app:/opt/third"}, on=item)
    assert "the user refused" in refused
    for wrong, words_ in (
        ({"client": ""}, "Program is missing"),
        ({"client": "session:1000"}, "cannot be told apart"),
        ({"action": "secret/1.none"}, "secret/1.none"),
        ({"currency": "EUR"}, "Amount in all is missing"),
        ({"limit": "5"}, "no currency"),
    ):
        assert words_ in visitor.does(f"{item}/give", form | wrong, on=item)


def test_activity_says_what_was_asked_for_and_why(wallet: TestWallet, visitor: Visitor, item: str) -> None:
    del wallet, item
    page = visitor.get("/activity?text=secret/1.create").text
    decision = re.search(r"/activity/(d-\w+)", page)
    assert decision, page
    why = visitor.get(f"/activity/{decision[1]}").text
    assert "What was asked for: “secret/1.create”" in why
    assert "<dd>Everybody may add something of their own. <small>manufacturer/add-own</small></dd>" in why
    assert "Secrets: Store a secret" in page
    usual, everything = (visitor.get(path).text for path in ("/activity", "/activity?all=1"))
    for passed_over in ("Storage: Write records", "The wallet as a Shell shows it: Items"):
        assert passed_over not in usual
        assert passed_over in everything


def test_activity_before_a_record_that_is_none_says_so(wallet: TestWallet, visitor: Visitor) -> None:
    del wallet
    told = visitor.get("/activity?before=unknown").text
    assert "That cannot be shown" in told
    assert "this is not the id of a decision" in told


def test_a_locked_wallet_shows_nothing_but_the_way_to_open_it(wallet: TestWallet, visitor: Visitor, item: str) -> None:
    assert visitor.post("/own/lock", {}).status == 303
    for path in ("/", item, "/clients", "/activity"):
        page = visitor.get(path).text
        assert "Your wallet is locked" in page
        assert "Mailbox" not in page
    assert "locked" in visitor.does("/revoke", {"client": "x"}, on="/clients")
    assert visitor.does("/own/unlock", {}) == "The wallet is open."
    assert "Mailbox" in visitor.get(item).text
    assert wallet.etui("status").returncode == 0


def promoted(visitor: Visitor) -> list[str]:
    """The links on the first page, by their titles."""
    return re.findall(r'/follow"[^>]*>.*?<button class="quiet">([^<]*)</button>', visitor.get("/").text, re.DOTALL)


def test_a_strangers_extension_looks_as_good_as_ours(wallet: TestWallet, visitor: Visitor) -> None:
    stamps = Stranger(
        "stamps",
        "",
        {
            "stamp": {
                "title": "Stamp it",
                "ask": "stamp “{card}”",
                "effect": "change",
                "params": {
                    "card": {
                        "type": "reference",
                        "title": "Card",
                        "kinds": ["card"],
                        "policy": "item",
                        "material": True,
                    },
                    "more": {"type": "integer", "title": "Stamps", "min": 1, "max": 10, "material": True},
                    "note": {"type": "text", "title": "Note", "optional": True},
                },
                "result": {
                    "stamps": {"type": "integer", "title": "Stamps"},
                    "until": {"type": "time", "title": "Good until"},
                    "price": {"type": "integer", "money": "currency"},
                    "parts": {"type": "list", "of": {"type": "named", "name": "Part"}},
                    "currency": {"type": "text"},
                },
            },
            "programs": {
                "title": "For programs",
                "effect": "use",
                "ask": "use “{card}”",
                "params": {
                    "card": {"type": "reference", "title": "Card", "policy": "item", "material": True},
                    "blob": {"type": "bytes"},
                },
            },
            "tell": {
                "title": "Tell the secret",
                "effect": "disclose",
                "ask": "be told “{card}”",
                "params": {"card": {"type": "reference", "title": "Card", "policy": "item", "material": True}},
                "result": {"value": {"type": "sealed"}},
            },
            "advert": {"title": "Offer", "effect": "none", "result": {"text": {"type": "text", "title": "Offer"}}},
            "hours": {"title": "Hours", "effect": "none", "result": {"text": {"type": "text", "title": "Open"}}},
        },
        extra='[[links]]\ntitle = "What ten stamps are"\nmethod = "org.example.stamps/1.advert"\n'
        '[[links]]\ntitle = "When we are open"\nmethod = "org.example.stamps/1.hours"\n',
        kinds={"card": {"title": "Stamp card", "plural": "Stamp cards"}},
        types={
            "Part": {
                "fields": {"name": {"type": "text"}, "fee": {"type": "integer", "title": "Fee", "money": "currency"}}
            }
        },
    )
    stamps.code = python_module(read_document(stamps.document)) + _CODE
    stamps.install(wallet)
    path = f"/of/org.example/{stamps.id}"
    home = visitor.get("/").text
    assert re.search(r"Stamps</a></h2>.*?Stamp card <span", home, re.DOTALL)
    assert promoted(visitor) == ["What ten stamps are"], "one at a time"
    told = visitor.does(f"{path}/follow", {"method": "org.example.stamps/1.advert"})
    assert told == "Offer: done. Offer Ten stamps are a coffee."
    hidden = visitor.does(f"{path}/hide", {"method": "org.example.stamps/1.advert"})
    assert hidden == "It is hidden, and on record."
    assert promoted(visitor) == ["When we are open"], "the next one comes"
    assert "Show again" in visitor.get("/extensions").text
    with wallet.connect() as client:
        record = client.call(shell_interface.Audit(limit=1, text="settings")).records[0]
        sentences = " ".join(client.call(wallet_interface.Why(id=record.id)).sentences)
        assert "'What ten stamps are' of Stamps is hidden, and reported" in sentences
    wallet.lock()
    wallet.unlock()
    assert promoted(visitor) == ["When we are open"], "it stays hidden"
    visitor.does(f"{path}/hide", {"method": "org.example.stamps/1.hours"})
    assert promoted(visitor) == []
    visitor.does(f"{path}/hide", {"method": "org.example.stamps/1.advert", "show": "1"}, on="/extensions")
    assert promoted(visitor) == ["What ten stamps are"]
    assert "publishes a link" in visitor.does(f"{path}/hide", {"method": "secret/1.delete"})
    assert "no such link" in visitor.does(f"{path}/follow", {"method": "org.example.stamps/1.stamp"})
    card = reference(visitor, "Corner", path)
    page = visitor.get(card).text
    assert "Stamp it" in page
    for left_out in ("For programs", "Tell the secret"):
        assert left_out not in offered(page)
        assert left_out in page, "a program may be given it"
    form = {"interface": "org.example.stamps/1", "method": "stamp", "more": "2"}
    told = visitor.does(f"{card}/do", form, on=card)
    assert "Stamps 5" in told
    assert "2030" in told
    assert "Price 2.50 EUR Parts Name: Cup, Fee: 0.05 EUR" in told
    assert "Currency" not in told, "it stands beside the amounts"
    assert "whole number" in visitor.does(f"{card}/do", {**form, "more": "two"}, on=card)
    assert "Stamps is missing" in visitor.does(f"{card}/do", {**form, "more": ""}, on=card)
