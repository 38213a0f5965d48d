"""``wallet/1`` and ``shell/1``: the methods of the Router itself."""

from etui.trusted.router.own.methods import OwnMethods

__all__ = ["OwnMethods"]
