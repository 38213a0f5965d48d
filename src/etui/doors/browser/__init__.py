"""The door for browsers: pages reach the wallet through an extension of the browser and a native messaging host.

::

    page ─► page.js ─► content.js ─► background.js ─► this door ─► Router
     │      announces   a channel     whose page it     over the pipes of the
     └ PaymentRequest   for a call    is, by the        host, whose process is
                                      browser's word    introduced

Rules of this door:

1. The host brings pipes, and anybody can start it: nothing is believed because it comes through one. A browser profile
   is paired by its key in the Trusted Dialog and proves itself anew on each connection to a Router; only then does the
   door speak for its pages, and the Router sees to that.
2. Each frame of a page is a peer of its own, by the origin that the browser says it has.
3. A page's script may call what ``allowed`` names and nothing else. What fills a login is asked by the extension, and
   the door writes those requests itself: for the logins of the frame's own host, or of its registrable domain.
4. What is sealed, is sealed between the extension and who provides it; the door relays ciphertext.
5. While the wallet is locked every call is answered so at once: no page brings the unlock dialog.
"""
