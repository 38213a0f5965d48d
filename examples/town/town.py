"""A town to pay in by hand, until Ctrl-C: bank, operator, acquirer, shop, sites, and a test profile that finds them."""

import contextlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from etui.testkit import TestAuthority, TestWallet
from etui.testkit.proxy import Proxy

ETUI_JS = Path(__file__).resolve().parents[2] / "web" / "etui-js"
BANK, OPERATOR, SHOP = "issuer.etui.test", "operator.etui.test", "shop.etui.test"

NEXT = """\
The town is open until Ctrl-C; it lies in {folder}.

In a second terminal make the wallet, in the Trusted Dialog, and leave it running:

    . {folder}/env
    etui run

In a third one use it:

    . {folder}/env
    etui card add issuer.etui.test < {folder}/bank-code
    etui pay https://shop.etui.test/orders --order '{{"goods": [{{"id": "book"}}]}}'
    etui pay-qr {folder}/waiter.png --amount 20 --tip 2.50

In a browser:

{sites}
"""


@contextlib.contextmanager
def opened(folder: Path, authority: TestAuthority) -> Iterator[dict[str, Any]]:
    """What the town says of itself: ports, codes by which cards come, files."""
    command = [sys.executable, "-I", "-m", "etui.counterparts.demo", "--sites", str(ETUI_JS)]
    for name, host in (("bank", BANK), ("operator", OPERATOR), ("shop", SHOP)):
        authority.context_for(host)
        command += [f"--{name}-tls", str(folder / f"{host}.pem")]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, start_new_session=True) as town:
        try:
            yield json.loads(town.stdout.readline() or sys.exit("the town does not open"))
        finally:
            town.communicate()  # its input ends, and so does it


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="etui-town-", dir="/tmp"))  # a socket's path has to be short
    try:
        authority = TestAuthority(folder)
        with opened(folder, authority) as town, contextlib.closing(Proxy(town["shop"])) as way:
            wallet = TestWallet(
                folder,
                hosts={BANK: town["bank"], OPERATOR: town["operator"]},
                environ={name: os.environ[name] for name in ["XDG_RUNTIME_DIR"] if name in os.environ},
                authority=authority.file.read_bytes(),
            )
            commands = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
            environ = way.environ | {"PATH": commands, "SSL_CERT_FILE": str(authority.file)}
            environ |= {name: wallet.environ[name] for name in ("ETUI_HOME", "XDG_RUNTIME_DIR")}
            lines = [f"export {name}={shlex.quote(value)}\n" for name, value in environ.items()]
            (folder / "env").write_text("".join(lines))
            for name in ("bank", "operator"):
                (folder / f"{name}-code").write_text(town[f"{name}_code"])
            for picture in town["codes"].values():
                shutil.copy(picture, folder)
            sites = "\n".join(f"    {origin:<24}{name}" for name, origin in town["sites"].items())
            print(NEXT.format(folder=folder, sites=sites), flush=True)
            with contextlib.suppress(KeyboardInterrupt):
                signal.pause()
            wallet.etui("stop")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
