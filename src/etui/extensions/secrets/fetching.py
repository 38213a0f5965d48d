"""Web requests with a value in them: it goes to egress, sealed, under the very call, and nowhere else.

What is answered comes whole, or as it comes: then each part is a call of its own, which asks nobody anew.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from msgspec.json import encode
from msgspec.structs import replace

from etui.extensions.secrets.answers import Answers
from etui.extensions.secrets.errors import NotNamedError, UnknownAnswerError
from etui.extensions.secrets.uses import use_of
from etui.extensions.secrets.values import can_be_sent
from etui.interfaces import egress_1 as egress
from etui.interfaces import secret_1 as secret
from etui.sdk import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from etui.extensions.secrets.safe import Safe
    from etui.sdk import Call


class Fetching:
    """Makes requests with the values of one safe; any thread may use it."""

    def __init__(self, safe: Safe, drop: Callable[[egress.Drop], object]) -> None:
        self._safe = safe
        self._drop = drop
        """Gives an answer up on the Extension's own account: a call that was given up itself has no others under it."""
        self._answers = Answers()

    def fetch(self, request: secret.Fetch, call: Call) -> secret.FetchResult:
        """Answers ``secret/1.fetch``."""
        ask = self._request(request, call.client)
        if not (request.stream and self._answers.begin(call.client)):
            return _result(call.ask(ask))
        with self._reading(call.client):
            answer = call.ask(replace(ask, stream=True))
            self._go_on(call.client, request.item, answer.rest)
        return _result(answer)

    def more(self, request: secret.FetchMore, call: Call) -> secret.FetchMoreResult:
        """Answers ``secret/1.fetch_more``."""
        self._answers.take(call.client, request.item, request.rest)
        with self._reading(call.client, request.rest):
            part = call.ask(egress.Read(rest=request.rest))
            self._go_on(call.client, request.item, part.rest)
        return secret.FetchMoreResult(body=part.body, rest=part.rest)

    def drop(self, request: secret.FetchDrop, call: Call) -> secret.FetchDropResult:
        """Answers ``secret/1.fetch_drop``."""
        with contextlib.suppress(UnknownAnswerError):
            self._answers.take(call.client, request.item, request.rest)
            self._answers.end(call.client)
            self._drop(egress.Drop(rest=request.rest))
        return secret.FetchDropResult()

    @contextlib.contextmanager
    def _reading(self, client: str, rest: str = "") -> Iterator[None]:
        """While this is done an answer is read, which ends where it fails. ``rest``: the handle that was used."""
        try:
            yield
        except BaseException:
            self._answers.end(client)
            if rest:
                with contextlib.suppress(ProtocolError):  # egress may never have heard of that call, or has ended
                    self._drop(egress.Drop(rest=rest))
            raise

    def _go_on(self, client: str, item: str, rest: str | None) -> None:
        if rest is None:
            self._answers.end(client)
        else:
            self._answers.keep(client, item, rest)

    def _request(self, request: secret.Fetch, client: str) -> egress.Fetch:
        """What egress is asked; raises ``NotNamedError`` for what the item does not name."""
        entry = self._safe.entry(request.item)
        use = use_of(entry.item.attributes)
        if use is None:
            raise NotNamedError("any host")
        use.check(request)
        inserted = None
        value = self._safe.value(entry)
        if request.placeholder is not None or can_be_sent(value):  # what was sent before may be echoed now
            inserted = encode({"secret": value, "hosts": (request.host,), "where": use.where, "name": use.name})
        return egress.Fetch(
            method=request.method,
            host=request.host,
            url=request.url,
            headers=[egress.Header(name=field.name, value=field.value) for field in request.headers or ()],
            body=request.body,
            insert=inserted,
            placeholder=request.placeholder,
            follow=False,
            apart=client,
        )


def _result(answer: egress.FetchResult) -> secret.FetchResult:
    headers = [secret.Header(name=field.name, value=field.value) for field in answer.headers]
    return secret.FetchResult(status=answer.status, headers=headers, body=answer.body, rest=answer.rest)
