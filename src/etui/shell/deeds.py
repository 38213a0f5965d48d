"""What is done from a page: each ends where it was asked for, or at another page, which tells what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from etui.interfaces import shell_1 as shell
from etui.interfaces import untyped_request, values_of
from etui.interfaces import wallet_1 as wallet
from etui.sdk import ErrorCode, ProtocolError
from etui.shell import forms, rights, settings, words
from etui.shell.rendering import Told
from etui.shell.requests import form_in, principal_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from etui.interfaces import Document
    from etui.shell.rendering import Rendering
    from etui.shell.requests import Page
    from etui.shell.style import Look
    from etui.shell.wallet import Wallet

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


class Deeds:
    """What the forms of one Shell do."""

    def __init__(self, wallet: Wallet, rendering: Rendering, look: Look) -> None:
        self._wallet = wallet
        self._rendering = rendering
        self._look = look

    def paths(self) -> dict[str, Page]:
        """What is done, by the path that it is posted to."""
        return {
            "/of/{publisher}/{name}/follow": self._follow,
            "/of/{publisher}/{name}/hide": self._hide,
            "/of/{publisher}/{name}/give": self._give,
            "/of/{publisher}/{name}/{reference}/do": self._do,
            "/of/{publisher}/{name}/{reference}/give": self._give,
            "/amend": self._amend,
            "/ask-again": self._ask_again,
            "/revoke": self._revoke,
            "/unpair": self._unpair,
            "/set": self._set,
            "/door": self._door,
            "/brand/drop": self._drop_brand,
            "/own/{form}": self._own,
        }

    async def _do(self, request: Request) -> Response:
        principal, reference = principal_of(request), request.path_params["reference"]
        row = await self._wallet.extension(principal)
        form = await form_in(request)
        item = await self._wallet.item(principal, reference)
        if item is None:
            raise ProtocolError(ErrorCode.UNKNOWN_ITEM, "it is not there any more")
        for document in await self._wallet.documents_of(row):
            for action in forms.actions_on(document, item):
                if (action.interface, action.method) == (form.get("interface"), form.get("method")):
                    values = forms.values_of(document.methods[action.method], form) | {action.item: reference}
                    return await self._called(request, document, action, values, principal)
        raise forms.FormError("this is nothing that may be done here")

    async def _follow(self, request: Request) -> Response:
        """A link that an Extension publishes: its own method, with nothing in its params."""
        principal = principal_of(request)
        row = await self._wallet.extension(principal)
        form = await form_in(request)
        wanted = next((link.method for link in row.links or () if link.method == form.get("method")), "")
        for document in await self._wallet.documents_of(row):
            interface, _, name = wanted.rpartition(".")
            if document.interface == interface and (action := forms.action(document, name)) is not None:
                return await self._called(request, document, action, {}, principal)
        raise forms.FormError("this Extension has no such link")

    async def _hide(self, request: Request) -> Response:
        form = await form_in(request)
        show = "show" in form or None
        await self._wallet.call(
            shell.HideLink(extension=principal_of(request), method=form.get("method", ""), show=show)
        )
        return self._rendering.back(
            request, Told(success="It is there again." if show else "It is hidden, and on record.")
        )

    async def _called(
        self, request: Request, document: Document, action: forms.Action, values: dict[str, Any], provider: str
    ) -> Response:
        result = await self._wallet.call(untyped_request(document, action.method, values), provider=provider)
        method = document.methods[action.method]
        lines = words.result(values_of(result), method, document.types, values)
        to = f"/of/{provider.removeprefix('ext:')}" if action.removes else None
        return self._rendering.back(request, Told(success=f"{action.title}: done.", lines=lines), to=to)

    async def _unpair(self, request: Request) -> Response:
        form = await form_in(request)
        await self._wallet.call(shell.Unpair(pairing=form.get("pairing", "")))
        return self._rendering.back(request, Told(success="The browser is paired no more."), to="/clients")

    async def _give(self, request: Request) -> Response:
        asked = rights.grant_of(await form_in(request), request.path_params.get("reference"))
        await self._wallet.call(asked, provider=principal_of(request))
        return self._rendering.back(request, Told(success="The right is given."), to="/clients")

    async def _amend(self, request: Request) -> Response:
        form = await form_in(request)
        found = (await self._wallet.call(shell.Grants(grant=form.get("grant", "")))).grants
        if not found:
            raise forms.FormError("there is no such right any more")
        raised = (await self._wallet.call(rights.amendment_of(form, found[0]))).raised
        return self._rendering.back(
            request, Told(success=f"The right is {'raised' if raised else 'lowered'}."), to="/clients"
        )

    async def _ask_again(self, request: Request) -> Response:
        form = await form_in(request)
        await self._wallet.call(shell.AskAgain(client=form.get("client", "")))
        return self._rendering.back(request, Told(success="You are asked about it again."), to="/clients")

    async def _revoke(self, request: Request) -> Response:
        form = await form_in(request)
        asked = wallet.Revoke(grant=form.get("grant") or None, client=form.get("client") or None)
        count = (await self._wallet.call(asked)).revoked
        text = "One right was taken back." if count == 1 else f"{count} rights were taken back."
        return self._rendering.back(request, Told(success=text), to="/clients")

    async def _set(self, request: Request) -> Response:
        form = await form_in(request)
        kept = {setting.name: setting for setting in (await self._wallet.call(wallet.Settings())).settings}
        if (setting := kept.get(form.get("name", ""))) is None:
            raise forms.FormError("there is no such setting")
        value = settings.value_of(setting, form.get("value", ""))
        await self._wallet.call(wallet.Set(name=setting.name, value=value))
        now = settings.said(msgspec.structs.replace(setting, value=value))
        return self._rendering.back(request, Told(success=f"{settings.title_of(setting)}: {now}."), to="/settings")

    async def _drop_brand(self, request: Request) -> Response:
        try:
            self._look.drop()
        except OSError as error:
            raise forms.FormError(f"the brand cannot be removed: {error.strerror}") from None
        return self._rendering.back(request, Told(success="The Shell looks as Etui made it."), to="/settings")

    async def _door(self, request: Request) -> Response:
        form = await form_in(request)
        door = form.get("door", "")
        if "close" in form:
            detail = (await self._wallet.call(wallet.DoorDisable(door=door))).detail
        else:
            detail = (await self._wallet.call(wallet.DoorEnable(door=door))).detail
        return self._rendering.back(request, Told(success=detail))

    async def _own(self, request: Request) -> Response:
        kind, text = _OWN_FORMS.get(request.path_params["form"], (None, ""))
        if kind is None:
            raise forms.FormError("there is no such button")
        await self._wallet.call(kind())
        return self._rendering.back(request, Told(success=text))
