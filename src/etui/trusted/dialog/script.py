"""The script that answers in place of a person in a test profile: JSON lines, one rule a line.

Whoever writes such files need not import this module. For each showing the first rule whose ``when`` fits answers;
blank lines and lines that begin with ``#`` are passed over. A rule::

    {"when": {"face": "confirm", "name_contains": "other.sh"}, "answer": "refuse"}

``when`` (every member given must fit; without it the rule fits every showing):

- ``face``: ``create``, ``recovery``, ``unlock``, ``new_passphrase``, ``new_pin``, ``new_login``, ``confirm``,
  ``choose``, ``ask_secret``, ``reveal``, ``read_text``, ``message``, ``appearance``
- ``name_contains``, ``principal_contains``: the asker's name or identity contains it
- ``action_contains``: what finishes "wants to ..." contains it
- ``text_contains``: any text on the face contains it, titles and values of fields included
- ``extension``: the id of the Extension in whose frame the face stands, or that keeps the item
- ``wrong``, ``recovery``, ``pin``: whether the last try was wrong; whether the recovery key, or the PIN, is asked
- ``finger``: whether a finger may stand for it

``answer``, and the members that go with it (all optional, except where a passphrase or secret is typed):

- ``approve``: ``remember`` (id) or ``remember_contains`` (part of the label), ``items`` (ids to allow; without it
  all), ``secret`` (the passphrase or PIN where one is asked again), ``keep`` (a file to which a shown secret goes),
  ``finger`` (waits until one is recognised, or until none is waited for any more, and gives the secret then)
- ``refuse`` · ``dismiss``: ``silence`` · ``wait`` (leaves it open until it is closed, or the file changes)
- ``type``: ``secret``, and ``new`` for a new passphrase or PIN, or the login password · ``use_other`` (the recovery
  key instead of the passphrase, the passphrase instead of the PIN)
- ``choose``: ``id`` or ``label_contains``
- ``create``: ``passphrase``, ``picture``, ``phrase``, ``colour``, ``open_session``
- ``looks``: ``picture``, ``phrase``, ``colour``

Beside them ``times``: after so many answers the rule fits no more (0: without end). The file is read again when it
changes, and the counts begin anew. A showing that no rule fits is dismissed.
"""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import Meta

from etui.sealing import Secret
from etui.trusted.dialog.content import Content, FrameBlock
from etui.trusted.dialog.errors import ScriptError
from etui.trusted.dialog.requests import Confirm, Request
from etui.trusted.dialog.text import single_line


class When(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which showings a rule fits; an empty member fits all."""

    face: str = ""
    name_contains: str = ""
    principal_contains: str = ""
    action_contains: str = ""
    text_contains: str = ""
    extension: str = ""
    wrong: bool | None = None
    recovery: bool | None = None
    pin: bool | None = None
    finger: bool | None = None


class _Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="answer"):
    when: When = When()
    times: Annotated[int, Meta(ge=0)] = 0


class ApproveRule(_Rule, frozen=True, tag="approve"):
    """Says yes."""

    remember: str = ""
    remember_contains: str = ""
    items: tuple[str, ...] | None = None
    secret: Secret | None = None
    keep: str = ""
    finger: bool = False


class RefuseRule(_Rule, frozen=True, tag="refuse"):
    """Says no."""


class DismissRule(_Rule, frozen=True, tag="dismiss"):
    """Closes it: not now."""

    silence: bool = False


class WaitRule(_Rule, frozen=True, tag="wait"):
    """Leaves it open."""


class TypeRule(_Rule, frozen=True, tag="type"):
    """Types a secret and approves."""

    secret: Secret
    new: Secret | None = None


class UseOtherRule(_Rule, frozen=True, tag="use_other"):
    """Would rather give the other secret."""


class ChooseRule(_Rule, frozen=True, tag="choose"):
    """Chooses an option."""

    id: str = ""
    label_contains: str = ""


class LooksRule(_Rule, frozen=True, tag="looks"):
    """Picks picture, phrase and colour."""

    picture: str = "lighthouse"
    phrase: str = "a phrase of the test profile"
    colour: str = "#1f5f8b"


class CreateRule(_Rule, frozen=True, tag="create"):
    """Makes the wallet."""

    passphrase: Secret
    picture: str = "lighthouse"
    phrase: str = "a phrase of the test profile"
    colour: str = "#1f5f8b"
    open_session: bool = False


Rule: TypeAlias = (
    ApproveRule | RefuseRule | DismissRule | WaitRule | TypeRule | UseOtherRule | ChooseRule | LooksRule | CreateRule
)


def _secret(wanted: type, value: object) -> object:
    if wanted is Secret and isinstance(value, str):
        return Secret.from_text(value)
    raise NotImplementedError(wanted)


_decoder: Final = msgspec.json.Decoder(Rule, dec_hook=_secret)


def read_script(text: str) -> tuple[Rule, ...]:
    """The rules of a script in their order.

    Raises ``ScriptError`` with the number of the line that is no rule.
    """
    rules: list[Rule] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            rules.append(_decoder.decode(line))
        except (msgspec.DecodeError, NotImplementedError) as error:
            raise ScriptError(f"line {number} of the script is no rule: {error}") from None
    return tuple(rules)


def fits(when: When, request: Request, content: Content) -> bool:
    """Whether a rule's condition fits a showing."""
    asker = content.asker
    frame = content.frame or content.keeper
    action = request.action if isinstance(request, Confirm) else ""
    return (
        when.face in {"", content.face}
        and when.name_contains in ("" if asker is None else asker.name.text)
        and when.principal_contains in ("" if asker is None else asker.principal.text)
        and single_line(when.action_contains).text in single_line(action).text
        and (not when.text_contains or any(when.text_contains in text for text in shown_texts(content)))
        and when.extension in {"", "" if frame is None else frame.extension.text}
        and when.wrong in {None, getattr(request, "wrong", False)}
        and when.recovery in {None, getattr(request, "recovery", False)}
        and when.pin in {None, getattr(request, "pin", False)}
        and when.finger in {None, getattr(request, "finger", None) is not None}
    )


def shown_texts(content: Content) -> tuple[str, ...]:
    """Every text on a face, in the order of reading; no secret is among them."""
    texts = [content.heading, content.lead]
    if not content.body_title.text:
        texts.append(content.body)
    for frame in (content.frame, content.keeper):
        if isinstance(frame, FrameBlock):
            texts += [frame.name, frame.publisher]
    if content.asker is not None:
        texts += [content.asker.name, content.asker.sentence, content.asker.principal, *content.asker.through]
    for line in content.lines:
        texts += [line.title, line.value]
    if content.body_title.text:
        texts += [content.body_title, content.body]
    for option in (*content.items, *content.options, *content.remember):
        texts += [option.label, option.detail]
    texts += [note.text for note in content.notes]
    return tuple(text.text for text in texts if text.text)
