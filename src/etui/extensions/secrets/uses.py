"""Where an item's value may be sent without being read: what its attributes say, and what a request is held to.

``etui:use.hosts``     the hosts, with blanks between
``etui:use.in``        ``header:NAME``, ``body`` or ``url``; without it ``header:Authorization``
``etui:use.methods``   methods, with blanks between; without it any
``etui:use.paths``     beginnings of paths, with blanks between, as ``/v1/ /status``; without it any
``etui:use.variable``  the environment variable in which a program looks for the value
``etui:use.base-url``  the environment variable that tells a program where its service is

A path that could be read in two ways (a segment of dots, a backslash, something encoded twice) is refused where paths
are limited. Source of names and methods: RFC 1123 section 2.1, RFC 9110 sections 5.1 and 9.
"""

from __future__ import annotations

import re
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
        if self.methods and request.method not in self.methods:
            raise NotNamedError(f"the method {request.method}")
        if self.paths and not _is_within(urlsplit(request.url).path, self.paths):
            raise NotNamedError("that path")


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


def _is_within(path: str, beginnings: tuple[str, ...]) -> bool:
    """Whether a path begins with one of them, in whichever way a server may read it."""
    decoded = unquote(path or "/")
    if "%" in decoded or "\\" in decoded or "//" in decoded or {".", ".."} & set(decoded.split("/")):
        return False
    return any(
        decoded == start.rstrip("/") or decoded.startswith(start if start.endswith("/") else start + "/")
        for start in beginnings
    )
