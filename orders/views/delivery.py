"""The information page “Delivery”: the staff's text, and around which it stands, what the database says."""

import re

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from artisans.models import Branch
from dostshop.pages.models import Page
from dostshop.public_pages import public_page
from orders import tariffs

_FIRST_HEADING = re.compile(r"^(?=## )", re.MULTILINE)


@public_page
def page(request: HttpRequest) -> HttpResponse:
    """The prices stand where the text's first heading is."""
    found = get_object_or_404(Page, slug="delivery")
    before, *after = _FIRST_HEADING.split(found.body, maxsplit=1)
    home, abroad = tariffs.price_tables()
    context = {
        "page": found,
        "before": before,
        "after": "".join(after),
        "branches": Branch.objects.offering_pickup().prefetch_related("hours"),
        "home": home,
        "abroad": abroad,
    }
    return render(request, "orders/delivery.html", context)
