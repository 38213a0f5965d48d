"""What the wallet's own Extensions do before they have a key, as spares do: all that can be done without one."""

from __future__ import annotations

from pathlib import Path

from tests.extensions.peer import SOURCES, Actor, Handler, Peer, ShownSecrets, relay

from etui.interfaces import secret_1 as secret
from etui.interfaces import storage_1 as storage

ANYBODY = Actor("anybody")
AHEAD = {"PYTHONPATH": f"{SOURCES}:{Path(__file__).parents[2]}"}


def test_all_that_they_need_is_imported_before_they_wait_for_a_key(tmp_path: Path) -> None:
    folder = {"ETUI_FOLDER": str(tmp_path)}
    kept = Peer("tests.extensions.ahead", environ={**AHEAD, **folder, "MODULE": "etui.extensions.storage_software"})
    handlers: dict[str, Handler] = {"storage/1": relay(kept), "dialog/1": ShownSecrets()}
    with (
        kept,
        Peer(
            "tests.extensions.ahead", environ={**AHEAD, "MODULE": "etui.extensions.secrets"}, handlers=handlers
        ) as secrets,
    ):
        item = secrets.call(secret.Create(kind="note", label="Mine", value=b"kept"), client=ANYBODY).item
        read = secrets.call(secret.Read(item="a reference"), client=ANYBODY, item=item.item)
        assert read.value == b"kept"
        assert secrets.call(secret.Find(attributes={}), client=ANYBODY).items
        assert kept.call(storage.Usage(), client=ANYBODY).quota_bytes
    for peer in (kept, secrets):
        assert peer.stderr() == ""
