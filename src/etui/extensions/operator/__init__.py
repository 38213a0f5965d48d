"""An operator's routes: which payments go by its scheme, since it has an agreement with the merchant's acquirer.

It holds a table and whether the user wants it used, and no card: what pays is a card of the operator's scheme, which an
Extension that provides ``card/1`` keeps, like any other.
"""

from etui.extensions.operator.provider import Operator

__all__ = ["Operator"]
