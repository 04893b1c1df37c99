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
from orders.delivery import Delivery, DeliveryOption, delivery_of
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
    context: dict[str, object] = {"form": form}
    if form.is_bound and form.is_valid():
        offered = delivery_of(form.contents)
        country, town = form.cleaned_data["country"], form.cleaned_data["town"]
        context |= {
            "place": ", ".join(part for part in (town, countries.name(country)) if part),
            "contents": form.contents,
            "pieces_total": checkout.total(form.lines) if form.lines else None,
            "ways": _ways(form, offered, country, town),
            "is_reached": bool(offered.ways_to(country, town)),
            "why_not": offered.why_not_to(country, town),
            "without_pickup": Branch.objects.filter(offers_pickup=False),
        }
    return render(request, "work/delivery.html", context)


def _ways(form: DeliveryPreviewForm, offered: Delivery, country: str, town: str) -> list[tuple[DeliveryOption, str]]:
    """Each way there, and when it comes, where it is known what is sent."""
    ways = [option for option in offered.options if option.is_pickup] + offered.ways_to(country, town)
    if not form.lines:
        return [(option, "") for option in ways]
    products = [line.variant.product for line in form.lines]
    forecast = promises.forecast(products, pickups=offered.pickups, now=timezone.now())
    return [(option, option.expected(forecast)) for option in ways]
