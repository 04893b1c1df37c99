"""``make chaos``: shoppers and staff at work while everything breaks, and then the books.

``shop.py`` runs the shop's processes and kills them; ``stand_ins.py`` are the payment providers at their worst;
``shoppers.py``, ``staff.py`` and ``clock.py`` act over HTTP; ``run.py`` brings them together and ``settling.py`` to
rest; ``books.py`` reads what is there afterwards, and ``checks.py`` says what must hold.
"""
