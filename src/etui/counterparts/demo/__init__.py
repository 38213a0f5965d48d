"""A small town to pay in: a scheme, a bank, an acquirer and a shop, as processes on the loopback, over new books."""
