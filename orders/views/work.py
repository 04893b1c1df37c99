"""What the branches have to do, on a phone and on paper."""

from collections.abc import Callable
from functools import partial

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from artisans.models import Branch
from orders import customs, fulfilment, work
from orders.models import Fulfilment
from orders.staff_forms import ReceiptForm, ShipForm
from orders.views.staff import Staff, for_staff, take

# In each section: more than anybody prepares in a day; the rest moves up when these are done.
MOST_SHOWN = 100


@require_safe
@for_staff
def todo(request: HttpRequest, staff: Staff) -> HttpResponse:
    offered, chosen = _branches(staff)
    context = {
        "branches": offered,
        "chosen": chosen,
        "sections": work.sections(_keys(staff, chosen), most=MOST_SHOWN),
    }
    return render(request, "work/list.html", context)


@require_safe
@for_staff
def pick_list(request: HttpRequest, staff: Staff) -> HttpResponse:
    """What to fetch from the shelves, to be printed."""
    offered, chosen = _branches(staff)
    context = {
        "parts": work.to_prepare(_keys(staff, chosen))[:MOST_SHOWN],
        "chosen": chosen,
        "is_of_many": chosen is None and len(offered) > 1,
        "today": timezone.localdate(),
    }
    return render(request, "work/pick_list.html", context)


@require_safe
@for_staff
def part(request: HttpRequest, staff: Staff, pk: int) -> HttpResponse:
    return _part_page(staff, _part(staff, pk))


@require_safe
@for_staff
def packing_slip(request: HttpRequest, staff: Staff, pk: int) -> HttpResponse:
    """For the parcel, in the buyer's language; the way back is in the language of staff."""
    found = _part(staff, pk)
    parts = found.order.parts_packed
    if found not in parts:
        raise Http404
    context = {
        "part": found,
        "order": found.order,
        "parts": parts,
        # One card lies in one parcel.
        "is_with_gift_note": bool(found.order.gift_note) and found == parts[0],
        "staff_language": translation.get_language(),
    }
    with translation.override(found.order.language):
        return render(request, "work/packing_slip.html", context)


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
    found = _kept_part(staff, pk)
    take(staff, lambda: fulfilment.mark_ready(pk, actor=staff.user), done=_("Marked as ready."))
    return redirect("work:part", found.pk)


@require_POST
@for_staff
def mark_arrived(request: HttpRequest, staff: Staff, pk: int) -> HttpResponse:
    found = _part(staff, pk)
    if not staff.works_for(found.order.pickup_branch_id):
        raise Http404
    take(staff, lambda: fulfilment.mark_arrived(pk, actor=staff.user), done=_("Marked as arrived."))
    return redirect("work:part", found.pk)


@require_POST
@for_staff
def put_back(request: HttpRequest, staff: Staff, pk: int) -> HttpResponse:
    found = _kept_part(staff, pk)
    take(staff, lambda: fulfilment.put_back(pk, actor=staff.user), done=_("Put back in its place."))
    return redirect("work:part", found.pk)


@require_POST
@for_staff
def ship(request: HttpRequest, staff: Staff, pk: int) -> HttpResponse:
    found = _kept_part(staff, pk)
    form = ShipForm(request.POST, order=found.order)
    return _take_with(staff, found, form, fulfilment.ship, done=_("Marked as sent; the buyer gets a mail."))


@require_POST
@for_staff
def correct_number(request: HttpRequest, staff: Staff, pk: int) -> HttpResponse:
    found = _kept_part(staff, pk)
    form = ShipForm(request.POST, order=found.order)
    return _take_with(staff, found, form, fulfilment.correct_number, done=_("Corrected; the buyer gets a mail."))


@require_POST
@for_staff
def record_receipt(request: HttpRequest, staff: Staff, pk: int) -> HttpResponse:
    found, form = _kept_part(staff, pk), ReceiptForm(request.POST)
    return _take_with(staff, found, form, fulfilment.record_receipt, done=_("The day of receipt is written down."))


def _take_with(
    staff: Staff, found: Fulfilment, form: ShipForm | ReceiptForm, step: Callable[..., None], *, done: str
) -> HttpResponse:
    """Takes the step with what the form says, or shows the page with what is wrong in it."""
    if form.is_valid():
        taken = partial(step, found.pk, **form.cleaned_data, actor=staff.user)
        if take(staff, taken, done=done, form=form):
            return redirect("work:part", found.pk)
    return _part_page(staff, found, form)


def _branches(staff: Staff) -> tuple[list[Branch], Branch | None]:
    """The branches to choose from, and the one that the address names."""
    branches = Branch.objects.all() if staff.branches is None else Branch.objects.filter(pk__in=staff.branches)
    offered = list(branches)
    wanted = staff.request.GET.get("branch", "")
    return offered, next((branch for branch in offered if branch.slug == wanted), None)


def _keys(staff: Staff, chosen: Branch | None) -> list[int] | None:
    return staff.branches if chosen is None else [chosen.pk]


def _part(staff: Staff, pk: int) -> Fulfilment:
    return get_object_or_404(work.seen(staff.branches), pk=pk)


def _kept_part(staff: Staff, pk: int) -> Fulfilment:
    """A part that this person's branches prepare."""
    found = _part(staff, pk)
    if not staff.works_for(found.branch_id):
        raise Http404
    return found


def _part_page(staff: Staff, found: Fulfilment, form: ShipForm | ReceiptForm | None = None) -> HttpResponse:
    steps = fulfilment.Steps(found.order, branches=staff.branches)
    sent = {"carrier": found.carrier or _("Azerpost"), "tracking_number": found.tracking_number}
    context = {
        "part": found,
        "order": found.order,
        "step": work.next_step(found),
        "is_wanted": steps.is_wanted and bool(found.lines_wanted),
        "is_expected": work.is_expected(found, staff.branches),
        "is_overdue": steps.is_wanted and work.is_overdue(found, today=timezone.localdate()),
        "form": form,
        "customs": customs.declaration_of(found),
        "ship_form": form if isinstance(form, ShipForm) else ShipForm(initial=sent, order=found.order),
        "receipt_form": form if isinstance(form, ReceiptForm) else ReceiptForm(),
        "may_prepare": not steps.why_not_ready(found),
        "may_ship": not steps.why_not_sent(found),
        "may_receive": not steps.why_not_arrived(found),
        "may_put_back": not steps.why_not_put_back(found),
        "may_correct": not steps.why_not_corrected(found),
        "may_record_receipt": not steps.why_not_received(found),
        "is_at_counter": found.order.pickup_branch_id is not None and staff.works_for(found.order.pickup_branch_id),
    }
    return render(staff.request, "work/part.html", context)
