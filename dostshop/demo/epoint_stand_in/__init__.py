"""A small server that speaks the part of Epoint's HTTP API that the shop uses. No money moves.

``server.py`` listens; ``api.py`` checks signatures and answers the shop; ``pages.py`` shows the payment page to the
buyer; ``account.py`` keeps the books; ``callbacks.py`` tells the shop of what happened. What it shares with others is
in ``dostshop/demo/stand_in/``. Nothing in the shop knows whether it talks to this server or to Epoint.
"""
