"""What the door asks of ``secret/1`` for a frame, so that a login is filled, or saved, for its own site alone.

Where a page's script has a login filled, the page is told that it was or that it was not. Neither by what it is told
nor by how soon does it learn more: whether there is a login for it, or several, and whether anybody was asked.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

import msgspec

from etui.doors.browser.sites import HOST, SITE, USER
from etui.interfaces import secret_1 as secret
from etui.interfaces import wallet_1 as wallet
from etui.sdk import ErrorCode

if TYPE_CHECKING:
    from etui.doors.browser.messages import Fill
    from etui.doors.browser.sites import Site

NOES: Final = frozenset(
    {
        ErrorCode.REFUSED,
        ErrorCode.NOT_NOW,
        ErrorCode.DENIED,
        ErrorCode.UNKNOWN_ITEM,
        ErrorCode.NO_DIALOG,
        ErrorCode.TOO_MANY,
    }
)
"""Why nothing was filled, which no page is told."""
_HESITATION_S: Final = (2.0, 6.0)


def hesitation_s() -> float:
    """How long a user takes at least who says no to a page, seconds: no no comes sooner."""
    return secrets.SystemRandom().uniform(*_HESITATION_S)


def asked_by(fill: Fill, site: Site) -> tuple[str, bytes]:
    """The method and the params of what an extension asks."""
    match fill.what:
        case "login":
            return secret.Login.METHOD, msgspec.json.encode(secret.Login(host=site.host, domain=site.domain or None))
        case "code":
            params = secret.LoginCode(host=site.host, domain=site.domain or None)
            return secret.LoginCode.METHOD, msgspec.json.encode(params)
        case "save" if fill.item:
            return secret.Update.METHOD, msgspec.json.encode({"item": fill.item, "value": fill.value})
        case "save":
            attributes = {HOST: site.host, USER: fill.user} | ({SITE: site.domain} if site.domain else {})
            create = {
                "kind": "login",
                "label": f"{fill.user} at {site.host}" if fill.user else site.host,
                "attributes": attributes,
                "replace": True,
                "value": fill.value,
            }
            return secret.Create.METHOD, msgspec.json.encode(create)
        case _:
            ends = {"interface": secret.INTERFACE} | ({"item": fill.item} if fill.item else {})
            return wallet.Ends.METHOD, msgspec.json.encode(ends)
