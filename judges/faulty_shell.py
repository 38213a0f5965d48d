"""``etui shell`` with a fault, to see the page that says so: to ask which Extensions there are ends in an exception."""

from __future__ import annotations

import sys
from typing import Any

from etui.cli.main import main
from etui.interfaces import Request
from etui.interfaces import wallet_1 as wallet
from etui.shell.wallet import Wallet

_call = Wallet.call


async def call(self: Wallet, request: Request[Any], *, provider: str = "") -> Any:  # noqa: ANN401  # what answers it
    """As the Shell's own, but for that request."""
    if request.METHOD == wallet.Extensions.METHOD:
        msg = "a fault on purpose"
        raise RuntimeError(msg)
    return await _call(self, request, provider=provider)


if __name__ == "__main__":
    Wallet.call = call  # type: ignore[method-assign]
    sys.exit(main(sys.argv[1:]))
