"""What the system's log-in starts, as root: it hands a login on to the wallet of who logged in.

It is no process of the wallet's. No other room imports it, and of the wallet it knows the socket and one file.
"""
