"""The bag's pages."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from dostshop.locks import Busy
from dostshop.same_origin import same_origin_post
from orders import bag as bags
from orders import bag_cookie, checkout
from orders.delivery import delivery_for
from orders.forms import AddForm, ChangeForm, obstacle
from orders.models.bag import BagClosed

CHANGED = gettext_lazy("Your bag has changed meanwhile. Please look through it again.")


@require_safe
@never_cache
def bag(request: HttpRequest) -> HttpResponse:
    current = bag_cookie.current(request)
    lines = bags.lines(current) if current else []
    views = bags.views(current, lines) if current else []
    offered = delivery_for(lines)
    hindered = obstacle(lines, offered) if lines else ""
    return render(
        request,
        "orders/bag.html",
        {
            "lines": views,
            "total": checkout.total([view.line for view in views if not view.problem]),
            "offered": offered,
            "obstacle": hindered,
            "is_ready": bool(views) and not hindered and not any(view.problem for view in views),
        },
    )


@require_POST
@same_origin_post
def add(request: HttpRequest) -> HttpResponse:
    form = AddForm(request.POST)
    if not form.is_valid():
        messages.error(request, _first_error(form))
        return redirect("orders:bag")
    current = bag_cookie.current(request)
    try:
        variant = bags.for_sale(form.cleaned_data["variant"])
        current = current or bag_cookie.new(request)
        line = bags.add(current, variant=variant, quantity=form.cleaned_data["quantity"])
    except bags.NotForSale as reason:
        messages.error(request, str(reason))
    except (BagClosed, Busy):
        messages.error(request, CHANGED)
        current = bag_cookie.current(request)
    else:
        messages.success(request, _("“%(piece)s” is in your bag.") % {"piece": line.variant})
    return bag_cookie.remember(redirect("orders:bag"), current)


@require_POST
def change(request: HttpRequest) -> HttpResponse:
    form = ChangeForm(request.POST)
    current = bag_cookie.current(request)
    if not form.is_valid():
        messages.error(request, _first_error(form))
    elif current is not None:
        try:
            bags.change(current, line_pk=form.cleaned_data["line"], quantity=form.cleaned_data["quantity"])
        except bags.NotForSale as reason:
            messages.error(request, str(reason))
        except (BagClosed, Busy):
            messages.error(request, CHANGED)
            current = bag_cookie.current(request)
        else:
            messages.success(request, _("Your bag is changed."))
    return bag_cookie.remember(redirect("orders:bag"), current)


def _first_error(form: AddForm | ChangeForm) -> str:
    return str(next(iter(form.errors.values()))[0])
