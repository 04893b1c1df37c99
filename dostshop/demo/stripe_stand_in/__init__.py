"""A small server that speaks the part of Stripe's HTTP API that the shop uses. No money moves.

``server.py`` listens; ``api.py`` answers the shop, after ``form_encoding.py`` and ``parameters.py`` have read
what it sent; ``pages.py`` shows the payment page to the buyer; ``account.py`` remembers what was opened, paid and
sent back; ``events.py`` tells the shop of it by signed webhooks. What it shares with others is in
``dostshop/demo/stand_in/``. Nothing in the shop knows whether it talks to this server or to Stripe.
"""
