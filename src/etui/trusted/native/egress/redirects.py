"""What follows a redirect: a new request, to be checked like the first.

::

    301, 302   POST becomes GET without its body, other methods stay
    303        becomes GET without its body, HEAD stays
    307, 308   method and body stay

From https it stays https. At another origin the fields that name the caller (``Authorization``, ``Cookie``) and those
that hold the placeholder are left out, and from there on nothing is inserted any more, not even back at the first one.
A redirect that would carry the inserted secret, or a body with its placeholder, to another origin is refused.

What is said of a redirect never names where it leads: the other side chose that, and may have put an echo in it.

Source: RFC 9110, section 15.4.
"""

from __future__ import annotations

from typing import Final

import msgspec

from etui.trusted.native.egress.errors import MalformedError, RefusedError, UnreachableError
from etui.trusted.native.egress.insertion import Insertion, Where, holds_placeholder
from etui.trusted.native.egress.masking import Mask
from etui.trusted.native.egress.requests import Fields, Outgoing
from etui.trusted.native.egress.targets import Scheme, Target, redirected

_FOLLOWED: Final = frozenset({301, 302, 303, 307, 308})
_SEE_OTHER: Final = 303
_POST_BECOMES_GET: Final = frozenset({301, 302})
_CREDENTIALS: Final = frozenset({b"authorization", b"cookie"})


class Step(msgspec.Struct, frozen=True):
    """One request of a chain.

    ``plain``: without the secret. ``insertion``: what is still to be put into it. ``follows``: whether a redirect is
    followed; else it is the answer.
    """

    plain: Outgoing
    insertion: Insertion | None
    follows: bool = True


def follow(step: Step, sent: Target, status: int, location: bytes | None, mask: Mask) -> Step | None:
    """The step after a response to what was sent to ``sent``; None where the response is the answer.

    Raises ``RefusedError``, or ``UnreachableError`` for a redirect that leads nowhere.
    """
    if not step.follows or status not in _FOLLOWED or location is None:
        return None
    try:
        target = redirected(sent, location)
    except MalformedError:
        raise UnreachableError(f"{sent.host} redirects to what is no address for egress") from None
    if sent.scheme is Scheme.HTTPS and target.scheme is not Scheme.HTTPS:
        raise RefusedError(f"{sent.host} redirects from https to http, which is not followed")
    plain = _with_method(step.plain, status)
    if target.origin == sent.origin:
        return Step(msgspec.structs.replace(plain, target=target), _still(plain, step.insertion))
    if mask.finds(target.url.encode()):
        raise RefusedError(f"{sent.host} redirects to another origin with the inserted value in the address")
    fields = tuple((n, v) for n, v in plain.fields if n.lower() not in _CREDENTIALS)
    if step.insertion is not None and step.insertion.placeholder:
        placeholder = step.insertion.placeholder.encode()
        if placeholder in plain.body:
            raise RefusedError(f"{sent.host} redirects to another origin with a body that holds the placeholder")
        fields = tuple((n, v) for n, v in fields if placeholder not in v)
    return Step(msgspec.structs.replace(plain, target=target, fields=fields), None)


def _still(plain: Outgoing, insertion: Insertion | None) -> Insertion | None:
    """The insertion as far as there is a place left for it: the address is the other side's, the body may be gone."""
    if insertion is None or insertion.where is Where.URL:
        return None
    return insertion if holds_placeholder(plain, insertion) else None


def _with_method(plain: Outgoing, status: int) -> Outgoing:
    becomes_get = (status == _SEE_OTHER and plain.method != "HEAD") or (
        status in _POST_BECOMES_GET and plain.method == "POST"
    )
    if not becomes_get:
        return plain
    return msgspec.structs.replace(plain, method="GET", body=b"", fields=_without_content(plain.fields))


def _without_content(fields: Fields) -> Fields:
    return tuple((name, value) for name, value in fields if not name.lower().startswith(b"content-"))
