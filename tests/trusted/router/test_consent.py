"""Consent is to exactly one request; the dialog is played by the test, since no honest one lies."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from etui.protocol import Consent as HowAsked
from etui.protocol import ErrorCode, ProtocolError
from etui.trusted.dialog.requests import Answer, Approved, Chosen, Confirm, Dismissed, Hello, Refused, ShownField
from etui.trusted.evidence import Strength
from etui.trusted.policy import Assurance, Decision, Grant, Outcome, Principal, PrincipalType, Question, Resource
from etui.trusted.router.advisers import Advisers
from etui.trusted.router.budget import PromptBudget
from etui.trusted.router.callers import Caller
from etui.trusted.router.consent import Asked, Consent, Consented, digest_of
from etui.trusted.router.path import RequestPath
from etui.trusted.router.pauses import Pauses
from etui.trusted.router.reading import digest
from etui.trusted.router.recording import Recorder
from etui.trusted.router.registry import Registry
from etui.trusted.router.requests import Settled
from etui.trusted.router.turns import Lane
from etui.trusted.router.wallet import Keys, Opened

REGISTRY = Registry([])
MAILER = Caller(
    principal=Principal(type=PrincipalType.CLIENT, id="app:/usr/bin/mailer", strength=2),
    label="mailer",
    sentence="A program.",
    strength=Strength.OBSERVED,
)
METHOD = REGISTRY.method("secret/1.read")
PARAMS = b'{"item":"r1.x"}'
HELLO = Hello(key=bytes(32), display="wayland", sentence="Protected.", protected=True)
HOW = HowAsked(at=1, assurance="consent", face="window", display="wayland")
DIGEST = digest_of(MAILER, METHOD.action.id, PARAMS, ("i1",))


def consent_of(answer: Answer, home: Path, text: str = "", hello: Hello = HELLO, *, managed: bool = False) -> Consented:
    """What becomes of this answer to the question whether ``mailer`` may read an item.

    ``text``: one that is to be read. ``hello``: what the dialog says of itself. ``managed``: the machine runs it.
    """

    async def ask() -> Consented:
        async def shown(request: Confirm, lane: Lane, due: Callable[[], None], _: str) -> tuple[Answer, Hello]:
            assert (request.digest, lane) == (DIGEST, Lane.PROGRAMS)
            due()
            return answer, hello

        opened = Opened(home, Keys(bytes(32), bytes(32), bytes(32)), REGISTRY)
        budget = PromptBudget()
        router = SimpleNamespace(
            budgets={Lane.PROGRAMS: budget},
            budget_of=lambda _: budget,
            dialogs=SimpleNamespace(shown=shown, feel=None),
            fingers=SimpleNamespace(enabled=False),
            profile=SimpleNamespace(test=None),
            is_managed=managed,
            recorder=Recorder(),
            registry=REGISTRY,
            unlocked=lambda: opened,
            later=asyncio.ensure_future,
            pauses=Pauses(),
        )
        router.advisers = Advisers(cast("Any", router))
        question = Question(
            principal=MAILER.principal,
            action=METHOD.action,
            resource=Resource(extension="ext:e", item="i1", kind="note"),
        )
        decision = Decision(outcome=Outcome.ASK, policies=("manufacturer/consent",), assurance=Assurance.CONSENT)
        asked = Asked(caller=MAILER, question=question, decision=decision, action="read “Mail”", digest=DIGEST)
        if text:
            shown_text = ShownField(title="Text", value=text)
            asked = msgspec.structs.replace(asked, reading=shown_text)
        try:
            return await Consent(cast("Any", router)).ask(asked)
        finally:
            await opened.state.close()

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Refused(), ErrorCode.REFUSED),
        (Dismissed(), ErrorCode.NOT_NOW),
        (Chosen(id="x"), ErrorCode.NO_DIALOG),
        pytest.param(Approved(), ErrorCode.ALTERED, marks=pytest.mark.attack(19)),
        pytest.param(Approved(digest=bytes(32)), ErrorCode.ALTERED, marks=pytest.mark.attack(19)),
        pytest.param(Approved(digest=DIGEST[:-1] + b"\0"), ErrorCode.ALTERED, marks=pytest.mark.attack(19)),
    ],
)
def test_only_a_yes_to_this_very_request_is_one(tmp_path: Path, answer: Answer, code: ErrorCode) -> None:
    with pytest.raises(ProtocolError) as caught:
        consent_of(answer, tmp_path)
    assert caught.value.code is code


@pytest.mark.attack(87)
@pytest.mark.parametrize("read", [b"", bytes(32), digest("I pay nothing."), digest("I pay nothing\n")])
def test_a_yes_to_another_text_than_the_one_that_is_forwarded_is_none(tmp_path: Path, read: bytes) -> None:
    with pytest.raises(ProtocolError) as caught:
        consent_of(Approved(digest=DIGEST, read=read), tmp_path, "I pay nothing")
    assert caught.value.code is ErrorCode.ALTERED


def test_a_yes_says_how_the_wallet_is_installed(tmp_path: Path) -> None:
    assert consent_of(Approved(digest=DIGEST), tmp_path, managed=True).how.installed == "managed"
    assert consent_of(Approved(digest=DIGEST), tmp_path).how.installed == "per_user"


def test_a_yes_says_on_what_it_was_given(tmp_path: Path) -> None:
    how = consent_of(Approved(digest=DIGEST, read=digest("I pay nothing")), tmp_path, "I pay nothing").how
    assert (how.assurance, how.face, how.display, how.protected) == ("consent", "window", "wayland", True)
    assert how.read == digest("I pay nothing")
    assert not how.test


@pytest.mark.parametrize(
    ("display", "face"),
    [("x11", "window"), ("offscreen", "window"), ("terminal", "terminal"), ("scripted", "script")],
)
def test_a_yes_says_by_which_face_it_was_given(tmp_path: Path, display: str, face: str) -> None:
    hello = Hello(key=bytes(32), display=display, sentence="It says.")
    how = consent_of(Approved(digest=DIGEST), tmp_path, hello=hello).how
    assert (how.face, how.display, how.protected, how.read) == (face, display, False, b"")


def test_a_yes_to_this_request_is_one(tmp_path: Path) -> None:
    consented = consent_of(Approved(digest=DIGEST, items=("never offered",)), tmp_path)
    assert consented.decision.outcome is Outcome.ALLOW
    assert consented.items == ()


@pytest.mark.attack(19)
@pytest.mark.parametrize(
    "other",
    [
        digest_of(MAILER, "secret/1.delete", PARAMS, ("i1",)),
        digest_of(MAILER, METHOD.action.id, PARAMS + b" ", ("i1",)),
        digest_of(MAILER, METHOD.action.id, PARAMS, ("i2",)),
        digest_of(MAILER, METHOD.action.id, PARAMS, ("i", "1")),
        digest_of(MAILER, METHOD.action.id, PARAMS, ("i1",), {"card": b'"blue"'}),
    ],
)
def test_every_part_of_a_request_is_in_its_digest(other: bytes) -> None:
    assert other != DIGEST


@pytest.mark.attack(19)
@pytest.mark.parametrize(
    "altered",
    [
        lambda request: setattr(request, "params", b'{"item":"r1.y"}'),
        lambda request: request.items.update(item="i2"),
        lambda request: request.material.update(card=b'"blue"'),
    ],
    ids=["its bytes", "its item", "what was settled"],
)
def test_a_request_that_is_another_once_the_user_has_said_yes_goes_no_further(
    altered: Callable[[SimpleNamespace], None],
) -> None:
    decision = Decision(outcome=Outcome.ASK, policies=("manufacturer/consent",), assurance=Assurance.CONSENT)
    resource = Resource(extension="ext:e", item="i1", kind="note")
    request = SimpleNamespace(
        quiet=False,
        caller=MAILER,
        method=METHOD,
        params=PARAMS,
        items={"item": "i1"},
        material=dict[str, bytes](),
        question=Question(principal=MAILER.principal, action=METHOD.action, resource=resource),
        chain=(),
        seen=SimpleNamespace(policy={}),
        settled=Settled(),
        proposal=None,
        choices=(),
        provider=SimpleNamespace(name="Cards", items={}, documents=(), package=None),
    )

    async def walk(alter: Callable[[SimpleNamespace], None]) -> tuple[Consented, Grant | None]:
        async def ask(_: Asked) -> Consented:
            alter(request)
            return Consented(decision=decision, remember="once", items=(), why="d1-1", how=HOW)

        async def remember(*_: object) -> None:
            """Nothing lasts of it."""

        router = SimpleNamespace(consent=SimpleNamespace(ask=ask, remember=remember))
        return await RequestPath(cast("Any", router))._ask(cast("Any", request), decision, ())

    assert asyncio.run(walk(lambda _: None))[0].decision is decision
    with pytest.raises(ProtocolError) as caught:
        asyncio.run(walk(altered))
    assert caught.value.code is ErrorCode.ALTERED
