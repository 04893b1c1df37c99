"""Writing to the maker of a piece, from the order's own page."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from dostshop.locks import Busy
from orders import thanking
from orders.forms import ThanksForm
from orders.views.order import open_order


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def write(request: HttpRequest, code: str, secret: str, line: int) -> HttpResponse:
    order = open_order(code, secret)
    note = thanking.note(order, line)
    if note is None:
        raise Http404
    is_sent = request.method == "POST" and not note.why_not
    form = ThanksForm(request.POST if is_sent else None)
    if form.is_valid():
        try:
            thanking.send(
                order.pk,
                line_pk=line,
                words=form.cleaned_data["words"],
                language=translation.get_language(),
                may_be_public=form.cleaned_data["may_be_public"],
            )
        except thanking.NotThankable as refusal:
            form.add_error(None, str(refusal))
        except Busy:
            form.add_error(None, _("Something else is happening to this order at this moment. Please try again."))
        else:
            messages.success(request, _("Thank you. We read your words and pass them on."))
            return redirect("orders:order", order.code, order.secret)
    return render(request, "orders/thank.html", {"order": order, "note": note, "form": form})


@require_POST
def take_back(request: HttpRequest, code: str, secret: str, line: int) -> HttpResponse:
    order = open_order(code, secret)
    if thanking.take_back(order, line_pk=line):
        messages.success(request, _("Your words are deleted."))
    return redirect("orders:order", order.code, order.secret)
