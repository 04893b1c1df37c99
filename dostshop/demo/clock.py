"""A clock that stands where the demo sets it, so that a month is over which nobody had to wait for.

Only loading uses it, in a process of its own that serves nobody; a shop that is no demo does not have this app. What
the database asks its own clock, such as whether a hold has run out, it does not move.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from unittest import mock

from django.utils import timezone


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Whatever the shop writes down in it, it writes down as of this moment."""
    with mock.patch.object(timezone, "now", return_value=moment):
        yield
