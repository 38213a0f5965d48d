"""examples/town: opened, and used by the commands that its page shows."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from etui.testkit import TestWallet

TOWN = Path(__file__).resolve().parents[2] / "examples" / "town"
SHOWN = re.findall(
    r"^    (etui (?:card add issuer|pay |pay-qr ).*?)(?:  .*)?$", (TOWN / "README.md").read_text(), re.MULTILINE
)


def test_it_is_paid_in_as_its_page_says_and_gone_with_ctrl_c() -> None:
    command = [sys.executable, str(TOWN / "town.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as town:
        try:
            assert town.stdout is not None
            folder = Path(town.stdout.readline().rpartition(" ")[2].strip().removesuffix("."))
            read = subprocess.run(["sh", "-c", f". {folder}/env && env -0"], capture_output=True, text=True, check=True)
            environ = dict(line.split("=", 1) for line in read.stdout.split("\0") if line)
            with TestWallet(folder, environ=environ) as wallet:
                wallet.create()
                wallet.user.approves()
                said = [wallet.run("sh", "-c", line.replace("TOWN", str(folder))) for line in SHOWN]
        finally:
            town.send_signal(signal.SIGINT)
            town.wait(60)
    assert [one.returncode for one in said] == [0, 0, 0], said
    added, paid, tipped = (one.stdout for one in said)
    assert added.startswith("Added “Demo Bank …")
    assert paid.startswith("Paid 12.50 EUR to shop.etui.test (Demo Shop).")
    assert tipped.startswith("Paid 22.50 EUR to shop.etui.test (Demo Shop).")
    assert not os.path.lexists(folder)
