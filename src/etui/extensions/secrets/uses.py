"""Where an item's value may be sent without being read: what its attributes say, and what a request is held to.

``etui:use.hosts``     the hosts, with blanks between
``etui:use.in``        ``header:NAME``, ``body`` or ``url``; without it ``header:Authorization``
``etui:use.methods``   methods, with blanks between; without it any
``etui:use.paths``     beginnings of paths, with blanks between, as ``/v1/ /status``; without it any
``etui:use.variable``  the environment variable in which a program looks for the value
``etui:use.base-url``  the environment variable that tells a program where its service is

Where paths are limited, one that could be read in two ways is refused: a segment of dots, with a parameter or blanks
behind them too (RFC 3986, section 3.3), a backslash, something encoded twice, a control, what is no UTF-8, and whatever
is one of these once it is normalised (NFKC). So is a header by which a service behind a proxy is told another path.
Where methods are limited, a header or a parameter that names another method is refused, as frameworks take them.

Source of names and methods: RFC 1123 section 2.1, RFC 9110 sections 5.1 and 9. What frameworks take: Rack's
``MethodOverride``, Symfony's ``Request::getMethod``, IIS's ``X-Original-URL`` and ``X-Rewrite-URL``.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import unquote, urlsplit

import msgspec

from etui.extensions.secrets.errors import NotNamedError, UnfitError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from etui.interfaces.secret_1 import Fetch

PREFIX: Final = "etui:use."
HOSTS: Final = PREFIX + "hosts"
IN: Final = PREFIX + "in"
METHODS: Final = PREFIX + "methods"
PATHS: Final = PREFIX + "paths"
VARIABLE: Final = PREFIX + "variable"
BASE_URL: Final = PREFIX + "base-url"
_KNOWN: Final = frozenset({HOSTS, IN, METHODS, PATHS, VARIABLE, BASE_URL})
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
_LABEL: Final = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST: Final = re.compile(rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?")
_TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,200}")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_OTHER_METHOD: Final = ("x-http-method", "x-method")
_OTHER_PATH: Final = ("x-envoy-original", "x-forwarded", "x-original", "x-override", "x-rewrite")
"""How the names of headers begin that tell a service of another method, and of another path."""
_METHOD_NAMED: Final = re.compile(r"(?<![\w-])_method(?![\w-])", re.IGNORECASE)
_MAX_HOSTS: Final = 64
_HEADER: Final = "header:"


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """Where a value may be sent, and in which part of a request; ``name``: of the one header that it may stand in."""

    hosts: tuple[str, ...]
    where: Literal["header", "body", "url"] = "header"
    name: str = "authorization"
    methods: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()

    def check(self, request: Fetch) -> None:
        """Raises ``NotNamedError`` for a request to what the item does not name."""
        if request.host not in self.hosts:
            raise NotNamedError(f"the host {request.host}")
        parts = urlsplit(request.url)
        if self.methods and request.method not in self.methods:
            raise NotNamedError(f"the method {request.method}")
        if self.methods and (_tells(request, _OTHER_METHOD) or _names_method(parts.query, request.body or b"")):
            raise NotNamedError("the method that the request names beside its own")
        if self.paths and not _is_within(parts.path, self.paths):
            raise NotNamedError("that path")
        if self.paths and _tells(request, _OTHER_PATH):
            raise NotNamedError("the path that a header of the request names")


def use_of(attributes: Mapping[str, str]) -> Use | None:
    """What an item says of its use; None where it names no host. Raises ``UnfitError`` for what cannot be meant."""
    if unknown := next((n for n in attributes if n.startswith(PREFIX) and n not in _KNOWN), ""):
        raise UnfitError(f"the attribute {unknown} is none; there are {', '.join(sorted(_KNOWN))}")
    if HOSTS not in attributes:
        if named := next((name for name in attributes if name in _KNOWN), ""):
            raise UnfitError(f"{named} says how the value is used and {HOSTS} is missing, which says where")
        return None
    where, name = _part(attributes.get(IN, _HEADER + "Authorization"))
    for variable in (VARIABLE, BASE_URL):
        if variable in attributes and not _VARIABLE.fullmatch(attributes[variable]):
            raise UnfitError(f"{variable} is no name of an environment variable")
    return Use(
        hosts=_each(attributes, HOSTS, _HOST, "no host's name as api.example.org, in lower case", _MAX_HOSTS),
        where=where,
        name=name,
        methods=_methods(attributes),
        paths=_each(attributes, PATHS, re.compile(r"/[!-~]{0,999}"), "no beginning of a path as /v1/"),
    )


def _part(text: str) -> tuple[Literal["header", "body", "url"], str]:
    if text == "body":
        return "body", ""
    if text == "url":
        return "url", ""
    name = text.removeprefix(_HEADER)
    if name == text or not _TOKEN.fullmatch(name):
        raise UnfitError(f"{IN} is none of header:NAME, body and url")
    return "header", name.lower()


def _methods(attributes: Mapping[str, str]) -> tuple[str, ...]:
    methods = tuple(attributes.get(METHODS, "").split())
    if unknown := next((method for method in methods if method not in _METHODS), ""):
        raise UnfitError(f"{METHODS}: {unknown[:20]} is none of {', '.join(sorted(_METHODS))}")
    if METHODS in attributes and not methods:
        raise UnfitError(f"{METHODS} is empty: leave it out for any method")
    return methods


def _each(
    attributes: Mapping[str, str], name: str, form: re.Pattern[str], what: str, most: int = 100
) -> tuple[str, ...]:
    if name not in attributes:
        return ()
    parts = tuple(attributes[name].split())
    if not 1 <= len(parts) <= most:
        raise UnfitError(f"{name} names {len(parts)}, and may name 1 to {most}, with blanks between")
    if unfit := next((part for part in parts if not form.fullmatch(part)), ""):
        raise UnfitError(f"{name}: {unfit[:100]} is {what}")
    return parts


def _tells(request: Fetch, beginnings: tuple[str, ...]) -> bool:
    """Whether a header begins so; a service may read an underscore as a hyphen (RFC 3875, section 4.1.18)."""
    return any(field.name.lower().replace("_", "-").startswith(beginnings) for field in request.headers or ())


def _names_method(query: str, body: bytes) -> bool:
    """Whether a parameter of the query, of a form or of a JSON object may be ``_method``."""
    texts = (unquote(query), unquote(body.decode("latin-1")).replace("\\u005f", "_").replace("\\u005F", "_"))
    return any(_METHOD_NAMED.search(text) for text in texts)


def _is_within(path: str, beginnings: tuple[str, ...]) -> bool:
    """Whether a path begins with one of them, in whichever way a server may read it."""
    try:
        decoded = unquote(path or "/", errors="strict")
    except UnicodeDecodeError:
        return False
    plain = unicodedata.normalize("NFKC", decoded)
    if not decoded.isprintable() or any(sign in plain for sign in ("%", "\\", "//")):
        return False
    if any(map(_is_dots, plain.split("/"))):
        return False
    return any(
        decoded == start.rstrip("/") or decoded.startswith(start if start.endswith("/") else start + "/")
        for start in beginnings
    )


def _is_dots(segment: str) -> bool:
    """Whether nothing but dots, blanks and a parameter makes up a segment, which a server may leave out."""
    return bool(segment) and not segment.partition(";")[0].strip(" .")
