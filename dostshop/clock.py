"""Hours as a shopper anywhere reads them."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _


def baku_time(when: datetime, format_string: str) -> str:
    """In Django's format, with the word that it is the hour in Baku."""
    return _("%(time)s Baku time") % {"time": date_format(timezone.localtime(when), format_string)}


def is_within_an_hour(when: datetime) -> bool:
    """Whether it comes so soon that its hour alone says when, around midnight too."""
    return when - timezone.now() < timedelta(hours=1)
