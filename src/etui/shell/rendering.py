"""How a page is made of its template, and what was done is told once on the page that follows.

A page names no path of this Shell's but by where it stands itself (``../settings``): the part that nobody can guess is
in none of them. So a page may be sent compressed, whatever others had written in it: there is nothing in it that its
length could tell.

Source: Gluck, Harris, Prado, *BREACH: Reviving the CRIME Attack* (2013).
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import jinja2
import msgspec
from markupsafe import Markup
from starlette.responses import HTMLResponse, RedirectResponse

import etui
from etui.shell import settings, words
from etui.shell.brand import Words
from etui.shell.plain import Exact, seen
from etui.standards.sizes import size

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from etui.shell.style import Look

_HERE: Final = Path(__file__).parent
_MAX_TOLD: Final = 16
_SEE_OTHER: Final = 303
_BEFORE_PAGES: Final = 2
"""Slashes in the path of the first page, which every other page's path has besides its own."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What came of something that was done. ``why``: the decision that explains a failure."""

    success: str = ""
    failure: str = ""
    why: str = ""
    lines: tuple[words.Line, ...] = ()


class Rendering:
    """The templates of one Shell, whose paths begin with ``root``. ``look``: how every page looks."""

    def __init__(self, root: str, look: Look) -> None:
        self._root = root
        self._look = look
        self._told: dict[str, Told] = {}
        """What the next page tells of what was just done, by the key that its address has."""
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            finalize=seen,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["moment"] = words.moment
        self._templates.filters["brief"] = words.brief
        self._templates.filters["coded"] = words.coded
        self._templates.filters["size"] = size
        self._templates.filters["exact"] = Exact
        self._templates.filters["terms"] = words.terms
        self._templates.globals["version"] = etui.__version__
        self._templates.filters["said"] = settings.said
        self._templates.filters["title_of"] = settings.title_of

    def page(self, template: str, request: Request, *, status_code: int = 200, **values: object) -> Response:
        """A page, which tells what was just done where its address says that there is something to tell."""
        told = self._told.pop(request.query_params.get("told", ""), None)
        brand = self._look.kept.brand if self._look.kept is not None else None
        shown = {
            "here": self._path(request.url.path),
            "root": _up(request),
            "style": Markup(self._look.style),  # noqa: S704  # the Shell's own, and a brand's checked colours
            "brand": brand,
            "says": brand.words if brand is not None else Words(),
            "told": told,
            **values,
        }
        return HTMLResponse(self._templates.get_template(template).render(shown), status_code)

    def back(self, request: Request, told: Told, *, to: str | None = None) -> Response:
        """To another page, or to the one that it was asked from."""
        if to is None:
            to = self._path(urlsplit(request.headers.get("referer", "")).path)
        key = secrets.token_urlsafe(8)
        self._told[key] = told
        while len(self._told) > _MAX_TOLD:
            del self._told[next(iter(self._told))]
        return RedirectResponse(f"{self._root}{to}?told={key}", _SEE_OTHER)

    def _path(self, path: str) -> str:
        """A path within this Shell, without what all begin with; that of the first page for any other."""
        return path.removeprefix(self._root) if path.startswith(f"{self._root}/") else "/"


def _up(request: Request) -> str:
    """From a page to the folder in which all are, as the browser counts: by the path as it was sent."""
    sent: bytes = request.scope["raw_path"]
    return "/".join([".."] * (sent.count(b"/") - _BEFORE_PAGES)) or "."
