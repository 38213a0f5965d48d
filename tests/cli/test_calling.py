"""``etui call``: methods of an interface that Etui has never seen, held to its document, and secrets both ways."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from tests.cli.etui import done, etui, run, told
from tests.cli.test_typed import at_terminal
from tests.examples.packages import etui as publish
from tests.examples.packages import package

from etui.testkit import TestWallet

_PARKING = "org.example.parking/1"
_EXTENSION = "ext:org.example/org.example.parking"
_BUY = ("zone=A", "plate=M-AB 123", "minutes=60", "amount=2.40", "currency=EUR")


@pytest.fixture(scope="module")
def parking_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = tmp_path_factory.mktemp("publisher") / "publisher.pem"
    publish("extension", "keygen", "--no-passphrase", key)
    return package(Path(__file__).parents[2] / "examples/parking/extension", key)


@pytest.fixture
def parking(wallet: TestWallet, parking_package: Path) -> TestWallet:
    """The wallet with the Extension, to whose terms its user agrees."""
    done(wallet, "extension", "install", str(parking_package))
    wallet.user.rule("approve", when={"face": "read_text"})
    return wallet


def called(wallet: TestWallet, method: str, *words: str) -> str:
    return done(wallet, "call", _PARKING, method, *words)


def refused(wallet: TestWallet, *words: str, stdin: str = "") -> str:
    """What `etui call` says of a command line that is wrong."""
    result = etui(wallet, "call", *words, stdin=stdin)
    assert result.returncode == 2, result.stderr
    assert result.stdout == ""
    return result.stderr


@pytest.mark.shares_wallet
def test_a_strangers_method_is_called_and_its_result_printed_for_people_and_programs(parking: TestWallet) -> None:
    assert called(parking, "quote", "zone=A", "minutes=60") == "amount    2.40 EUR\ncurrency  EUR\n"
    asked = told(parking, "call", "--to", _EXTENSION, _PARKING, "quote", "zone=A", "minutes=60")
    assert asked == {"amount": 240, "currency": "EUR"}


def test_what_costs_is_asked_for_as_of_every_program(parking: TestWallet) -> None:
    parking.user.refuses(action_contains="buy")
    result = etui(parking, "call", _PARKING, "buy", *_BUY)
    assert result.returncode == 7
    assert parking.user.asked()[-1]["lead"] == "wants to buy 60 minutes of parking in zone A for M-AB 123"


def test_an_amount_is_written_as_people_do_and_its_currency_said(parking: TestWallet) -> None:
    parking.user.refuses(action_contains="buy")
    etui(parking, "call", _PARKING, "buy", *_BUY[:3], "amount=2.4", "currency=EUR")
    assert dict(parking.user.asked()[-1]["lines"])["Price"] == "2.40 EUR"
    said = refused(parking, "payment/1", "pay", "order=1", "request=x", "amount=12.50")
    assert "amount is an amount of money: say of which currency, as currency=EUR" in said
    shown = done(parking, "interface", "show", "payment/1")
    assert "amount?: money in currency, currency?: text" in shown


@pytest.mark.shares_wallet
def test_an_item_is_named_by_words_and_a_secret_of_the_result_goes_to_one_command_alone(parking: TestWallet) -> None:
    reference = called(parking, "buy", *_BUY).split()[-1]
    shown = etui(parking, "call", _PARKING, "show", "permit=M-AB 123", "--stdin", "--", "cat")
    code = shown.stdout
    assert code, shown.stderr
    assert "plate" in shown.stderr
    assert code not in shown.stderr

    printed = etui(parking, "call", _PARKING, "show", f"permit={reference}")
    assert "plate  M-AB 123" in printed.stdout
    assert code not in printed.stdout + printed.stderr
    assert "code is secret and not printed" in printed.stderr
    members = told(parking, "call", _PARKING, "show", f"permit={reference}")
    assert set(members) == {"zone", "plate", "until"}


@pytest.mark.shares_wallet
def test_a_secret_is_given_by_file_pipe_or_hand_and_never_on_the_command_line(
    wallet: TestWallet, short_dir: Path
) -> None:
    create = ("secret/1", "create", "kind=pin")
    (short_dir / "pin").write_text("1234")
    done(wallet, "call", *create, "label=File", f"value@{short_dir / 'pin'}")
    done(wallet, "call", *create, "label=Pipe", "value@-", stdin="2345\n")
    status, shown = at_terminal(
        wallet, ["call", *create, "label=Hand", "value@-"], {": ": "3456", "once more: ": "3456"}
    )
    assert status == 0, shown
    assert "3456" not in shown
    for label, value in (("file", "1234"), ("pipe", "2345"), ("hand", "3456")):
        assert done(wallet, "use", label, "--stdin", "--", "cat") == value

    said = refused(wallet, *create, "label=Line", "value=4567")
    assert "value is secret" in said
    assert "4567" not in said


@pytest.mark.shares_wallet
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["buy", *_BUY, "colour=red"], "buy takes no colour; it takes zone, plate, minutes, amount, currency"),
        (["buy", "zone=A", *_BUY], "zone is given twice"),
        (["quote", "zone=A"], "quote also needs minutes, a whole number, at least 10, at most 43200"),
        (["quote", "zone=A", "minutes=5"], "minutes has to be a whole number, at least 10, at most 43200"),
        (["quote", "zone=A", "minutes=1h"], "minutes has to be a whole number"),
        (["quote", f"zone={'A' * 21}", "minutes=60"], "zone has to be a text, at most 20 characters"),
        (["quote", "zone=A", "minutes@/dev/null"], "give it as minutes=VALUE"),
        (["buy", *_BUY[:3], "amount=2,40", "currency=EUR"], "amount: “2,40” is no amount as 4.50"),
        (["buy", *_BUY[:3], "amount=2.405", "currency=EUR"], "amount: 2.405 has more decimals than EUR, which has 2"),
        (["buy", *_BUY[:3], "amount=2.40", "currency=euro"], "amount: “euro” is no currency"),
        (["buy", *_BUY[:3], "amount=1000.01", "currency=EUR"], "an amount, at least 0.00 EUR, at most 1000.00 EUR"),
        (["buy", *_BUY[:3], "currency=EUR"], "buy also needs amount, an amount as 4.50, with currency"),
        (["quote", "zone=A", "60"], "a value is given as NAME=VALUE"),
        (["quote", "zone=A", "minutes=60", "--", "cat"], "there is no secret in what quote answers"),
        (["show", "permit=A", "--field", "zone", "--", "cat"], "say which secret with --field: code"),
        (["quote", "zone=A", "minutes=60", "--stdin"], "-- COMMAND"),
    ],
)
def test_what_does_not_fit_the_document_is_refused_with_what_fits_before_anything_is_asked(
    parking: TestWallet, words: list[str], said: str
) -> None:
    before = parking.user.asked()
    assert said in refused(parking, _PARKING, *words)
    assert parking.user.asked() == before


@pytest.mark.shares_wallet
def test_a_place_within_a_list_or_an_object_is_named(wallet: TestWallet) -> None:
    assert "attributes[user] has to be a text" in refused(wallet, "secret/1", "find", 'attributes={"user": 3}')
    assert "attributes has to be an object in JSON" in refused(wallet, "secret/1", "find", "attributes=user")
    done(wallet, "add", "Mail", "-a", "user=ada", stdin="hunter2")
    (found,) = told(wallet, "call", "secret/1", "find", 'attributes={"user": "ada"}')["items"]
    assert found["label"] == "Mail"


@pytest.mark.shares_wallet
def test_what_is_not_there_is_named(wallet: TestWallet) -> None:
    unknown = etui(wallet, "call", "secret/1", "steal")
    assert unknown.returncode == 8
    assert "secret/1 has no method “steal”; it has " in unknown.stderr
    assert etui(wallet, "call", "org.example.nothing/1", "do").returncode == 8
    assert (
        msgspec.json.decode(etui(wallet, "call", "secret/1", "steal", "--json").stderr)["error"]["code"] == "not_found"
    )


def test_a_wrong_command_line_needs_no_wallet_to_be_told(short_dir: Path) -> None:
    environ = {"ETUI_HOME": str(short_dir / "none"), "XDG_RUNTIME_DIR": str(short_dir)}
    assert run("call", "secret/1", "read", environ=environ).returncode == 2
    assert run("call", "secret/1", "read", "item=r1.x", environ=environ).returncode == 5
