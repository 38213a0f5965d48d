"""Keys that are used and never handed out: provides ``crypto/1``, ``sign/1``, ``ssh/1`` and ``age/1``.

Rules of this Extension:

1. A private key leaves it in no answer but an export, and that of a bound key in none.
2. It reads what it signs: what is meant for SSH is signed by ``ssh/1`` alone, for the host and user that the request
   names, so that no door can have it sign something else than what the user was shown.
3. A text is signed by ``sign/1`` alone, with a statement that it was read, and no bytes of a Client's can be taken for
   one: what means something to JOSE or COSE is written here, from its header on.
4. A key and its description are written in one step: both are there or neither.
5. A key is used for the one purpose that it was made for, and what does not open with it is refused in one way.
6. Of what a file of age holds it gives the file key and no more.
7. A key is unwrapped into an object of ``cryptography`` when it is first used, and stays one until the process ends.
8. A key that a program lends to SSH is held in memory alone, and by what it may be used for, which nothing widens.
"""

from etui.extensions.encryption.provider import Encryption

__all__ = ["Encryption"]
