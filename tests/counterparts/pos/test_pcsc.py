"""The terminal's command at a reader of the real pcscd."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.doors.contactless.surroundings import must_have_reader

from etui.counterparts.pos.errors import CardLostError
from etui.doors.contactless.vpcd import PORT, Signal, framed
from etui.testkit.readers import READER, apart, pyscard_in, virtual_reader

ROOT = Path(__file__).parents[3]


def test_a_card_in_a_reader_of_pcscd_is_tapped_twice_and_pays(tmp_path: Path) -> None:
    must_have_reader()
    Path("/run/pcscd").mkdir(exist_ok=True)
    path = [ROOT, ROOT / "src", pyscard_in(tmp_path)]
    environment = os.environ | {"PYTHONPATH": ":".join(map(str, path))}
    script = Path(__file__).parent / "virtual_tap.py"
    command = ["unshare", "--mount", "--net", sys.executable, str(script), str(tmp_path)]
    ran = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=240)
    assert ran.returncode == 0, ran.stderr
    readers, code, said, errors, amounts = json.loads((tmp_path / "said.json").read_text())
    assert "Virtual PCD 00 00" in readers.splitlines()
    assert code == 0, errors
    assert "look at your phone, then tap again" in said
    assert "12.50 EUR" in said
    assert amounts == [1_250]


def says_nothing_of_itself(card: socket.socket) -> None:
    """A card that is there, and whose ATR is none, so that no terminal can connect to it."""
    with card:
        while len(head := card.recv(2, socket.MSG_WAITALL)) == 2:
            frame = card.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL)
            if frame == bytes((Signal.ATR,)):
                card.sendall(framed(b"\0"))


@pytest.mark.filterwarnings("ignore:isSet:DeprecationWarning")  # of pyscard
def test_a_card_that_cannot_be_used_is_tried_again_after_a_pause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    must_have_reader()
    with apart(), ThreadPoolExecutor(1) as beside, virtual_reader(tmp_path / "log"):
        import bench.pcsc  # noqa: F401, PLC0415  # which has Debian's pyscard found

        from etui.counterparts.pos import pcsc  # noqa: PLC0415  # as it says

        reader = pcsc.PcscReader(READER)
        beside.submit(says_nothing_of_itself, socket.create_connection(("127.0.0.1", PORT)))
        with reader.card(20) as transmit:
            assert transmit is not None
            with pytest.raises(CardLostError):
                transmit(b"\0\xa4\4\0")
        pauses: list[float] = []
        monkeypatch.setattr("etui.counterparts.pos.pcsc.time.sleep", pauses.append)
        with reader.card(0.1):
            assert pauses[0] > 0
