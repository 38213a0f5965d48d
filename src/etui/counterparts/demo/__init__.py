"""A small town to pay in: scheme, bank, acquirer and shop, as processes on the loopback, and what terminals need."""
