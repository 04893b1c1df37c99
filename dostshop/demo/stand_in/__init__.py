"""What the stand-ins for payment providers share.

``server.py`` listens, ``post.py`` carries news to the shop, ``faults.py`` makes any of this go wrong on request,
``cards.py`` and ``pages.py`` are what the buyer meets.
"""
