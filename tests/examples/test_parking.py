"""examples/parking: an interface that Etui has never seen, from the publisher's folder to the last permit."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from msgspec import json
from tests.examples.packages import changed, etui, package, valet

from etui.interfaces import wallet_1
from etui.sdk import Client, Envelope, ErrorCode, Item, RemoteError
from etui.testkit import TestWallet

PARKING = Path(__file__).resolve().parents[2] / "examples" / "parking"
METER = PARKING / "client" / "meter.py"
DOCUMENT = PARKING / "extension" / "org.example.parking-1.json"
ENDED = "org.example.parking/1.ended"
EXTENSION = "ext:org.example/org.example.parking"
HOUR = ("buy", "A", "M-AB 123", "60")  # 2.40 EUR


@pytest.fixture(scope="module")
def publisher_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = tmp_path_factory.mktemp("publisher") / "publisher.pem"
    etui("extension", "keygen", "--no-passphrase", key)
    return key


@pytest.fixture(scope="module")
def parking(publisher_key: Path) -> Path:
    return package(PARKING / "extension", publisher_key)


@pytest.fixture
def wallet(parking: Path, made_wallet: TestWallet) -> TestWallet:
    """A wallet with the Extension, whose user agrees to its terms, and says yes to nothing."""
    made_wallet.user.approves(action_contains="install", times=1)
    assert done(made_wallet.etui("extension", "install", str(parking))).startswith("Installed")
    made_wallet.user.rule("approve", when={"face": "read_text"})
    return made_wallet


def done(process: subprocess.CompletedProcess[str]) -> str:
    assert process.returncode == 0, process.stderr
    return process.stdout


def meter(wallet: TestWallet, *arguments: str) -> subprocess.CompletedProcess[str]:
    return wallet.run(sys.executable, str(METER), *arguments)


def bought(wallet: TestWallet) -> str:
    """The meter's reference to a permit that it has bought with the user's yes."""
    wallet.user.approves(action_contains="buy", times=1)
    return done(meter(wallet, *HOUR)).splitlines()[0]


def asked(wallet: TestWallet) -> list[str]:
    return [question["lead"] for question in wallet.user.asked()]


class Answer(msgspec.Struct):
    """What the requests of this test's own are answered with."""

    permit: Item | None = None
    permits: list[Item] = []


def call(client: Client, method: str, *, quiet: bool = False, **params: str | int) -> Answer:
    """A request of this test's own, which is another Client than the meter."""
    answer = client.call_raw(f"org.example.parking/1.{method}", json.encode(params), Envelope(quiet=quiet))
    return json.decode(answer, type=Answer)


def bought_here(client: Client, wallet: TestWallet) -> str:
    """This test's own reference to a permit that it has bought with the user's yes."""
    wallet.user.approves(action_contains="buy", times=1)
    permit = call(client, "buy", zone="A", plate="M-CD 7", minutes=60, amount=240, currency="EUR").permit
    assert permit is not None
    return permit.item


@pytest.mark.shares_wallet
def test_the_typed_python_is_that_of_the_document_before_and_after_installing(wallet: TestWallet) -> None:
    generated = etui("interface", "generate", DOCUMENT)

    assert (PARKING / "extension" / "parking_1.py").read_text() == generated
    assert (PARKING / "client" / "parking_1.py").read_text() == generated
    assert done(wallet.etui("interface", "generate", "org.example.parking/1")) == generated


@pytest.mark.shares_wallet
def test_installing_asks_with_the_publisher_and_what_the_extension_may_do(wallet: TestWallet) -> None:
    (question,) = wallet.user.asked()
    lines = dict(question["lines"])

    assert question["lead"] == "wants to install “Town parking” 1.0.0 by org.example"
    assert lines["Publisher"] == "org.example"
    assert lines["Publisher's key"].startswith("etui-pub:")
    assert "org.example.parking/1" in lines["Provides"]
    assert "“My parking permits”" in lines["Provides"]
    assert question["lines"][-1] == ["Restricts itself", "org.example.parking/1.buy_month: only when you agree."]
    for sentence in ("no network", "Storage (storage/1)", "Trusted Dialog (dialog/1)", "262,144 bytes"):
        assert sentence in lines["Asks for"]


@pytest.mark.shares_wallet
def test_buying_asks_with_zone_and_amount_and_the_extension_s_terms_then_shows_the_code(wallet: TestWallet) -> None:
    reference = bought(wallet)

    terms, question = wallet.user.shown()[-2], wallet.user.asked()[-1]
    assert question["lead"] == "wants to buy 60 minutes of parking in zone A for M-AB 123"
    assert ["Zone", "A"] in question["lines"]
    assert ["Price", "2.40 EUR"] in question["lines"]
    assert "2.40 EUR" in question["notes"][0]
    assert (terms["face"], terms["extension"]) == ("read_text", EXTENSION)
    assert "M-AB 123 in zone A until" in done(meter(wallet, "show", reference))


