"""What the branches have to do, on a phone and on paper."""

from collections.abc import Callable

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from artisans.models import Branch
from dostshop.locks import Busy
from orders import customs, fulfilment, work
from orders.models import Fulfilment
from orders.staff_forms import ShipForm
from orders.views.staff import Staff, for_staff

# More than anybody prepares in a day; the rest moves up when these are done.
MOST_SHOWN = 200


@require_safe
@for_staff
def todo(request: HttpRequest, staff: Staff) -> HttpResponse:
    offered, chosen = _branches(request, staff)
    parts = list(_to_do(staff, chosen)[: MOST_SHOWN + 1])
    context = {
        "branches": offered,
        "chosen": chosen,
        "sections": work.sections(parts[:MOST_SHOWN], today=timezone.localdate()),
        "most_shown": MOST_SHOWN if len(parts) > MOST_SHOWN else None,
    }
    return render(request, "work/list.html", context)


@require_safe
@for_staff
def pick_list(request: HttpRequest, staff: Staff) -> HttpResponse:
    """What to fetch from the shelves, to be printed."""
    offered, chosen = _branches(request, staff)
    parts = _to_do(staff, chosen).filter(ready_at=None)
    if chosen is not None:
        parts = parts.filter(branch=chosen)
    context = {
        "parts": parts[:MOST_SHOWN],
        "chosen": chosen,
        "is_of_many": chosen is None and len(offered) > 1,
        "today": timezone.localdate(),
    }
    return render(request, "work/pick_list.html", context)


@require_safe
@for_staff
def part(request: HttpRequest, staff: Staff, pk: int) -> HttpResponse:
    return _part_page(request, staff, _part(staff, pk), ShipForm(initial={"carrier": _("Azerpost")}))


@require_safe
@for_staff
def packing_slip(request: HttpRequest, staff: Staff, pk: int) -> HttpResponse:
    """For the parcel, in the buyer's language."""
    found = _part(staff, pk)
    with translation.override(found.order.language):
        return render(request, "work/packing_slip.html", {"part": found, "order": found.order})


@require_safe
@for_staff
def customs_declaration(request: HttpRequest, staff: Staff, pk: int) -> HttpResponse:
    """For a parcel that goes abroad."""
    declaration = customs.declaration_of(_part(staff, pk))
    if declaration is None:
        raise Http404
    return customs.pdf_response(declaration)


@require_POST
@for_staff
def mark_ready(request: HttpRequest, staff: Staff, pk: int) -> HttpResponse:
    found = _part(staff, pk)
    if not staff.works_for(found.branch_id):
        raise Http404
    return _take(request, found, lambda: fulfilment.mark_ready(pk, actor=staff.user), done=_("Marked as ready."))


@require_POST
@for_staff
def mark_arrived(request: HttpRequest, staff: Staff, pk: int) -> HttpResponse:
    found = _part(staff, pk)
    if not staff.works_for(found.order.pickup_branch_id):
        raise Http404
    return _take(request, found, lambda: fulfilment.mark_arrived(pk, actor=staff.user), done=_("Marked as arrived."))


@require_POST
@for_staff
def ship(request: HttpRequest, staff: Staff, pk: int) -> HttpResponse:
    found = _part(staff, pk)
    if not staff.works_for(found.branch_id):
        raise Http404
    form = ShipForm(request.POST)
    if not form.is_valid():
        return _part_page(request, staff, found, form)
    sent = form.cleaned_data
    return _take(
        request,
        found,
        lambda: fulfilment.ship(pk, **sent, actor=staff.user),
        done=_("Marked as sent; the buyer gets a mail."),
    )


def _branches(request: HttpRequest, staff: Staff) -> tuple[list[Branch], Branch | None]:
    """The branches to choose from, and the one that the address names."""
    branches = Branch.objects.all() if staff.branches is None else Branch.objects.filter(pk__in=staff.branches)
    offered = list(branches)
    wanted = request.GET.get("branch", "")
    return offered, next((branch for branch in offered if branch.slug == wanted), None)


def _to_do(staff: Staff, chosen: Branch | None) -> QuerySet[Fulfilment]:
    return work.to_do(staff.branches if chosen is None else [chosen.pk])


def _part(staff: Staff, pk: int) -> Fulfilment:
    return get_object_or_404(work.seen(staff.branches), pk=pk)


def _part_page(request: HttpRequest, staff: Staff, found: Fulfilment, form: ShipForm) -> HttpResponse:
    step = work.next_step(found)
    is_open = found.order.status in {found.order.Status.AWAITING_PAYMENT, found.order.Status.PAID}
    prepares, hands_over = staff.works_for(found.branch_id), staff.works_for(found.order.pickup_branch_id)
    context = {
        "part": found,
        "order": found.order,
        "step": step,
        "is_overdue": is_open and work.is_overdue(found, today=timezone.localdate()),
        "form": form,
        "customs": customs.declaration_of(found),
        "may_prepare": is_open and step == work.Step.PREPARE and prepares,
        "may_ship": found.order.status == found.order.Status.PAID and step == work.Step.SHIP and prepares,
        "may_receive": is_open and step == work.Step.PASS_ON and hands_over,
        "may_hand_over": found.order.pickup_branch_id is not None and hands_over,
    }
    return render(request, "work/part.html", context)


def _take(request: HttpRequest, found: Fulfilment, step: Callable[[], None], *, done: str) -> HttpResponse:
    """Takes the step, and back to the part with a sentence."""
    try:
        step()
    except fulfilment.NotPossible as refusal:
        messages.error(request, str(refusal))
    except Busy:
        messages.error(request, _("Something else is happening to this order at this moment. Please try again."))
    else:
        messages.success(request, done)
    return redirect("work:part", found.pk)
