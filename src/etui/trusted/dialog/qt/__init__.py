"""The Trusted Dialog as a window (Qt Widgets): ``window`` shows views, ``body`` and its parts draw them.

Every text of others is shown as plain text (``text_block``). Whatever changes what is approved is a *guarded* control
(``guarded``): seen by assistive technology, pressed by hands alone.
"""
