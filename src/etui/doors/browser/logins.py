"""What the door asks of ``secret/1`` for a frame, so that a login is filled, or saved, for its own site alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from etui.doors.browser.sites import HOST, SITE, USER
from etui.interfaces import secret_1 as secret
from etui.interfaces import wallet_1 as wallet

if TYPE_CHECKING:
    from etui.doors.browser.messages import Fill
    from etui.doors.browser.sites import Site

KINDS: Final = {"logins": "login", "codes": "code"}
"""What is searched for, by its kind."""
_MOST: Final = 50
_found: Final = msgspec.json.Decoder(secret.FindResult)


def searches(kind: str, site: Site) -> list[bytes]:
    """The params of ``secret/1.find``, one after the other until one finds something."""
    looked_for = [{HOST: site.host}, *([{SITE: site.domain}] if site.domain else [])]
    return [msgspec.json.encode(secret.Find(kind=kind, attributes=one, limit=_MOST)) for one in looked_for]


def found_any(result: bytes) -> bool:
    """Whether a search has found an item."""
    return bool(_found.decode(result).items)


def asked_by(fill: Fill, site: Site) -> tuple[str, bytes]:
    """The method and the params of everything but a search."""
    match fill.what:
        case "read":
            return secret.Read.METHOD, msgspec.json.encode({"item": fill.item})
        case "code":
            return secret.Code.METHOD, msgspec.json.encode({"item": fill.item})
        case "save" if fill.item:
            return secret.Update.METHOD, msgspec.json.encode({"item": fill.item, "value": fill.value})
        case "save":
            attributes = {HOST: site.host, USER: fill.user} | ({SITE: site.domain} if site.domain else {})
            create = {
                "kind": KINDS["logins"],
                "label": f"{fill.user} at {site.host}" if fill.user else site.host,
                "attributes": attributes,
                "replace": True,
                "value": fill.value,
            }
            return secret.Create.METHOD, msgspec.json.encode(create)
        case _:
            ends = {"interface": secret.INTERFACE} | ({"item": fill.item} if fill.item else {})
            return wallet.Ends.METHOD, msgspec.json.encode(ends)
