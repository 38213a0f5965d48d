"""Etui's own template: where the signed payment request to a code is fetched.

A QR code has no room for a request of a merchant with its certificates, and is signed by nobody. So it names the host
of the merchant, and what to ask there. In a template of the ids 26 to 51::

    00  org.etui.pay
    01  host   the merchant's, as its certificate names it: lower case, letters of ASCII, digits, - and .
    02  order  of a dynamic code the merchant's id of the order, of a static one the id of what it is put up at

The identifier is a domain name in reverse, as the specification has it for whoever has no application identifier.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from etui.standards.emvqr.code import Template
from etui.standards.emvqr.errors import MalformedError
from etui.standards.emvqr.objects import within

if TYPE_CHECKING:
    from etui.standards.emvqr.code import Code

ETUI_PAY: Final = "org.etui.pay"
_HOST: Final = re.compile(r"(?=.{1,60}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,62}")
_ORDER: Final = re.compile(r"[A-Za-z0-9._~-]{1,40}")
_DOTS: Final = frozenset({".", ".."})
_FORMS: Final = {"01": (_HOST, "name of a host in lower case"), "02": (_ORDER, "id of an order")}


class OrderPlace(msgspec.Struct, frozen=True, kw_only=True):
    """``host``: at most 60 characters. ``order``: at most 40 that need no escape in an address (RFC 3986, 2.3).

    Both together have at most 75, since a template has 99.
    """

    host: str
    order: str

    def template(self, name: str = "26") -> Template:
        """The template that says so, under an id of 26 to 51."""
        return Template(id=name, identifier=ETUI_PAY, values={"01": self.host, "02": self.order})


def order_place(code: Code) -> OrderPlace | None:
    """Where a code has its request fetched; None for a code of others; raises ``MalformedError``."""
    found = [template for template in code.templates if template.identifier == ETUI_PAY]
    if not found:
        return None
    if len(found) > 1:
        raise MalformedError(found[1].id, f"there is a second template of {ETUI_PAY}")
    values = found[0].values
    for name, (form, meaning) in _FORMS.items():
        value = values.get(name, "")
        if not form.fullmatch(value) or value in _DOTS:
            raise MalformedError(within(found[0].id, name), f"“{value}” is no {meaning}")
    return OrderPlace(host=values["01"], order=values["02"])
