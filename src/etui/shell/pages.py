"""The pages that are read, by their paths. Each asks the Router for what it shows, and keeps nothing of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import msgspec

from etui.interfaces import shell_1 as shell
from etui.interfaces import wallet_1 as wallet
from etui.sdk import ErrorCode, ProtocolError
from etui.shell import forms, programs, rights, words
from etui.shell.requests import number_in, principal_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from etui.interfaces import Document
    from etui.shell.rendering import Rendering
    from etui.shell.requests import Page
    from etui.shell.wallet import Wallet

_PAGE: Final = 50
_RECEIVERS: Final = 200
_MAX_WORDS: Final = 200
"""Characters of what is looked for, as the interface takes them."""
_NO: Final = frozenset({ErrorCode.DENIED, ErrorCode.REFUSED, ErrorCode.NOT_NOW, ErrorCode.NO_DIALOG})
"""What the wallet answers where policy or the user does not want it so, or nobody can be asked."""


class _First(msgspec.Struct, frozen=True, kw_only=True):
    """What the first steps in an empty wallet depend on."""

    doors: list[wallet.DoorRow]
    browsers: list[shell.PairingRow]


class Pages:
    """The pages of one Shell."""

    def __init__(self, wallet: Wallet, rendering: Rendering) -> None:
        self._wallet = wallet
        self._rendering = rendering

    def paths(self) -> dict[str, Page]:
        """What is shown, by its path."""
        return {
            "/": self._shelves,
            "/of/{publisher}/{name}": self._shelf,
            "/of/{publisher}/{name}/{reference}": self._item,
            "/extensions": self._extensions,
            "/clients": self._clients,
            "/activity": self._activity,
            "/activity/{decision}": self._why,
            "/settings": self._settings,
        }

    async def _shelves(self, request: Request) -> Response:
        text = request.query_params.get("text", "").strip()
        if text:
            return await self._search(request, text, (await self._wallet.call(wallet.Extensions())).extensions)
        installed, shelves = await asyncio.gather(
            self._wallet.call(wallet.Extensions()), self._wallet.call(shell.Shelves())
        )
        extensions = installed.extensions
        held = {row.extension: [s for s in shelves.shelves if s.extension == row.extension] for row in extensions}
        return self._rendering.page(
            "shelves.html",
            request,
            extensions=extensions,
            shelves=held,
            promoted={row.extension: _promoted(row) for row in extensions},
            filled=[row.extension for row in extensions if held[row.extension] or _promoted(row)],
            left_out=shelves.left_out or [],
            first=None if shelves.shelves else await self._first(),
        )

    async def _first(self) -> _First:
        doors, paired = await asyncio.gather(self._wallet.call(wallet.Doors()), self._wallet.call(shell.Pairings()))
        return _First(doors=doors.doors, browsers=paired.pairings)

    async def _search(self, request: Request, text: str, extensions: list[wallet.ExtensionRow]) -> Response:
        """What fits in each Extension; one that fails is named, and the others are shown."""
        found = []
        left_out: list[str] = []
        for row in extensions:
            try:
                fitting = await self._fitting(row.extension, text)
            except ProtocolError as error:
                if error.code is not ErrorCode.UNAVAILABLE:
                    raise
                left_out.append(f"{row.name}: {error.message}")
                continue
            if fitting.items:
                found.append((row, fitting, await self._titles(row)))
        return self._rendering.page("found.html", request, text=text, found=found, left_out=left_out)

    async def _shelf(self, request: Request) -> Response:
        principal = principal_of(request)
        row = await self._wallet.extension(principal)
        skip = number_in(request, "skip")
        kind = request.query_params.get("kind") or None
        text = request.query_params.get("text", "").strip()
        found = await self._fitting(principal, text, kind=kind, skip=skip)
        documents = await self._wallet.documents_of(row)
        return self._rendering.page(
            "shelf.html",
            request,
            row=row,
            found=found,
            titles=_titles_of(documents),
            kind=kind,
            text=text,
            skip=skip,
            page=_PAGE,
            givable=list(rights.givable(documents, None)),
            receivers=await self._receivers(),
        )

    async def _item(self, request: Request) -> Response:
        principal, reference = principal_of(request), request.path_params["reference"]
        row = await self._wallet.extension(principal)
        item = await self._wallet.item(principal, reference)
        if item is None:
            error = ProtocolError(ErrorCode.UNKNOWN_ITEM, "it is not there any more")
            return self._rendering.page("failed.html", request, error=error, status_code=404)
        documents = await self._wallet.documents_of(row)
        actions = [action for document in documents for action in forms.actions_on(document, item)]
        title = next((d.kinds[item.kind].title for d in documents if item.kind in d.kinds), item.kind)
        return self._rendering.page(
            "item.html",
            request,
            row=row,
            item=item,
            title=title,
            lines=words.attributes(item.attributes),
            actions=sorted(actions, key=lambda action: action.removes),
            givable=list(rights.givable(documents, item)),
            receivers=await self._receivers(),
        )

    async def _extensions(self, request: Request) -> Response:
        rows = (await self._wallet.call(wallet.Extensions())).extensions
        return self._rendering.page("extensions.html", request, extensions=rows, rooms=await self._rooms())

    async def _clients(self, request: Request) -> Response:
        one = request.query_params.get("client") or None
        text, skip = request.query_params.get("text", "").strip(), number_in(request, "skip")
        shown = programs.alone(self._wallet, one, skip) if one else programs.many(self._wallet, text[:_MAX_WORDS], skip)
        told = await shown
        browsers = (await self._wallet.call(shell.Pairings())).pairings
        return self._rendering.page("clients.html", request, programs=told, one=one, text=text, browsers=browsers)

    async def _activity(self, request: Request) -> Response:
        text = request.query_params.get("text", "").strip()
        before = request.query_params.get("before") or None
        everything = "all" in request.query_params
        asked = shell.Audit(
            limit=_PAGE,
            text=text[:_MAX_WORDS] or None,
            before=before,
            by_clients=not everything,
            but_looking=not everything,
        )
        records = (await self._wallet.call(asked)).records
        documents = await self._wallet.documents({record.action.rpartition(".")[0] for record in records})
        asked_for = {record.id: words.action(record.action, documents) for record in records}
        return self._rendering.page(
            "activity.html", request, records=records, asked_for=asked_for, text=text, page=_PAGE, all=everything
        )

    async def _why(self, request: Request) -> Response:
        explained = await self._wallet.call(wallet.Why(id=request.path_params["decision"]))
        return self._rendering.page("why.html", request, decision=request.path_params["decision"], explained=explained)

    async def _settings(self, request: Request) -> Response:
        settings, doors, status = await asyncio.gather(
            self._wallet.call(wallet.Settings()), self._wallet.call(wallet.Doors()), self._wallet.call(wallet.Status())
        )
        return self._rendering.page(
            "settings.html", request, settings=settings.settings, doors=doors.doors, status=status
        )

    async def _rooms(self) -> dict[str, shell.Room]:
        """How much each Extension keeps; nothing where the user would rather not tell this Shell."""
        try:
            return {room.extension: room for room in (await self._wallet.call(shell.Space())).rooms}
        except ProtocolError as error:
            if error.code not in _NO:
                raise
            return {}

    async def _titles(self, row: wallet.ExtensionRow) -> dict[str, str]:
        return _titles_of(await self._wallet.documents_of(row))

    async def _receivers(self) -> list[shell.ClientRow]:
        return rights.receivers((await self._wallet.call(shell.Clients(limit=_RECEIVERS))).clients)

    async def _fitting(
        self, principal: str, text: str, *, kind: str | None = None, skip: int = 0
    ) -> shell.InventoryResult:
        words = text[:_MAX_WORDS] or None
        asked = shell.Inventory(extension=principal, kind=kind, text=words, skip=skip, limit=_PAGE)
        return await self._wallet.call(asked)


def _promoted(row: wallet.ExtensionRow) -> wallet.LinkRow | None:
    """The one link of an Extension that stands on the first page: the first that is not hidden."""
    return next((link for link in row.links or () if not link.hidden), None)


def _titles_of(documents: list[Document]) -> dict[str, str]:
    """The kinds of items that documents have, by their names."""
    return {name: kind.title for document in documents for name, kind in document.kinds.items()}
