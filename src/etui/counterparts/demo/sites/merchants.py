"""Who sells at the sites: what the acquirer certifies, and the terminal that it knows each by."""

from __future__ import annotations

from typing import Final

from etui.counterparts.demo.terminals import Place

SHOP: Final = Place("shop", "Paperweight", "paperweight.etui.test", "DESK-1", "WEB00002", "5943")
ARCADE: Final = Place("arcade", "Lantern Arcade", "arcade.etui.test", "ARCADE-1", "WEB00003", "7994")
SELLERS: Final = (SHOP, ARCADE)
