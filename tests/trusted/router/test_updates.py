"""What an update of an Extension changes, at once and without a lock between."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.strikes import Step, blow
from tests.trusted.router.puppet import puppet, told
from tests.trusted.supervisor.processes import ROUTER, await_state, pid_of

from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ProtocolError
from etui.testkit import TestWallet

RULE = '\n[[accessibility.rules]]\nmethods = ["org.example.puppet/1.rest"]\nleast_assurance = "consent"\n'


@pytest.fixture
def wallet(short_dir: Path) -> Iterator[TestWallet]:
    with TestWallet(short_dir) as running:
        running.create()
        yield running


def test_an_update_brings_methods_and_rules_about_them_and_keeps_what_was_stored(wallet: TestWallet) -> None:
    extension = puppet(uses=("storage/1",))
    extension.install(wallet)
    with wallet.connect() as client:
        told(extension, client, "self.store.put({('things', 'one'): b'kept'})")
    document = msgspec.json.decode(extension.document)
    document["methods"]["rest"] = {**document["methods"]["run"], "title": "Rest"}
    extension.document = msgspec.json.encode(document)
    extension.manifest = extension.manifest.replace('version = "1.0.0"', 'version = "1.1.0"') + RULE
    extension.code = extension.code.replace(
        "@prepares(Ask)",
        "@provides(Rest)\n    def rest(self, request: Rest, call: Call) -> RunResult:\n"
        "        return self.perform(request.code, call, request)\n\n    @prepares(Ask)",
    ).replace("class Puppet", 'class Rest(Run, frozen=True):\n    METHOD = "org.example.puppet/1.rest"\n\nclass Puppet')
    file = wallet.folder / "update.etuipkg"
    file.write_bytes(extension.package())
    wallet.user.approves(action_contains="update “Puppet” from 1.0.0 to 1.1.0")
    wallet.user.approves(action_contains="rest")
    with wallet.connect() as client:
        client.call(wallet_interface.Install(path=str(file)))
        answer = extension.call(client, "rest", code="tell(self.store.get('things', 'one').decode())")
    assert json.loads(str(answer["told"])) == ["kept"]


@pytest.mark.attack(46)
def test_an_update_does_not_make_less_of_a_method_that_rights_were_given_for(wallet: TestWallet) -> None:
    extension = puppet()
    extension.install(wallet)
    document = msgspec.json.decode(extension.document)
    document["methods"]["run"]["effect"] = "none" if document["methods"]["run"]["effect"] != "none" else "use"
    extension.document = msgspec.json.encode(document)
    extension.manifest = extension.manifest.replace('version = "1.0.0"', 'version = "1.1.0"')
    file = wallet.folder / "update.etuipkg"
    file.write_bytes(extension.package())
    with wallet.connect() as client, pytest.raises(ProtocolError, match=r"methods\.run\.effect changed"):
        client.call(wallet_interface.Install(path=str(file)))
    assert not [entry for entry in wallet.user.shown() if "update" in str(entry)]


@pytest.fixture
def renumbered(wallet: TestWallet) -> wallet_interface.Install:
    """An update that serves another interface than the one that a lasting right was given for."""
    extension = puppet()
    extension.install(wallet)
    wallet.user.approves(action_contains="lasting rights")
    with wallet.connect() as client:
        client.call(wallet_interface.Grant(client="app:/usr/bin/shop", action=f"{extension.interface}.pay"))
        assert client.call(shell_interface.Grants()).grants
    extension.document = extension.document.replace(b"org.example.puppet/1", b"org.example.puppet/2")
    extension.code = extension.code.replace("org.example.puppet/1", "org.example.puppet/2")
    extension.manifest = extension.manifest.replace("org.example.puppet/1", "org.example.puppet/2")
    file = wallet.folder / "update.etuipkg"
    file.write_bytes(extension.package(version="1.1.0"))
    wallet.user.approves(action_contains="update")
    return wallet_interface.Install(path=str(file))


def test_a_right_ends_with_the_interface_that_it_was_given_for(
    wallet: TestWallet, renumbered: wallet_interface.Install
) -> None:
    with wallet.connect() as client:
        client.call(renumbered)
        assert not client.call(shell_interface.Grants()).grants


@pytest.mark.attack(44)
def test_a_right_ends_with_its_interface_where_the_router_is_killed_within_the_update(
    wallet: TestWallet, renumbered: wallet_interface.Install
) -> None:
    named = Step("fsync", str(wallet.home / "extensions" / "org.example.puppet"), 2)
    with (
        blow(pid_of(wallet, ROUTER), named) as due,
        contextlib.suppress(ProtocolError),
        wallet.connect() as client,
    ):
        client.call(renumbered)
    assert due.struck
    await_state(wallet, "locked")
    wallet.unlock()
    with wallet.connect() as client:
        assert "1.1.0" in {row.version for row in client.call(wallet_interface.Extensions()).extensions}
        assert not client.call(shell_interface.Grants()).grants
