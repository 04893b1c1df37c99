"""Who may work on orders outside of the admin, and what they are told of a step."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from dostshop.accounts.models import User, branches_seen_by
from dostshop.locks import Busy
from orders import payments, stock, till, work
from orders.steps import NotAsTyped, NotPossible


@dataclass(frozen=True)
class Staff:
    """Who asks, and for what."""

    request: HttpRequest
    user: User
    # The branches that this person works for; None for all of them.
    branches: list[int] | None

    def works_for(self, branch_pk: int | None) -> bool:
        return self.branches is None or branch_pk in self.branches


def for_staff[**P](
    view: Callable[Concatenate[HttpRequest, Staff, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Asks to sign in; for whoever may not move orders on there is no such page."""

    @never_cache
    @login_required
    @wraps(view)
    def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        user = cast("User", request.user)
        branches = branches_seen_by(user)
        if not work.is_open_to(user, branches=branches):
            raise Http404
        return view(request, Staff(request, user, branches), *args, **kwargs)

    return checked


def take(staff: Staff, step: Callable[[], object], *, done: str, form: forms.Form | None = None) -> bool:
    """Takes the step and says that it is done, or why it was not.

    False where that is for what was typed in the form, which says it itself and is to be shown again.
    """
    try:
        step()
    except NotAsTyped as refusal:
        if form is not None:
            form.add_error(refusal.field, str(refusal))
            return False
        messages.error(staff.request, str(refusal))
    except (NotPossible, till.NotTheirs, payments.WrongAmount) as refusal:
        messages.error(staff.request, str(refusal))
    except payments.NotPayable:
        messages.error(staff.request, _("The order does not wait for money that staff take."))
    except stock.OutOfStock:
        messages.error(
            staff.request, _("A piece of the order was sold meanwhile. Take no money for it, and tell the buyer.")
        )
    except Busy:
        messages.error(staff.request, _("Something else is happening to this order at this moment. Please try again."))
    else:
        messages.success(staff.request, done)
    return True
