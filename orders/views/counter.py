"""The counter of a branch: a code becomes an order, and the order its pieces."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orders import code_tries, fulfilment, payments, till, work
from orders.models import Order
from orders.staff_forms import HandOverForm, PickupCodeForm
from orders.views.staff import Staff, for_staff, take

# In the session: the code that this person has just found an order by.
TYPED_CODE = "typed_pickup_code"


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def find(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Wrong codes are counted, so that nobody finds an order by trying."""
    form = PickupCodeForm(request.POST or None)
    if request.method == "POST" and not code_tries.may_try(request):
        form.add_error(None, _("Too many wrong codes. Wait ten minutes, or open the order from the work list."))
    elif request.method == "POST" and form.is_valid():
        order = Order.objects.filter(pickup_code=form.cleaned_data["code"]).select_related("pickup_branch").first()
        if order is not None and staff.works_for(order.pickup_branch_id):
            request.session[TYPED_CODE] = order.pickup_code
            return redirect("work:pickup", order.code)
        code_tries.count_wrong(request)
        if order is None or order.pickup_branch is None:
            form.add_error("code", _("No order has this code. Ask the buyer to show it to you."))
        else:
            sentence = _("This order is picked up at another branch: %(branch)s.")
            form.add_error("code", sentence % {"branch": order.pickup_branch.name})
    return render(request, "work/counter.html", {"form": form})


@require_safe
@for_staff
def pickup(request: HttpRequest, staff: Staff, code: str) -> HttpResponse:
    return _pickup_page(staff, _pickup(staff, code))


def _pickup_page(staff: Staff, order: Order, form: HandOverForm | None = None) -> HttpResponse:
    parts = list(work.seen(None).filter(order=order).order_by("pk"))
    steps = fulfilment.Steps(order, branches=staff.branches)
    wanted = [part for part in parts if part.lines_wanted]
    context = {
        "order": order,
        "parts": parts,
        "form": form or HandOverForm(),
        # Who came from the counter has typed it.
        "typed_code": order.pickup_code if staff.request.session.get(TYPED_CODE) == order.pickup_code else "",
        # Money on the bank account is for the page that asks how much came.
        "is_unpaid": payments.can_be_marked_paid(order) and not payments.is_amount_typed(order),
        "may_hand_over": any(not steps.why_not_given(part) for part in parts),
        "elsewhere": [part for part in wanted if not part.arrived_at and part.branch_id != order.pickup_branch_id],
        "is_given_back": order.status == Order.Status.PAID and not (steps.is_wanted and wanted),
    }
    return render(staff.request, "work/pickup.html", context)


@require_POST
@for_staff
def paid(request: HttpRequest, staff: Staff, code: str) -> HttpResponse:
    order = _pickup(staff, code)
    take(
        staff,
        lambda: till.take(order, actor=staff.user),
        done=_("Paid. Now hand over the pieces."),
    )
    return redirect("work:pickup", order.code)


@require_POST
@for_staff
def hand_over(request: HttpRequest, staff: Staff, code: str) -> HttpResponse:
    order, form = _pickup(staff, code), HandOverForm(request.POST)
    if form.is_valid():
        # Each time it is asked for anew, on a device that several people use.
        request.session.pop(TYPED_CODE, None)
        step = partial(fulfilment.hand_over, order.pk, **form.cleaned_data, actor=staff.user)
        counted = partial(code_tries.counted, request, step, code=form.cleaned_data["code"])
        if take(staff, counted, done=_("Handed over."), form=form):
            return redirect("work:pickup", order.code)
    return _pickup_page(staff, order, form)


def _pickup(staff: Staff, code: str) -> Order:
    orders = Order.objects.filter(delivery=Order.Delivery.PICKUP).select_related("pickup_branch")
    if staff.branches is not None:
        orders = orders.filter(pickup_branch__in=staff.branches)
    return get_object_or_404(orders, code=code)
