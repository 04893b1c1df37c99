"""Giving pieces back, from the order's own page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from catalog.listing import public_photos
from dostshop.locks import Busy
from orders import bag_cookie, returns
from orders.forms import ReturnForm
from orders.views.order import open_order


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def ask(request: HttpRequest, code: str, secret: str) -> HttpResponse:
    order = open_order(code, secret)
    lines = order.lines.select_related("fulfilment", "variant__product").prefetch_related(
        public_photos("variant__product")
    )
    form = ReturnForm(request.POST or None, offers=returns.offers(order, lines=lines))
    if request.method == "POST" and form.is_valid():
        wish = form.cleaned_data
        try:
            asked = returns.ask(
                order.pk,
                units=form.units(),
                reason=wish["reason"],
                text=wish["text"],
                actor=bag_cookie.member(request),
            )
        except returns.NotReturnable as refusal:
            form.add_error(None, str(refusal))
        except Busy:
            form.add_error(None, _("Something else is happening to this order at this moment. Please try again."))
        else:
            messages.success(request, _("We have your request and will answer by mail."))
            if len(asked) > 1:
                names = ", ".join(returned.branch.name for returned in asked)
                sentence = _("The pieces came from different branches, so you get an answer from each: %(branches)s.")
                messages.info(request, sentence % {"branches": names})
            return redirect("orders:order", order.code, order.secret)
    context = {"order": order, "form": form, "is_of_many_branches": returns.is_of_many_branches(order, form.offers)}
    return render(request, "orders/ask_return.html", context)
