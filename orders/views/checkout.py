"""The way from the bag to a placed order."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from dostshop.locks import Busy
from orders import bag as bags
from orders import bag_cookie, checkout, payments, stock, typed
from orders.delivery import delivery_for
from orders.forms import CheckoutForm, obstacle
from orders.models import Bag, Order
from orders.models.bag import BagClosed
from orders.providers import ProviderRefused, ProviderUnavailable

# In the shopper's session: the key to what was typed.
TYPED = "checkout_typed"
BUSY = _("Others are buying the same pieces at this moment. Please try again.")
NOT_KEPT = _("The pieces are not kept for you now. Go to the checkout to keep them for 30 minutes.")


@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """Holds the pieces of the bag, unless it could not be ordered anyway: then the bag says why."""
    bag = bag_cookie.current(request)
    if bag is None or not (lines := bags.lines(bag)) or obstacle(lines, delivery_for(lines)):
        return redirect("orders:bag")
    bags.accept_prices(bag)
    return redirect("orders:checkout" if _hold(request, bag) else "orders:bag")


@require_POST
@never_cache
def extend(request: HttpRequest) -> HttpResponse:
    """Keeps the pieces for longer; what is typed in the form comes back as it was."""
    bag = bag_cookie.current(request)
    if bag is None or not (lines := bags.lines(bag)) or obstacle(lines, offered := delivery_for(lines)):
        return redirect("orders:bag")
    if _hold(request, bag):
        messages.success(request, _("The pieces are kept for you."))
    return _page(request, bag, CheckoutForm(lines=lines, offered=offered, initial=request.POST.dict()))


@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in page and back again; what is typed in the form, and the pieces, are kept meanwhile."""
    bag = bag_cookie.current(request)
    if bag is None or not bags.size(bag):
        return redirect("orders:bag")
    if stock.held_until(bag, bags.lines(bag)):
        _hold(request, bag)
    typed.forget(request.session.get(TYPED, ""))
    request.session[TYPED] = typed.keep({name: request.POST.get(name, "") for name in CheckoutForm.base_fields})
    return redirect(f"{reverse('account_login')}?{urlencode({'next': reverse('orders:checkout')})}")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def page(request: HttpRequest) -> HttpResponse:
    if order := _ordered_already(request):
        return _go_to_payment(request, order)
    bag = bag_cookie.current(request)
    if bag is None or not (lines := bags.lines(bag)) or obstacle(lines, offered := delivery_for(lines)):
        return redirect("orders:bag")
    if request.method != "POST" and stock.held_until(bag, lines) is None:
        messages.info(request, NOT_KEPT)
        return redirect("orders:bag")
    form = CheckoutForm(request.POST or None, lines=lines, offered=offered, initial=_known_of(request))
    if request.method == "POST" and form.is_valid() and (order := _place(request, bag, form)):
        typed.forget(request.session.pop(TYPED, ""))
        return bag_cookie.forget(_go_to_payment(request, order))
    return _page(request, bag, form)


def _hold(request: HttpRequest, bag: Bag) -> bool:
    try:
        stock.hold(bag)
    except stock.OutOfStock:
        # The bag says beside each piece what is the matter.
        messages.error(request, _("Not everything in your bag can be bought now."))
    except (Busy, BagClosed):
        messages.error(request, BUSY)
    else:
        return True
    return False


def _place(request: HttpRequest, bag: Bag, form: CheckoutForm) -> Order | None:
    """The order; None with errors in the form where it could not be placed."""
    member = bag_cookie.member(request)
    details = form.details(language=translation.get_language(), user_pk=member.pk if member else None)
    try:
        return checkout.place_order(bag.pk, details=details, total_shown=form.total)
    except stock.OutOfStock as shortage:
        names = {line.variant_id: str(line.variant) for line in form.lines}
        for piece in shortage.shortages:
            form.add_error(None, f"{names[piece.variant_pk]}: {bags.sentence(piece)}")
    except bags.NotForSale:
        form.add_error(None, _("A piece in your bag is no longer for sale. Take it out of the bag to go on."))
    except (checkout.PriceChanged, checkout.BagEmpty):
        form.add_error(None, _("Your bag has changed meanwhile. Please look through it again."))
    except checkout.TooManyUnpaid:
        form.add_error(
            "payment",
            _("Three of your orders wait to be paid already. Pay for this one by card, or cancel another."),
        )
    except Busy:
        form.add_error(None, BUSY)
    return None


def _go_to_payment(request: HttpRequest, order: Order) -> HttpResponse:
    """To the provider's page, or to the order's where no such page is needed or to be had."""
    payment = order.payments.open().first()
    if payment is not None:
        try:
            payment = payments.start(payment)
        except (ProviderUnavailable, ProviderRefused):
            messages.warning(
                request,
                _("Your order is placed, but the payment page does not answer. Try to pay again in a few minutes."),
            )
        else:
            if payment.redirect_url:
                return redirect(payment.redirect_url)
    return redirect(order)


def _ordered_already(request: HttpRequest) -> Order | None:
    """A second click on “Place order” comes with a bag that is ordered by now."""
    token = request.POST.get("bag", "")
    order = Order.objects.filter(bag__token=token).select_related("bag").first() if bags.is_token(token) else None
    return order if order and order.bag and order.bag.user in {None, bag_cookie.member(request)} else None


def _known_of(request: HttpRequest) -> dict[str, Any]:
    """What nobody needs to type again (WCAG 2.2, 3.3.7): typed before signing in, else known of the member."""
    before = typed.kept(request.session.get(TYPED, ""))
    return {**_known_of_member(request), **{name: text for name, text in before.items() if text}}


def _known_of_member(request: HttpRequest) -> dict[str, Any]:
    """As on the last order."""
    member = bag_cookie.member(request)
    if member is None:
        return {}
    last = Order.objects.filter(user=member).first()
    known: dict[str, Any] = {"email": member.email, "name": member.name}
    if last is not None:
        fields = ("name", "phone", "country", "city", "address", "postcode", "directions")
        known.update({field: getattr(last, field) for field in fields})
    return known


def _page(request: HttpRequest, bag: Bag, form: CheckoutForm) -> HttpResponse:
    context = {
        "form": form,
        "bag": bag,
        "lines": bags.views(bag, form.lines),
        "items_total": form.items_total,
        "held_until": stock.held_until(bag, form.lines),
    }
    return render(request, "orders/checkout.html", context)
