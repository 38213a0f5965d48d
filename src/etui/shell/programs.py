"""Which programs a page shows, with which of their rights: many of them, or one alone with all that it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from etui.interfaces import shell_1 as shell
from etui.shell import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from etui.shell.wallet import Wallet

_PAGE: Final = 50
_RIGHTS: Final = 100
"""So many rights, the newest, stand beside many programs; those of one come a page at a time."""


class Programs(msgspec.Struct, frozen=True, kw_only=True):
    """What a page shows: Clients, and rights by Client.

    ``may``: what each right is to, in words, by its id. ``skip``, ``shown`` and ``total``: from which Client on, how
    many, of how many; of one Client alone, its rights.
    """

    clients: list[shell.ClientRow]
    grants: Mapping[str, list[shell.GrantRow]]
    may: Mapping[str, tuple[tuple[str, str], ...]]
    skip: int
    shown: int
    total: int
    page: int = _PAGE


async def many(wallet: Wallet, text: str, skip: int) -> Programs:
    """The programs with every word of the text in their names, from a place on, with the newest rights of all."""
    found = await wallet.call(shell.Clients(text=text or None, skip=skip, limit=_PAGE))
    grants = (await wallet.call(shell.Grants(limit=_RIGHTS))).grants
    return await _programs(wallet, found.clients, grants, (skip, len(found.clients), found.total or 0))


async def alone(wallet: Wallet, client: str, skip: int) -> Programs:
    """One program with its rights, from a place on."""
    found = (await wallet.call(shell.Clients(client=client, limit=1))).clients
    rights = await wallet.call(shell.Grants(client=client, skip=skip, limit=_PAGE))
    return await _programs(wallet, found, rights.grants, (skip, len(rights.grants), rights.total or 0))


async def _programs(
    wallet: Wallet, clients: list[shell.ClientRow], grants: list[shell.GrantRow], where: tuple[int, int, int]
) -> Programs:
    by_client: dict[str, list[shell.GrantRow]] = {row.client: [] for row in clients}
    for grant in grants:
        by_client.setdefault(grant.client, []).append(grant)
    documents = await wallet.documents({a.rpartition(".")[0] for grant in grants for a in grant.action.split(", ")})
    may = {grant.grant: words.rights(grant.action.split(", "), documents) for grant in grants}
    skip, shown, total = where
    return Programs(clients=clients, grants=by_client, may=may, skip=skip, shown=shown, total=total)
