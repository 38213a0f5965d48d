"""An interface with several providers: a request, and a right, is for the one that it names, else for the first."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Final

import pytest
from tests.trusted.router.puppet import puppet
from tests.trusted.router.strangers import Stranger

from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ErrorCode, ProtocolError
from etui.sdk import Client
from etui.testkit import TestWallet

FIRST: Final = puppet()
TWIN: Final = puppet()
TWIN.manifest = TWIN.manifest.replace('id = "org.example.puppet"', 'id = "org.example.twin"').replace(
    'name = "Puppet"', 'name = "Twin"'
)
TWIN.principal = "ext:org.example/org.example.twin"
PAYMENT: Final = json.dumps({"payee": "shop", "amount": 500, "currency": "EUR"})
PAYER: Final = """
import sys
from etui.protocol import Envelope, ProtocolError
from etui.sdk import Client
with Client.connect() as wallet:
    try:
        wallet.call_raw("org.example.puppet/1.pay", sys.argv[1].encode(), Envelope(provider=sys.argv[2], quiet=True))
        print(wallet.greeting.client, "paid")
    except ProtocolError as error:
        print(wallet.greeting.client, error.code.slug)
"""


@pytest.fixture
def client(wallet: TestWallet) -> Iterator[Client]:
    FIRST.install(wallet)
    wallet.user.approves(action_contains="install “Twin”", times=1)
    file = wallet.folder / "twin.etuipkg"
    file.write_bytes(TWIN.package())
    with wallet.connect() as connected:
        connected.call(wallet_interface.Install(path=str(file)))
        yield connected


def pays(wallet: TestWallet, provider: str) -> tuple[str, str]:
    """Who another program is taken for, and how its payment through this provider ends."""
    script = wallet.folder / "payer.py"
    script.write_text(PAYER, encoding="utf-8")
    ran = wallet.run(sys.executable, str(script), PAYMENT, provider)
    assert ran.returncode == 0, ran.stderr
    who, outcome = ran.stdout.split()
    return who, outcome


@pytest.mark.parametrize(("named", "other"), [(TWIN, FIRST), (FIRST, TWIN)], ids=["second", "first"])
def test_a_right_is_for_the_provider_that_is_named(
    wallet: TestWallet, client: Client, named: Stranger, other: Stranger
) -> None:
    who, outcome = pays(wallet, named.principal)
    assert outcome == "denied"
    wallet.user.approves(action_contains="lasting rights", times=1)
    right = wallet_interface.Grant(client=who, action=f"{FIRST.interface}.pay")
    client.call(right, provider=named.principal)
    assert pays(wallet, named.principal)[1] == "paid"
    assert pays(wallet, other.principal)[1] == "denied"


def test_a_right_is_for_nobody_who_does_not_provide_the_interface(wallet: TestWallet, client: Client) -> None:
    right = wallet_interface.Grant(client="app:/usr/bin/mailer", action=f"{FIRST.interface}.pay")
    asked = len(wallet.user.asked())
    with pytest.raises(ProtocolError) as caught:
        client.call(right, provider="ext:etui/org.etui.secrets")
    assert caught.value.code is ErrorCode.NO_PROVIDER
    assert len(wallet.user.asked()) == asked
