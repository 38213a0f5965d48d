"""The door for terminals: the wallet is a contactless card in the virtual reader of ``vsmartcard-vpcd``.

Rules of this door:

1. It routes. Which applications there are, and all that they answer, is their Extensions' (``apdu/1``); it puts those
   that are armed in one directory, and hands commands to whose application was selected. It knows no card.
2. It is a card with nothing on it while nothing is armed, while the wallet is locked, and while there is no wallet.
3. What comes from a reader is bytes of whoever is there: every command has an answer, and none ends the door. To a
   terminal no right can be given.
4. The reader's port takes whoever connects to it. Where it can be reached from outside, the door stays closed.
"""
