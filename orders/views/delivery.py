"""What delivery costs: for shoppers on an information page, for staff by pieces and place."""

import re

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from artisans.models import Branch
from dostshop import countries
from dostshop.pages.models import Page
from dostshop.public_pages import public_page
from orders import checkout, promises, tariffs
from orders.delivery import delivery_of
from orders.models.delivery import HOME_COUNTRY
from orders.staff_forms import DeliveryPreviewForm
from orders.views.staff import Staff, for_staff

_FIRST_HEADING = re.compile(r"^(?=## )", re.MULTILINE)


@public_page
def page(request: HttpRequest) -> HttpResponse:
    """The staff's text, and where its first heading is, before it, the prices."""
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


@require_safe
@for_staff
def preview(request: HttpRequest, staff: Staff) -> HttpResponse:
    """What it would cost to send something somewhere, by the rules of the checkout."""
    form = DeliveryPreviewForm(
        request.GET if "country" in request.GET else None,
        branches=staff.branches,
        initial={"country": HOME_COUNTRY, "pieces": request.GET.get("pieces", "")},
    )
    answer = _answer(form) if form.is_bound and form.is_valid() else {}
    return render(request, "work/delivery.html", {"form": form, **answer})


def _answer(form: DeliveryPreviewForm) -> dict[str, object]:
    """Each way there with its dates, as far as it is known what is sent, and why there are no others."""
    country, town = form.cleaned_data["country"], form.cleaned_data["town"]
    offered = delivery_of(form.contents)
    pickups = [option for option in offered.options if option.is_pickup]
    parcels = offered.ways_to(country, town)
    products = [line.variant.product for line in form.lines]
    forecast = promises.forecast(products, pickups=offered.pickups, now=timezone.now()) if products else None
    return {
        "place": ", ".join(part for part in (town, countries.name(country)) if part),
        "contents": offered.contents,
        "pieces_total": checkout.total(form.lines),
        "ways": [(option, option.expected(forecast) if forecast else "") for option in [*pickups, *parcels]],
        "is_reached": bool(parcels),
        "goes_abroad": any(option.is_abroad for option in parcels),
        "why_not": offered.why_not_to(country, town),
        "without_pickup": Branch.objects.filter(offers_pickup=False),
    }
