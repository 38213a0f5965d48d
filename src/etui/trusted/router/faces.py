"""``dialog/1``: what an Extension may show the user, within the call that it serves and in its own frame."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING

import msgspec

from etui.interfaces import dialog_1 as dialog
from etui.protocol import ErrorCode, ProtocolError
from etui.trusted.dialog.requests import (
    Answer,
    Approved,
    AskSecret,
    Choice,
    Choose,
    Chosen,
    Dismissed,
    Frame,
    Message,
    ReadText,
    Refused,
    Request,
    Reveal,
    Typed,
)
from etui.trusted.router.wording import frame_of

if TYPE_CHECKING:
    from etui.trusted.router.calls import ActiveCall
    from etui.trusted.router.router import Router


class _Sealed(msgspec.Struct, frozen=True):
    title: str
    secret: bytes


async def show_face(router: Router, call: ActiveCall, params: bytes) -> bytes:
    """Shows what an Extension asked to be shown, and the encoded result; each showing counts for that Extension.

    Raises ``ProtocolError``: ``refused``, ``not_now``, ``no_dialog``, ``too_many``, ``invalid_params``.
    """
    router.budget_of(call.caller).take(call.caller.principal.id, asyncio.get_running_loop().time())
    try:
        return await _SHOWN[call.method.compiled.name](router, call, params)
    except msgspec.DecodeError as error:
        raise ProtocolError(ErrorCode.INVALID_PARAMS, f"{call.method.action.id}: {error}") from None


async def _message(router: Router, call: ActiveCall, params: bytes) -> bytes:
    asked = msgspec.json.decode(params, type=dialog.Message)
    await _shown(router, call, Message(title=asked.title, text=asked.text, frame=_frame(router, call)))
    return b"{}"


async def _choose(router: Router, call: ActiveCall, params: bytes) -> bytes:
    asked = msgspec.json.decode(params, type=dialog.Choose)
    options = tuple(Choice(id=o.id, label=o.label, detail=o.detail or "") for o in asked.options)
    request = Choose(frame=_frame(router, call), title=asked.title, text=asked.text or "", options=options)
    answer = await _answered(router, call, request)
    if not isinstance(answer, Chosen) or answer.id not in {option.id for option in options}:
        raise ProtocolError(ErrorCode.NO_DIALOG, "the Trusted Dialog answered something else")
    return msgspec.json.encode(dialog.ChooseResult(chosen=answer.id))


async def _ask_secret(router: Router, call: ActiveCall, params: bytes) -> bytes:
    asked = msgspec.json.decode(params, type=dialog.AskSecret)
    request = AskSecret(
        frame=_frame(router, call),
        title=asked.title,
        text=asked.text or "",
        digits=bool(asked.digits),
        key=call.caller.key,
    )
    answer = await _answered(router, call, request)
    if not isinstance(answer, Typed):
        raise ProtocolError(ErrorCode.NO_DIALOG, "the Trusted Dialog answered something else")
    return msgspec.json.encode({"secret": base64.b64encode(answer.sealed).decode()})


async def _reveal(router: Router, call: ActiveCall, params: bytes) -> bytes:
    asked = msgspec.json.decode(params, type=_Sealed)
    await _agreed(router, call, Reveal(frame=_frame(router, call), title=asked.title, sealed=asked.secret))
    return b"{}"


async def _read_text(router: Router, call: ActiveCall, params: bytes) -> bytes:
    asked = msgspec.json.decode(params, type=dialog.ReadText)
    request = ReadText(
        frame=_frame(router, call),
        title=asked.title,
        text=asked.text,
        asker=call.chain[0].asker if call.chain else None,
    )
    answer = await _shown(router, call, request)
    if isinstance(answer, Dismissed):
        raise ProtocolError(ErrorCode.NOT_NOW, "the user did not answer now")
    agreed = isinstance(answer, Approved)
    if agreed:
        router.budget_of(call.caller).approved()
    return msgspec.json.encode(dialog.ReadTextResult(agreed=agreed))


_SHOWN = {
    "message": _message,
    "choose": _choose,
    "ask_secret": _ask_secret,
    "reveal": _reveal,
    "read_text": _read_text,
}


def _frame(router: Router, call: ActiveCall) -> Frame:
    provider = router.registry.providers.get(call.caller.principal.id)
    if provider is None:
        raise ProtocolError(ErrorCode.DENIED, "only an Extension has a frame to show something in")
    return frame_of(provider)


async def _shown(router: Router, call: ActiveCall, request: Request) -> Answer:
    """The answer, whatever it is, in the turn of who began it; an Extension that is told to be quiet is."""
    extension, budget = call.caller.principal.id, router.budget_of(call.caller)
    lane = (call.chain[0] if call.chain else call.caller).lane

    def due() -> None:
        budget.must_be_heard(extension, asyncio.get_running_loop().time())

    answer = await router.dialogs.show(request, lane, due, extension)
    if isinstance(answer, Dismissed) and answer.silence:
        budget.silence(extension, asyncio.get_running_loop().time())
    return answer


async def _agreed(router: Router, call: ActiveCall, request: Request) -> Approved | Typed | Chosen:
    """The answer, where it is none that refuses or puts off."""
    answer = await _shown(router, call, request)
    match answer:
        case Refused():
            raise ProtocolError(ErrorCode.REFUSED, "the user refused")
        case Dismissed():
            raise ProtocolError(ErrorCode.NOT_NOW, "the user did not answer now")
        case Approved() | Typed() | Chosen():
            return answer
        case _:
            raise ProtocolError(ErrorCode.NO_DIALOG, "the Trusted Dialog answered something else")


async def _answered(router: Router, call: ActiveCall, request: Request) -> Approved | Typed | Chosen:
    """The answer to what the user could have refused."""
    answer = await _agreed(router, call, request)
    router.budget_of(call.caller).approved()
    return answer
