"""The order's own page, and the ways to it."""

from contextlib import suppress
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Prefetch, prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.listing import public_photos
from dostshop.locks import Busy
from dostshop.same_origin import same_origin_post
from orders import bag_cookie, cancelling, demand, payments, providers, refunds, returns, stock, thanking, timeline
from orders.contact import branch_to_ask
from orders.forms import FindOrderForm
from orders.invoice_documents import how_to_use_the_fiscal_number, pdf_response
from orders.models import LineItem, Order, Payment, Refund, RefundLine, ReturnLine
from orders.models.order import WrongTransition
from orders.providers import ProviderRefused, ProviderUnavailable

PER_PAGE = 20


def _online_choices() -> dict[str, providers.PaymentProvider]:
    return {code: provider for code, provider in providers.configured().items() if provider.is_online}


def open_order(code: str, secret: str) -> Order:
    """The order of a link. Raises Http404 for one that was not given out."""
    order = Order.objects.filter(code=code).select_related("pickup_branch").first()
    if order is None or not order.opens_with(secret):
        raise Http404
    return order


@require_safe
@never_cache
def order(request: HttpRequest, code: str, secret: str) -> HttpResponse:
    opened = open_order(code, secret)
    payment = opened.payments.last()
    context = {
        "order": opened,
        "came_short": _came_short(payment),
        "is_late": opened.promised_on is not None and opened.promised_on < timezone.localdate(),
        "instructions": providers.provider(payment.provider).instructions(payment) if payment else [],
        "pay_details": providers.provider(payment.provider).details(payment) if payment else [],
        "invoices": opened.invoices.order_by("pk"),
        "how_to_use_the_fiscal_number": how_to_use_the_fiscal_number(),
        "refunded": Refund.objects.filter(payment__order=opened).select_related("payment"),
        "online_codes": providers.codes_online(),
        "online": _online_choices() if payments.can_pay_online(opened) else {},
        "waits_for_word": "paid" in request.GET and opened.status == Order.Status.AWAITING_PAYMENT,
    }
    return render(request, "orders/order.html", context | _pieces_and_where_they_are(opened))


def _came_short(payment: Payment | None) -> Decimal | None:
    """The part of the price that came to the bank account."""
    return payment.other_sum if payment and payment.provider in providers.codes_by_transfer() else None


def _pieces_and_where_they_are(opened: Order) -> dict[str, Any]:
    pieces = LineItem.objects.select_related("variant__product__silence").prefetch_related(
        public_photos("variant__product")
    )
    parts = list(opened.fulfilments.select_related("branch").prefetch_related(Prefetch("lines", pieces)))
    lines = sorted((line for part in parts for line in part.lines.all()), key=lambda line: line.pk)
    went_back = Prefetch("refund_lines", RefundLine.objects.select_related("refund"))
    prefetch_related_objects([line for line in lines if line.refunded_quantity], went_back)
    wanted = [part for part in parts if part.lines_wanted]
    packed = [part for part in parts if part.lines_packed]
    is_any_given = any(part.handed_over_at for part in packed)
    is_pickup = opened.delivery == Order.Delivery.PICKUP
    notes = thanking.notes(opened, lines=lines)
    asked_back = Prefetch("lines", ReturnLine.objects.select_related("line"))
    return {
        "lines": lines,
        "is_wanted": bool(wanted) and demand.is_still_wanted(opened),
        "is_ready": all(part.arrived_at if is_pickup else part.handed_over_at for part in wanted),
        "contact": branch_to_ask(opened, part=parts[0]),
        "parcels": packed if is_any_given and not is_pickup else [],
        "left": [part for part in wanted if not part.handed_over_at] if is_pickup and is_any_given else [],
        "handed_over_at": max((part.handed_over_at for part in parts if part.handed_over_at), default=None),
        "happened": timeline.for_buyer(opened.events.all(), order=opened, parts=parts),
        "returns": opened.returns.select_related("refund", "branch").prefetch_related(asked_back),
        "notes": notes,
        "can_thank": any(not note.written for note in notes),
        "returnable": [offer for offer in returns.offers(opened, lines=lines) if not offer.why_not],
    }


@require_POST
def pay(request: HttpRequest, code: str, secret: str) -> HttpResponse:
    """On to the provider's page: the open one or a new one."""
    opened = open_order(code, secret)
    try:
        payment = payments.try_again(opened.pk, provider=request.POST.get("provider", ""))
    except stock.OutOfStock:
        messages.error(request, _("A piece of this order was sold to someone else after its time had run out."))
    except payments.NotPayable:
        messages.error(request, _("This order can no longer be paid online."))
    except (ProviderUnavailable, Busy):
        messages.warning(
            request, _("The payment page does not answer. Your order is kept; try again in a few minutes.")
        )
    except ProviderRefused:
        messages.error(request, _("The payment could not be opened. Write to us and we will help."))
    else:
        return redirect(payment.redirect_url or opened)
    return redirect(opened)


@require_POST
def check(request: HttpRequest, code: str, secret: str) -> HttpResponse:
    """Asks the provider whether it has the money."""
    opened = open_order(code, secret)
    payment = opened.payments.exclude(provider_reference="").last()
    if payment is not None:
        try:
            # A refund that does not fit is for staff to look at, and told by the reconciler.
            with suppress(refunds.Unexplained):
                payments.check(payment)
        except (ProviderUnavailable, ProviderRefused, Busy):
            messages.warning(request, _("The payment provider does not answer now. We will write to you when it does."))
    return redirect(opened)


@require_POST
def cancel(request: HttpRequest, code: str, secret: str) -> HttpResponse:
    opened = open_order(code, secret)
    try:
        cancelling.cancel(opened.pk, actor=bag_cookie.member(request))
    except cancelling.AlreadyCancelled:
        messages.info(request, _("This order is cancelled already."))
    except WrongTransition:
        messages.error(request, _("This order can no longer be cancelled here. Write to us and we will help."))
    except Busy:
        messages.error(request, _("Something else is happening to this order at this moment. Please try again."))
    return redirect(opened)


@require_safe
@never_cache
def invoice(request: HttpRequest, code: str, secret: str, number: str) -> HttpResponse:
    """The invoice or credit note as PDF."""
    found = next((one for one in open_order(code, secret).invoices.all() if one.number == number), None)
    if found is None:
        raise Http404
    return pdf_response(found)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@same_origin_post
def find(request: HttpRequest) -> HttpResponse:
    form = FindOrderForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        found = Order.objects.found_by(form.cleaned_data["code"], form.cleaned_data["email"]).first()
        if found is not None:
            return redirect(found)
        form.add_error(None, _("There is no order with this code and this e-mail address."))
    return render(request, "orders/find.html", {"form": form})


@require_safe
@never_cache
@login_required
def mine(request: HttpRequest) -> HttpResponse:
    member = bag_cookie.member(request)
    assert member is not None  # noqa: S101 — login_required
    page = Paginator(Order.objects.of(member).prefetch_related("lines"), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "orders/mine.html", {"page": page})
