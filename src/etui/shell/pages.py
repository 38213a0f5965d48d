"""The pages, by their paths. Each asks the Router for what it shows, and keeps nothing of it.

What changes something is a POST that ends in a redirection; what came of it is shown once on the page that follows.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit

import jinja2
import msgspec
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

import etui
from etui.interfaces import shell_1 as shell
from etui.interfaces import untyped_request, values_of
from etui.interfaces import wallet_1 as wallet
from etui.sdk import ConnectionLost, ErrorCode, ProtocolError
from etui.shell import forms, programs, rights, words
from etui.shell.brand import Words
from etui.standards.sizes import size

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.requests import Request

    from etui.interfaces import Document, Item
    from etui.sdk.refusals import Reporter
    from etui.shell.brand import Kept
    from etui.shell.entrance import Entrance
    from etui.shell.wallet import Wallet

    Page = Callable[["Request"], Awaitable[Response]]

_HERE: Final = Path(__file__).parent
_PAGE: Final = 50
_RECEIVERS: Final = 200
_MAX_WORDS: Final = 200
"""Characters of what is looked for, as the interface takes them."""
_MAX_TOLD: Final = 16
_DIGITS: Final = 10
_FRAMES: Final = 3
_AFTER_A_LOCK_S: Final = (0.0, 0.1, 0.4, 1.0)
"""So long a page waits, and again, for the Router that takes the place of one that a lock ended."""
_SEE_OTHER: Final = 303
_NO: Final = frozenset({ErrorCode.DENIED, ErrorCode.REFUSED, ErrorCode.NOT_NOW, ErrorCode.NO_DIALOG})
"""What the wallet answers where policy or the user does not want it so, or nobody can be asked."""
_OWN_FORMS: Final = {
    "unlock": (wallet.Unlock, "The wallet is open."),
    "lock": (wallet.Lock, "The wallet is locked."),
    "create": (wallet.Create, "Your wallet is made."),
    "passphrase": (wallet.ChangePassphrase, "The passphrase is changed; the old one opens nothing any more."),
    "pin": (wallet.ChangePin, "The PIN is set."),
    "recovery": (wallet.ReplaceRecovery, "There is a new recovery key; the old one opens nothing any more."),
    "appearance": (wallet.Appearance, "Picture, phrase and colour are changed."),
}
"""What a button alone asks the Router for: what is typed for it is typed in the Trusted Dialog."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What came of something that was done. ``why``: the decision that explains a failure."""

    success: str = ""
    failure: str = ""
    why: str = ""
    lines: tuple[words.Line, ...] = ()


