"""A wallet for anybody's tests: the real ``etui`` in a test profile, with a user who follows a script.

::

    with TestWallet(folder) as wallet:
        wallet.create()
        wallet.user.approves(action_contains="read")
        with wallet.connect() as client:
            …
"""

from etui.testkit.authority import TestAuthority
from etui.testkit.bus import BusError, PrivateBus, private_bus
from etui.testkit.user import ScriptedUser
from etui.testkit.wallet import StartError, TestWallet

__all__ = ["BusError", "PrivateBus", "ScriptedUser", "StartError", "TestAuthority", "TestWallet", "private_bus"]
