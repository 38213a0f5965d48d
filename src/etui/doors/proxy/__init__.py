"""The door by which programs use secrets that they never have: a proxy on the loopback, for one run of one command.

The program finds a placeholder in its environment. Its requests come through here; one that holds the placeholder goes
to the Router as ``secret/1.fetch``, and egress puts the value in, where and towards the hosts that the item names. The
door never has a value: what it relays holds placeholders on the way out and masks on the way back. It ends with the
command.
"""

from etui.doors.proxy.running import Lent, run

__all__ = ["Lent", "run"]
