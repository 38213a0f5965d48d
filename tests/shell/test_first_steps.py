"""What the Shell shows of a wallet that holds nothing yet."""

from __future__ import annotations

from tests.shell.visitor import Visitor

from etui.interfaces import secret_1 as secret
from etui.testkit import TestWallet


def test_the_first_steps_are_there_until_something_is_kept(wallet: TestWallet, visitor: Visitor) -> None:
    page = visitor.get("/").text
    for step in ("Have your recovery key on paper", "Let programs find the wallet", "Pair your browser"):
        assert step in page
    assert visitor.does("/own/recovery", {}).startswith("There is a new recovery key")
    asked = wallet.user.asked
    before = len(asked())
    assert "open" in visitor.does("/door", {"door": "ssh-agent"}), "and the door is opened from that page"
    assert len(asked()) > before, "which was asked"
    assert '<button class="quiet" name="close" value="1">Close<span class="hidden"> SSH agent' in visitor.get("/").text
    with wallet.connect() as client:
        client.call(secret.Create(kind="note", label="First", value=b"x"))
    page = visitor.get("/").text
    assert "First steps" not in page
    assert "Ready, and empty so far" in page
