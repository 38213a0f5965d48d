"""Sites to use a wallet at in a browser: a shop, an arcade, and a mobile operator's self-care.

Each is an origin of its own, ``http://127.0.0.1:PORT``, which browsers take for a secure context. Cookies know no
ports, so that those of a site have its port in their names. ``python -m etui.counterparts.demo.sites`` opens all three.

``web`` is what they have in common: how pages are made, and who may ask. The shop and the arcade are merchants
(``etui.counterparts.merchant``) and import ``etui.js`` in their pages; the self-care knows no wallet at all: it is
logged in to, and its forms say by ``autocomplete`` what belongs where.
"""
