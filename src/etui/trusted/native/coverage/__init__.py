"""Coverage: the one process that asks the kernel whether there is a way to the network, for Extensions that have none.

Rules of this room:

1. It sends nothing to any network: the kernel alone is asked, over netlink, and anew for each call.
2. It answers yes or no. Which interface, address or network it is leaves this process for nobody.
3. What the kernel does not answer, or not in time, is no coverage.
"""
