"""What marks the methods of an Extension: the request that each serves, or prepares."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from etui.interfaces import Request

_DecoratedT = TypeVar("_DecoratedT", bound=Callable[..., Any])


def provides(request: type[Request[Any]]) -> Callable[[_DecoratedT], _DecoratedT]:
    """Marks the method that serves this request."""

    def mark(function: _DecoratedT) -> _DecoratedT:
        function.__dict__["_serves"] = request
        return function

    return mark


def prepares(request: type[Request[Any]]) -> Callable[[_DecoratedT], _DecoratedT]:
    """Marks the method that says beforehand what this request would amount to; it changes and discloses nothing."""

    def mark(function: _DecoratedT) -> _DecoratedT:
        function.__dict__["_prepares"] = request
        return function

    return mark
