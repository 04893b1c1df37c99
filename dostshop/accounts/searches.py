"""Searches of the admin that somebody keeps under a name: the filters of a list, to be found again by its owner.

Promises: each person has their own. Locks: none. Raises: ``ValidationError``. Nothing follows a commit, and a retry
changes nothing.
"""

import re
from urllib.parse import unquote_plus

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _

from dostshop.accounts.models import SavedSearch, User
from dostshop.folding import fold

MOST = 30
# Where in the list somebody is, and how they came there, is no part of a search.
NOT_KEPT = ("p", "all", "e", "_popup", "_to_field", "_changelist_filters")


def query_of(typed: str) -> str:
    """What is kept of a list's address."""
    query = QueryDict(typed, mutable=True)
    for name in NOT_KEPT:
        query.pop(name, None)
    return query.urlencode()


def keep(user: User, *, page: str, name: str, query: str) -> SavedSearch:
    """Under a name that is taken, in place of what was there."""
    search = SavedSearch.objects.filter(user=user, page=page, name=name.strip()).first()
    search = search or SavedSearch(user=user, page=page, name=name.strip())
    search.query = query_of(query)
    if not search.query:
        raise ValidationError(_("Choose a filter first."))
    search.full_clean(validate_unique=False)
    if not search.pk and SavedSearch.objects.filter(user=user, page=page).count() >= MOST:
        raise ValidationError(_("At most %(most)s searches are kept for a list.") % {"most": MOST})
    search.save()
    return search


def forget_naming(pattern: str) -> None:
    """Those of everybody in which something stands that this pattern of folded words finds."""
    kept = SavedSearch.objects.values_list("pk", "name", "query")
    naming = [pk for pk, name, query in kept if re.search(pattern, fold(f"{name} {unquote_plus(query)}"))]
    SavedSearch.objects.filter(pk__in=naming).delete()
