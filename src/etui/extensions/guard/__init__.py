"""The guard: has stopped who looks like somebody whom the user knows, and is not.

It knows whom the Router tells it of (Extensions, Clients with rights, whom the user dealt with) and whom the user said
yes to before. It is told of no secret, has no network, and can let nothing through.
"""

from etui.extensions.guard.provider import Guard

__all__ = ["Guard"]
