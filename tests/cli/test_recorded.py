"""What the user widened is on record: what was asked, and of every right whose it is, for what, and how far it goes."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.cli.etui import done, etui, told
from tests.trusted.router.programs import finder, keeper, path_of

from etui.testkit import TestWallet
from etui.testkit.user import PASSPHRASE

SECRETS = "ext:etui/org.etui.secrets"
SHOP = "app:/usr/bin/shop"


@pytest.fixture(scope="module")
def shared() -> Iterator[TestWallet]:
    folder = Path(tempfile.mkdtemp(prefix="etui-", dir="/tmp"))
    with TestWallet(folder) as started:
        started.create()
        started.user.approves()
        done(started, "add", "Mail", stdin="hunter2")
        yield started
    shutil.rmtree(folder)


def rows(wallet: TestWallet, text: str) -> list[dict[str, Any]]:
    """The records with these words, newest first."""
    found: list[dict[str, Any]] = told(wallet, "audit", "--text", text)
    return found


def why(wallet: TestWallet, row: dict[str, Any]) -> list[str]:
    """How a record is explained."""
    return done(wallet, "why", row["id"]).splitlines()


def test_what_a_right_was_can_be_told_after_it_was_taken_back(shared: TestWallet) -> None:
    options = ("--item", "mail", "--only-for", "api.example", "--uses", "3", "--until", "2100-12-31T18:00")
    limit = ("--currency", "EUR", "--limit", "20", "--each", "5", "--period", "30d")
    grant = told(shared, "grant", SHOP, "secret/1.fetch", *options, *limit)["grant"]
    asked = rows(shared, f"approved {SHOP}")[0]
    assert asked["what"] == f"be given lasting rights for {SHOP}: Mail, api.example"
    assert f"In the words of the question: “be given lasting rights for {SHOP}”." in why(shared, asked)
    assert told(shared, "amend", grant, "--uses", "2", "--limit", "30") == {"raised": True}
    assert told(shared, "revoke", grant) == {"revoked": 1}
    ends = datetime(2100, 12, 31, 18).astimezone(UTC)
    whose = f"“{SHOP}” may “secret/1.fetch” of “Mail, api.example” in “{SECRETS}”"
    only = ", only where “host” is “api.example”"
    money = "up to 5.00 EUR each time, anew every 30 days"
    until = f"until {ends:%Y-%m-%d at %H:%M} UTC"
    given = f"{whose}{only}, 3 times in all, up to 20.00 EUR in all, {money}, {until}"
    raised = f"{whose}{only}, 2 times in all, up to 30.00 EUR in all, {money}, {until}"
    found = rows(shared, grant)
    assert [(row["action"], row["what"]) for row in found] == [
        ("wallet/1.revoke", f"{grant}, taken back: {raised}"),
        ("wallet/1.amend", f"{grant}, raised, 2 uses left: {raised}"),
        ("wallet/1.grant", f"{grant}, {given}"),
    ]
    assert rows(shared, f"{grant} wallet/1.grant")[0]["client"] == asked["client"], "who asked for it"
    sentences = why(shared, found[2])
    assert f"The permission: {given}." in sentences
    assert f"The lasting permission concerned: “{grant}”." in sentences
    (raise_asked,) = rows(shared, "approved lasting right raised")
    assert raise_asked["what"] == f"have a lasting right of {SHOP} raised: Mail, api.example"


def test_all_rights_that_are_taken_back_at_once_are_named(shared: TestWallet) -> None:
    client = "app:/usr/bin/reader"
    grants = {told(shared, "grant", client, f"secret/1.{name}")["grant"] for name in ("read", "describe")}
    assert told(shared, "revoke", "--client", client) == {"revoked": 2}
    (row,) = rows(shared, f"wallet/1.revoke {client}")
    head, _, named = row["what"].rpartition(": ")
    assert head == f"all was taken back from {client}, its references and 2 rights"
    assert set(named.split(", ")) == grants


def test_a_yes_that_lasts_and_the_right_of_who_stored_it_are_told(shared: TestWallet) -> None:
    keeper(shared, "keeper.py", "recorded.example", "1")
    (kept,) = rows(shared, "grant keeper.py")
    owned = f"“{kept['label']}”, known to the wallet as “script:{path_of(shared, 'keeper.py')}@session”, may "
    assert owned in kept["what"]
    assert "“secret/1.read”" in kept["what"]
    assert kept["what"].endswith(f" of “000” in “{SECRETS}”, until it is taken back")
    shared.user.approves(principal_contains="finder.py", remember="month")
    assert finder(shared, "finder.py", "recorded.example") == ["1", "another's"]
    (yes,) = rows(shared, "grant finder.py")
    assert f"known to the wallet as “script:{path_of(shared, 'finder.py')}@session”, may " in yes["what"]
    used = rows(shared, yes["what"].split(",")[0])
    assert [(row["action"], row["outcome"]) for row in used] == [("secret/1.read", "allowed"), ("grant", "done")]
    ends = datetime.fromtimestamp(yes["at"] + 30 * 86400, tz=UTC)
    assert f", until {ends:%Y-%m-%d at }" in yes["what"]
    assert any(sentence.startswith("The permission: “finder.py, run by ") for sentence in why(shared, yes))


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("set", "open_session", "on"), "set open_session to on"),
        (("set", "auto_lock_s", "0"), "set auto_lock_s to 0"),
        (("set", "audit_days", "30"), "erase what the audit says of more than 30 days ago, now and from now on"),
        (("door", "enable", "secret-service"), "open the door secret-service"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_the_user_widened_is_on_record_in_the_words_of_the_question(
    shared: TestWallet, command: tuple[str, ...], words: str
) -> None:
    etui(shared, *command)  # a door may have nothing to open on, which the user has approved all the same
    row, *_ = rows(shared, f"approved {words}")
    assert row["what"] == words
    assert f"In the words of the question: “{words}”." in why(shared, row)


def test_what_the_user_refused_to_widen_is_on_record_so_too(shared: TestWallet) -> None:
    shared.user.refuses(action_contains="audit", times=1)
    assert etui(shared, "set", "audit_days", "7").returncode == 7
    (row,) = rows(shared, "refused wallet/1.set")
    assert row["what"] == "erase what the audit says of more than 7 days ago, now and from now on"


def test_a_session_that_is_open_has_its_rights_on_record(shared: TestWallet) -> None:
    done(shared, "set", "open_session", "off")
    before = len(rows(shared, "wallet/1.set any program of this session"))
    done(shared, "set", "open_session", "on")
    row, *_ = found = rows(shared, "wallet/1.set any program of this session")
    assert len(found) > before
    listed = {grant["grant"] for grant in told(shared, "grants") if grant["client"] == "group:session"}
    assert row["what"].split(",")[0] in listed
    assert "“any program of this session”, known to the wallet as “group:session”, may " in row["what"]
    assert f"of “everything outside collections” in “{SECRETS}”, until it is taken back" in row["what"]


def test_a_wallet_that_is_made_with_an_open_session_has_its_rights_on_record(short_dir: Path) -> None:
    with TestWallet(short_dir) as wallet:
        wallet.user.rule("create", when={"face": "create"}, passphrase=PASSPHRASE, open_session=True)
        wallet.create()
        found = rows(wallet, "wallet/1.create “any program of this session”")
        listed = {grant["grant"] for grant in told(wallet, "grants") if grant["client"] == "group:session"}
    assert listed
    assert {row["what"].split(",")[0] for row in found} == listed
