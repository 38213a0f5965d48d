"""Rights and the Clients that have them, listed: all, in parts, by words, or one."""

from __future__ import annotations

import pytest

from etui.interfaces import secret_1 as secret
from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import wallet_1 as wallet_interface
from etui.sdk import ErrorCode, RemoteError
from etui.testkit import TestWallet

GIVEN = [f"app:/usr/bin/{name}" for name in ("alpha", "beta", "gamma", "beta")]
NEVER_MET = {"app:/usr/bin/alpha": 1, "app:/usr/bin/beta": 2, "app:/usr/bin/gamma": 1}


def test_rights_and_who_has_them_are_listed_in_parts_by_words_and_one_alone(wallet: TestWallet) -> None:
    wallet.user.approves()
    with wallet.connect() as client:
        grants = [
            client.call(wallet_interface.Grant(client=name, action=secret.Read.METHOD, uses=number)).grant
            for number, name in enumerate(GIVEN, 1)
        ]

        def rights(asked: shell_interface.Grants) -> tuple[set[str], int | None]:
            told = client.call(asked)
            return {row.grant for row in told.grants}, told.total

        assert rights(shell_interface.Grants()) == (set(grants), None)
        first, second = (rights(shell_interface.Grants(skip=skip, limit=3)) for skip in (0, 3))
        assert (first[1], second[1], first[0] | second[0]) == (4, 4, set(grants))
        assert (len(first[0]), len(second[0])) == (3, 1)
        assert rights(shell_interface.Grants(text="BETA read", limit=9)) == ({grants[1], grants[3]}, 2)
        assert rights(shell_interface.Grants(text="beta write", limit=9)) == (set(), 0)
        assert rights(shell_interface.Grants(grant=grants[2])) == ({grants[2]}, None)
        assert rights(shell_interface.Grants(grant=grants[2], client=GIVEN[0])) == (set(), None)

        told = client.call(shell_interface.Clients()).clients
        assert {row.client: row.rights for row in told if row.last is None} == NEVER_MET
        assert {row.client for row in told[-3:]} == set(NEVER_MET), "who was here comes first"
        me = next(row for row in told if row.last is not None and not row.client.startswith("ext:"))
        assert me.rights == 0
        parts = [client.call(shell_interface.Clients(skip=skip, limit=3)) for skip in range(0, len(told), 3)]
        assert [row for part in parts for row in part.clients] == told
        assert {part.total for part in parts} == {len(told)}
        assert client.call(shell_interface.Clients(client=me.client)).clients == [me]
        found = client.call(shell_interface.Clients(text="BIN gamm", limit=9))
        assert ([row.client for row in found.clients], found.total) == ([GIVEN[2]], 1)


def test_no_right_is_given_to_a_name_that_no_program_bears(wallet: TestWallet) -> None:
    wallet.user.approves()
    with wallet.connect() as client, pytest.raises(RemoteError, match="as app:/usr/bin/mailer") as refused:
        client.call(wallet_interface.Grant(client="mailer", action="secret/1.read"))
    assert refused.value.code is ErrorCode.INVALID_PARAMS
    assert wallet.user.asked() == [], "nobody is asked for a right that would never be used"