def test_without_a_yes_nothing_is_bought(wallet: TestWallet) -> None:
    wallet.user.refuses(action_contains="buy")

    process = meter(wallet, *HOUR)

    assert process.returncode == 1
    assert "meter: refused" in process.stderr
    assert done(meter(wallet, "mine")) == "no permit\n"


@pytest.mark.shares_wallet
def test_a_price_that_is_not_the_quoted_one_is_refused_before_the_user_is_asked(wallet: TestWallet) -> None:
    with wallet.connect() as client, pytest.raises(RemoteError) as refused:
        call(client, "buy", zone="A", plate="M-AB 123", minutes=60, amount=200, currency="EUR")

    assert refused.value.code is ErrorCode.CONFLICT
    assert "2.40 EUR" in str(refused.value)
    assert len(asked(wallet)) == 1  # the installation


def install_valet(wallet: TestWallet, folder: Path, publisher_key: Path) -> None:
    """Installs the Extension between, and has the user agree to what it is asked for."""
    (folder / "parking_1.py").write_text(etui("interface", "generate", DOCUMENT))
    (folder / "valet_1.py").write_text(etui("interface", "generate", folder / "org.example.valet-1.json"))
    wallet.user.approves(action_contains="install", times=1)
    done(wallet.etui("extension", "install", str(package(folder, publisher_key))))
    wallet.user.approves(action_contains="parked")


@pytest.mark.shares_wallet
@pytest.mark.parametrize("extra_minor", [0, 100])
def test_an_extension_between_buys_at_the_amount_that_was_consented_to_and_at_no_other(
    wallet: TestWallet, publisher_key: Path, tmp_path: Path, extra_minor: int
) -> None:
    folder = valet(tmp_path / f"valet-{extra_minor}", extra_minor=extra_minor)
    install_valet(wallet, folder, publisher_key)
    params = {"zone": "A", "plate": "M-AB 123", "minutes": 60, "amount": 240 - extra_minor, "currency": "EUR"}

    with wallet.connect() as client:
        if extra_minor:
            with pytest.raises(RemoteError) as refused:
                client.call_raw("org.example.valet/1.park", json.encode(params))
            assert refused.value.code is ErrorCode.ALTERED
        else:
            client.call_raw("org.example.valet/1.park", json.encode(params))
        permits = call(client, "find", quiet=True).permits

    assert len(permits) == (0 if extra_minor else 1)
    assert asked(wallet)[2:] == ["wants to have M-AB 123 parked in zone A"]


@pytest.mark.shares_wallet
def test_the_terms_are_shown_only_where_an_extension_between_may_use_the_dialog_too(
    wallet: TestWallet, publisher_key: Path, tmp_path: Path
) -> None:
    folder = valet(tmp_path / "valet-without-dialog", extra_minor=0)
    changed(folder / "manifest.toml", ', "dialog/1"', "")
    install_valet(wallet, folder, publisher_key)
    params = {"zone": "A", "plate": "M-AB 123", "minutes": 60, "amount": 240, "currency": "EUR"}

    with wallet.connect() as client, pytest.raises(RemoteError) as refused:
        client.call_raw("org.example.valet/1.park", json.encode(params))

    assert refused.value.code is ErrorCode.DENIED
    assert "read_text" not in [entry.get("face") for entry in wallet.user.shown()]


@pytest.mark.shares_wallet
def test_another_client_cannot_see_the_permit(wallet: TestWallet) -> None:
    reference = bought(wallet)

    with wallet.connect() as client:
        assert call(client, "find", quiet=True).permits == []
        with pytest.raises(RemoteError) as unknown:
            call(client, "show", permit=reference)
    assert unknown.value.code is ErrorCode.UNKNOWN_REFERENCE
    assert reference in done(meter(wallet, "mine"))


