"""The Wallet Shell: what a person sees of the wallet, as a web page on the loopback.

::

    browser ─► guard (host, path, cookie, origin) ─► application ─► pages (what is shown), deeds (what is done)
                                                                     └─► wallet (the connection) ─► Router

Rules of this room:

1. It is a Client with the rights that policy gives it, and it never holds a secret: no method that takes or gives a
   sealed value is offered. Reveal, PIN and consent happen in the Trusted Dialog.
2. Whatever an Extension, a Client or an item can say is text. A page knows no interface, no kind and no Extension by
   name: it renders what the interface's document says. The first steps alone name commands for what comes with the
   wallet.
3. It serves whoever came in by the link that the command printed, once, and nobody else.
"""

from etui.shell.serving import Shell

__all__ = ["Shell"]
