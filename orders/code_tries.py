"""Wrong pickup codes of one person are counted wherever codes are typed, so that nobody finds an order by trying."""

from collections.abc import Callable
from typing import cast

from allauth.core import ratelimit
from django.http import HttpRequest
from django.utils.translation import gettext as _

from dostshop.accounts.models import User
from orders.fulfilment import BuyerNotKnown, WrongCode


def may_try(request: HttpRequest) -> bool:
    return _consume(request, dry_run=True)


def count_wrong(request: HttpRequest) -> None:
    _consume(request)


def counted(request: HttpRequest, step: Callable[[], None], *, code: str) -> None:
    """Takes a step that asks for a code, where there is one. Raises BuyerNotKnown after too many wrong ones."""
    if code and not may_try(request):
        raise BuyerNotKnown(_("Too many wrong codes. Wait ten minutes, or say why you hand over without the code."))
    try:
        step()
    except WrongCode:
        count_wrong(request)
        raise


def _consume(request: HttpRequest, *, dry_run: bool = False) -> bool:
    user = cast("User", request.user)
    return bool(ratelimit.consume(request, action="pickup_code", user=user, dry_run=dry_run))