def test_cancelling_asks_pays_back_and_tells_the_meter_that_waits(wallet: TestWallet) -> None:
    reference = bought(wallet)
    wallet.user.approves(action_contains="cancel", times=1)
    environment = os.environ | {"ETUI_SOCKET": str(wallet.socket)}
    command = [sys.executable, str(METER), "wait"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as waiting:
        try:
            assert waiting.stdout is not None
            assert waiting.stdout.readline() == "waiting\n"

            assert done(meter(wallet, "cancel", reference)).endswith(" EUR paid back\n")

            assert waiting.stdout.readline() == "M-AB 123 in zone A was cancelled\n"
        finally:
            waiting.kill()
    assert asked(wallet)[-1] == "wants to cancel “M-AB 123 in zone A”"
    assert "unknown_item" in meter(wallet, "show", reference).stderr


@pytest.mark.shares_wallet
def test_only_the_client_that_may_show_a_permit_is_told_that_it_ended(wallet: TestWallet) -> None:
    reference = bought(wallet)
    with wallet.connect() as client:
        client.events(["items", ENDED])
        wallet.user.approves(action_contains="cancel", times=1)
        done(meter(wallet, "cancel", reference))

        own = bought_here(client, wallet)
        wallet.user.approves(action_contains="cancel", times=1)
        call(client, "cancel", permit=own)

        told = [client.next_event() for _ in range(3)]
    items = [json.decode(event.data) for event in told if event.topic == "items"]
    assert items == [{"effect": "remove", "provider": EXTENSION}] * 2
    (ended,) = (event for event in told if event.topic == ENDED)
    assert ended.item is not None
    assert ended.item.item == own


@pytest.mark.shares_wallet
def test_a_permit_that_is_over_is_told_with_the_next_call(
    wallet: TestWallet, publisher_key: Path, tmp_path: Path
) -> None:
    hasty = tmp_path / "hasty"
    shutil.copytree(PARKING / "extension", hasty, ignore=shutil.ignore_patterns("__pycache__"))
    changed(hasty / "main.py", "MINUTE_S = 60", "MINUTE_S = 0")
    changed(hasty / "manifest.toml", "1.0.0", "1.0.1")
    wallet.user.approves(action_contains="update", times=1)
    done(wallet.etui("extension", "install", str(package(hasty, publisher_key))))

    with wallet.connect() as client:
        client.events([ENDED])
        own = bought_here(client, wallet)
        assert call(client, "find").permits == []
        event = client.next_event()

    assert event.item is not None
    assert event.item.item == own
    assert json.decode(event.data)["cancelled"] is False


def test_a_grant_with_a_limit_lets_the_meter_buy_unasked_up_to_its_amount(wallet: TestWallet) -> None:
    bought(wallet)
    clients = json.decode(done(wallet.etui("clients", "--json")))
    (who,) = [row["client"] for row in clients if "meter.py" in row["client"]]
    wallet.user.approves(action_contains="lasting rights", times=1)
    limit = ("--limit", "5", "--currency", "EUR")
    done(wallet.etui("grant", who, "org.example.parking/1.buy", *limit))
    before = len(asked(wallet))

    done(meter(wallet, *HOUR))
    done(meter(wallet, *HOUR))
    assert len(asked(wallet)) == before
    assert "5.00 EUR, 0.20 left" in done(wallet.etui("grants"))

    wallet.user.refuses(action_contains="buy")
    assert "meter: refused" in meter(wallet, *HOUR).stderr
    assert len(asked(wallet)) == before + 1


def test_a_month_is_asked_for_each_time_and_nothing_is_offered_to_remember(wallet: TestWallet) -> None:
    wallet.user.approves(action_contains="buy a month", remember="once", times=1)
    assert "48.00 EUR" in done(meter(wallet, "month", "A", "M-AB 123"))

    wallet.user.refuses(action_contains="buy a month")
    assert "meter: refused" in meter(wallet, "month", "A", "M-AB 123").stderr


@pytest.mark.shares_wallet
def test_the_link_shows_the_user_the_permits_in_the_extension_s_own_frame(wallet: TestWallet) -> None:
    bought(wallet)
    wallet.user.rule("approve", when={"face": "message"})

    with wallet.connect() as client:
        (row,) = [row for row in client.call(wallet_1.Extensions()).extensions if row.extension == EXTENSION]
        assert row.links is not None
        client.call_raw(row.links[0].method)

    _check_permits_shown(wallet)


@pytest.mark.shares_wallet
def test_the_list_of_extensions_has_the_link_with_the_command_that_opens_it(wallet: TestWallet) -> None:
    bought(wallet)
    wallet.user.rule("approve", when={"face": "message"})

    listed = done(wallet.etui("extension")).splitlines()
    (line,) = [line for line in listed if line.startswith("My parking permits")]
    name, *command = line.partition("  etui ")[2].split()
    done(wallet.etui(name, *command))

    _check_permits_shown(wallet)


def _check_permits_shown(wallet: TestWallet) -> None:
    shown = [event for event in wallet.user.shown() if event["event"] == "shown"][-1]
    assert (shown["face"], shown["heading"]) == ("message", "My parking permits")
    assert "M-AB 123 in zone A" in shown["body"]


def test_a_permit_outlives_the_lock(wallet: TestWallet) -> None:
    reference = bought(wallet)

    wallet.lock()
    wallet.unlock()

    assert "M-AB 123 in zone A" in done(meter(wallet, "show", reference))


@pytest.mark.shares_wallet
def test_removing_destroys_the_permits_for_good(wallet: TestWallet, parking: Path) -> None:
    reference = bought(wallet)
    wallet.user.approves(action_contains="remove", times=1)

    done(wallet.etui("extension", "remove", EXTENSION, "--yes"))

    assert "org.example.parking" not in done(wallet.etui("extension", "list"))
    assert "no_provider" in meter(wallet, "mine").stderr

    wallet.user.approves(action_contains="install", times=1)
    done(wallet.etui("extension", "install", str(parking)))
    assert done(meter(wallet, "mine")) == "no permit\n"
    assert meter(wallet, "show", reference).returncode == 1
    assert wallet.etui("find", "--kind", "permit", "--json").stdout == "[]\n"