class Pages:
    """The pages of one Shell."""

    def __init__(
        self, wallet: Wallet, entrance: Entrance, reporter: Reporter, brand: Kept | None, *, style: str
    ) -> None:
        self._wallet = wallet
        self._reporter = reporter
        self._brand = brand
        self._entrance = entrance
        self._told: dict[str, Told] = {}
        """What the next page tells of what was just done, by the key that its address has."""
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["moment"] = words.moment
        self._templates.filters["brief"] = words.brief
        self._templates.filters["size"] = size
        self._templates.filters["terms"] = words.terms
        self._templates.globals["root"] = entrance.path
        self._templates.globals["style"] = Markup(style)  # noqa: S704  # the Shell's own, and a brand's checked colours
        self._templates.globals["version"] = etui.__version__
        self._templates.globals["brand"] = brand.brand if brand is not None else None
        self._templates.globals["says"] = brand.brand.words if brand is not None else Words()

    def routes(self) -> list[Route | Mount]:
        """Every path."""
        reading: dict[str, Page] = {
            "/": self._shelves,
            "/of/{publisher}/{name}": self._shelf,
            "/of/{publisher}/{name}/{reference}": self._item,
            "/extensions": self._extensions,
            "/clients": self._clients,
            "/activity": self._activity,
            "/activity/{decision}": self._why,
            "/settings": self._settings,
        }
        doing: dict[str, Page] = {
            "/of/{publisher}/{name}/follow": self._follow,
            "/of/{publisher}/{name}/hide": self._hide,
            "/of/{publisher}/{name}/give": self._give,
            "/of/{publisher}/{name}/{reference}/do": self._do,
            "/of/{publisher}/{name}/{reference}/give": self._give,
            "/amend": self._amend,
            "/revoke": self._revoke,
            "/unpair": self._unpair,
            "/set": self._set,
            "/door": self._door,
            "/own/{form}": self._own,
        }
        return [
            Route("/enter", self._enter),
            Route("/events", self._events),
            Route("/of/{publisher}/{name}/logo.png", self._logo),
            *((Route("/brand.png", self._mark),) if self._brand is not None else ()),
            *(Route(path, self._opened(page)) for path, page in reading.items()),
            *(Route(path, self._done(page), methods=["POST"]) for path, page in doing.items()),
            Mount("/static", GZipMiddleware(StaticFiles(directory=_HERE / "static"))),
        ]

    # coming in, and being told of changes

    async def _enter(self, request: Request) -> Response:
        session = self._entrance.enter(request.query_params.get("link", ""))
        if session is None:
            self._reporter.turned_away("link", request.headers.get("origin", ""))
            return PlainTextResponse("This link was used, or is too old. Ask for another: `etui shell`.\n", 401)
        response = RedirectResponse(f"{self._entrance.path}/", _SEE_OTHER)
        response.set_cookie(
            self._entrance.cookie, session, path=f"{self._entrance.path}/", httponly=True, samesite="strict"
        )
        return response

    async def _events(self, request: Request) -> Response:
        del request

        async def told() -> AsyncIterator[bytes]:
            yield b": here\n\n"
            async for _ in self._wallet.changes():
                yield b"event: changed\ndata:\n\n"

        return StreamingResponse(told(), media_type="text/event-stream")

    def _opened(self, page: Page) -> Page:
        """The page, once the wallet is open; before that, what opens it, and what went wrong where something did."""

        async def opened(request: Request) -> Response:
            for wait_s in _AFTER_A_LOCK_S:
                try:
                    return await shown(request)
                except ProtocolError:
                    await asyncio.sleep(wait_s)
            try:
                return await shown(request)
            except ProtocolError as error:
                return self._page("absent.html", request, reason=error.message, status_code=503)

        async def shown(request: Request) -> Response:
            status = await self._wallet.call(wallet.Status())
            if status.state != "unlocked":
                return self._page("closed.html", request, status=status)
            try:
                return await page(request)
            except ProtocolError as error:
                if isinstance(error, ConnectionLost) or error.code is ErrorCode.LOCKED:
                    raise
                return self._page("failed.html", request, error=error, status_code=403)

        return opened

    def _done(self, page: Page) -> Page:
        """What is done, and back to where it was asked for; an error is told there."""

        async def done(request: Request) -> Response:
            try:
                return await page(request)
            except forms.FormError as error:
                return self._back(request, Told(failure=str(error)))
            except ProtocolError as error:
                return self._back(request, Told(failure=error.message, why=error.why or ""))

        return done

    # what lies in it

    async def _shelves(self, request: Request) -> Response:
        text = request.query_params.get("text", "").strip()
        extensions = (await self._wallet.call(wallet.Extensions())).extensions
        if text:
            return await self._search(request, text, extensions)
        shelves = await self._wallet.call(shell.Shelves())
        held = {row.extension: [s for s in shelves.shelves if s.extension == row.extension] for row in extensions}
        return self._page(
            "shelves.html",
            request,
            extensions=extensions,
            shelves=held,
            promoted={row.extension: _promoted(row) for row in extensions},
            filled=[row.extension for row in extensions if held[row.extension] or _promoted(row)],
            left_out=shelves.left_out or [],
        )

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
        return self._page("found.html", request, text=text, found=found, left_out=left_out)

    async def _shelf(self, request: Request) -> Response:
        principal = _principal(request)
        (row,) = await self._extension(principal)
        skip = _number(request, "skip")
        kind = request.query_params.get("kind") or None
        text = request.query_params.get("text", "").strip()
        found = await self._fitting(principal, text, kind=kind, skip=skip)
        documents = await self._documents(row)
        return self._page(
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
        principal, reference = _principal(request), request.path_params["reference"]
        (row,) = await self._extension(principal)
        item = await self._found(principal, reference)
        if item is None:
            error = ProtocolError(ErrorCode.UNKNOWN_ITEM, "it is not there any more")
            return self._page("failed.html", request, error=error, status_code=404)
        documents = await self._documents(row)
        actions = [action for document in documents for action in forms.actions_on(document, item)]
        title = next((d.kinds[item.kind].title for d in documents if item.kind in d.kinds), item.kind)
        return self._page(
            "item.html",
            request,
            row=row,
            item=item,
            title=title,
            lines=words.attributes(item.attributes),
            actions=actions,
            givable=list(rights.givable(documents, item)),
            receivers=await self._receivers(),
        )

    async def _do(self, request: Request) -> Response:
        principal, reference = _principal(request), request.path_params["reference"]
        (row,) = await self._extension(principal)
        form = await _form(request)
        item = await self._found(principal, reference)
        if item is None:
            raise ProtocolError(ErrorCode.UNKNOWN_ITEM, "it is not there any more")
        for document in await self._documents(row):
            for action in forms.actions_on(document, item):
                if (action.interface, action.method) == (form.get("interface"), form.get("method")):
                    values = forms.values_of(document.methods[action.method], form) | {action.item: reference}
                    return await self._called(request, document, action, values, principal)
        raise forms.FormError("this is nothing that may be done here")

    async def _follow(self, request: Request) -> Response:
        """A link that an Extension publishes: its own method, with nothing in its params."""
        principal = _principal(request)
        (row,) = await self._extension(principal)
        form = await _form(request)
        wanted = next((link.method for link in row.links or () if link.method == form.get("method")), "")
        for document in await self._documents(row):
            interface, _, name = wanted.rpartition(".")
            if document.interface == interface and (action := forms.action(document, name)) is not None:
                return await self._called(request, document, action, {}, principal)
        raise forms.FormError("this Extension has no such link")

    async def _hide(self, request: Request) -> Response:
        form = await _form(request)
        show = "show" in form or None
        await self._wallet.call(shell.HideLink(extension=_principal(request), method=form.get("method", ""), show=show))
        return self._back(request, Told(success="It is there again." if show else "It is hidden, and on record."))

    async def _called(
        self, request: Request, document: Document, action: forms.Action, values: dict[str, Any], provider: str
    ) -> Response:
        result = await self._wallet.call(untyped_request(document, action.method, values), provider=provider)
        method = document.methods[action.method]
        lines = words.result(values_of(result), method, document.types, values)
        to = f"/of/{provider.removeprefix('ext:')}" if action.removes else None
        return self._back(request, Told(success=f"{action.title}: done.", lines=lines), to=to)

    # who may do what, and what was done

    async def _extensions(self, request: Request) -> Response:
        rows = (await self._wallet.call(wallet.Extensions())).extensions
        return self._page("extensions.html", request, extensions=rows, rooms=await self._rooms())

    async def _clients(self, request: Request) -> Response:
        one = request.query_params.get("client") or None
        text, skip = request.query_params.get("text", "").strip(), _number(request, "skip")
        shown = programs.alone(self._wallet, one, skip) if one else programs.many(self._wallet, text[:_MAX_WORDS], skip)
        told = await shown
        browsers = (await self._wallet.call(shell.Pairings())).pairings
        return self._page("clients.html", request, programs=told, one=one, text=text, browsers=browsers)

    async def _unpair(self, request: Request) -> Response:
        form = await _form(request)
        await self._wallet.call(shell.Unpair(pairing=form.get("pairing", "")))
        return self._back(request, Told(success="The browser is paired no more."), to="/clients")

    async def _give(self, request: Request) -> Response:
        asked = rights.grant_of(await _form(request), request.path_params.get("reference"))
        await self._wallet.call(asked, provider=_principal(request))
        return self._back(request, Told(success="The right is given."), to="/clients")

    async def _amend(self, request: Request) -> Response:
        form = await _form(request)
        found = (await self._wallet.call(shell.Grants(grant=form.get("grant", "")))).grants
        if not found:
            raise forms.FormError("there is no such right any more")
        raised = (await self._wallet.call(rights.amendment_of(form, found[0]))).raised
        return self._back(request, Told(success=f"The right is {'raised' if raised else 'lowered'}."), to="/clients")

    async def _revoke(self, request: Request) -> Response:
        form = await _form(request)
        asked = wallet.Revoke(grant=form.get("grant") or None, client=form.get("client") or None)
        count = (await self._wallet.call(asked)).revoked
        text = "One right was taken back." if count == 1 else f"{count} rights were taken back."
        return self._back(request, Told(success=text), to="/clients")

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
        return self._page(
            "activity.html", request, records=records, asked_for=asked_for, text=text, page=_PAGE, all=everything
        )

    async def _why(self, request: Request) -> Response:
        explained = await self._wallet.call(wallet.Why(id=request.path_params["decision"]))
        return self._page("why.html", request, decision=request.path_params["decision"], explained=explained)

    # how it is kept

    async def _settings(self, request: Request) -> Response:
        settings, doors, status = await asyncio.gather(
            self._wallet.call(wallet.Settings()), self._wallet.call(wallet.Doors()), self._wallet.call(wallet.Status())
        )
        return self._page("settings.html", request, settings=settings.settings, doors=doors.doors, status=status)

    async def _set(self, request: Request) -> Response:
        form = await _form(request)
        name, value = form.get("name", ""), form.get("value", "")
        await self._wallet.call(wallet.Set(name=name, value=value))
        return self._back(request, Told(success=f"{name} is {value} now."), to="/settings")

    async def _door(self, request: Request) -> Response:
        form = await _form(request)
        door = form.get("door", "")
        if "close" in form:
            detail = (await self._wallet.call(wallet.DoorDisable(door=door))).detail
        else:
            detail = (await self._wallet.call(wallet.DoorEnable(door=door))).detail
        return self._back(request, Told(success=detail), to="/settings")

    async def _own(self, request: Request) -> Response:
        kind, text = _OWN_FORMS.get(request.path_params["form"], (None, ""))
        if kind is None:
            raise forms.FormError("there is no such button")
        await self._wallet.call(kind())
        return self._back(request, Told(success=text))

    async def _logo(self, request: Request) -> Response:
        try:
            (row,) = await self._extension(_principal(request))
        except ProtocolError:
            return PlainTextResponse("", 404)
        if row.logo is None:
            return PlainTextResponse("", 404)
        return Response(row.logo, media_type="image/png")

    async def _mark(self, request: Request) -> Response:
        del request
        return Response(self._brand.logo if self._brand is not None else b"", media_type="image/png")

    async def fault(self, request: Request, error: Exception) -> Response:
        """What is shown of a fault of the Shell itself: nothing of its values, here or there."""
        frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
        places = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
        sys.stderr.write(f"etui shell: {type(error).__name__} at {places}\n")
        return self._page("fault.html", request, status_code=500)

    # helpers

    async def _extension(self, principal: str) -> list[wallet.ExtensionRow]:
        rows = (await self._wallet.call(wallet.Extensions(extension=principal))).extensions
        if not rows:
            raise ProtocolError(ErrorCode.UNKNOWN_ITEM, "this Extension is not installed")
        return rows

    async def _rooms(self) -> dict[str, shell.Room]:
        """How much each Extension keeps; nothing where the user would rather not tell this Shell."""
        try:
            return {room.extension: room for room in (await self._wallet.call(shell.Space())).rooms}
        except ProtocolError as error:
            if error.code not in _NO:
                raise
            return {}

    async def _documents(self, row: wallet.ExtensionRow) -> list[Document]:
        return list(await asyncio.gather(*map(self._wallet.document, row.provides)))

    async def _titles(self, row: wallet.ExtensionRow) -> dict[str, str]:
        return _titles_of(await self._documents(row))

    async def _receivers(self) -> list[shell.ClientRow]:
        return rights.receivers((await self._wallet.call(shell.Clients(limit=_RECEIVERS))).clients)

    async def _found(self, principal: str, reference: str) -> Item | None:
        items = (await self._wallet.call(shell.Inventory(extension=principal, item=reference))).items
        return items[0] if items else None

    async def _fitting(
        self, principal: str, text: str, *, kind: str | None = None, skip: int = 0
    ) -> shell.InventoryResult:
        words = text[:_MAX_WORDS] or None
        asked = shell.Inventory(extension=principal, kind=kind, text=words, skip=skip, limit=_PAGE)
        return await self._wallet.call(asked)

    def _page(self, template: str, request: Request, *, status_code: int = 200, **values: object) -> Response:
        told = self._told.pop(request.query_params.get("told", ""), None)
        html = self._templates.get_template(template).render(here=self._path(request.url.path), told=told, **values)
        return HTMLResponse(html, status_code)

    def _back(self, request: Request, told: Told, *, to: str | None = None) -> Response:
        """To another page, or to the one that it was asked from."""
        if to is None:
            to = self._path(urlsplit(request.headers.get("referer", "")).path)
        key = secrets.token_urlsafe(8)
        self._told[key] = told
        while len(self._told) > _MAX_TOLD:
            del self._told[next(iter(self._told))]
        return RedirectResponse(f"{self._entrance.path}{to}?told={key}", _SEE_OTHER)

    def _path(self, path: str) -> str:
        """A path within this Shell, without what all begin with; that of the first page for any other."""
        root = self._entrance.path
        return path.removeprefix(root) if path.startswith(f"{root}/") else "/"


def pages(wallet: Wallet, entrance: Entrance, reporter: Reporter, brand: Kept | None, *, style: str) -> Starlette:
    """The application that serves the pages. ``style``: the CSS that stands in each.

    As it ends it tells what was turned away and is not told yet.
    """
    made = Pages(wallet, entrance, reporter, brand, style=style)

    @contextlib.asynccontextmanager
    async def telling(_: Starlette) -> AsyncIterator[None]:
        yield
        await reporter.end()

    return Starlette(routes=made.routes(), exception_handlers={Exception: made.fault}, lifespan=telling)


def _promoted(row: wallet.ExtensionRow) -> wallet.LinkRow | None:
    """The one link of an Extension that stands on the first page: the first that is not hidden."""
    return next((link for link in row.links or () if not link.hidden), None)


def _titles_of(documents: list[Document]) -> dict[str, str]:
    """The kinds of items that documents have, by their names."""
    return {name: kind.title for document in documents for name, kind in document.kinds.items()}


def _principal(request: Request) -> str:
    return f"ext:{request.path_params['publisher']}/{request.path_params['name']}"


def _number(request: Request, name: str) -> int:
    given = request.query_params.get(name, "")
    return int(given) if given.isdecimal() and len(given) < _DIGITS else 0


async def _form(request: Request) -> dict[str, str]:
    """The fields of a posted form; of two of one name the last. Nothing is uploaded."""
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))
