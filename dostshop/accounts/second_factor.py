"""The second step of signing in, which staff must have: an authenticator app, or a passkey.

Whoever has a role, or may enter the admin, has so many days from the account's first (``SECOND_FACTOR_GRACE``) to set
one up. They are counted from there and not from the role, so that no role taken and given back begins them anew; an old
account that gets its first role sets one up at the first look at its work. In the demo, whose passwords are public, the
days never end.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dostshop import qr
from dostshop.accounts.models import User

# The namespaces of the pages of staff.
DOORS = frozenset({"admin", "work", "studio"})
# Where whoever was led away wanted to go, in the session.
ASKED_AT = "second_factor_asked_at"


class MFAAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This did not fit. A code is right for half a minute: try the one that is shown now."),
        "unverified_email": _("Confirm your e-mail address first."),
    }

    def build_totp_svg(self, url: str) -> str:
        return qr.svg(url)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Known to devices by the shop's name."""
        return {**super().get_public_key_credential_rp_entity(), "name": "DOST"}

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002 — allauth's name
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return gettext("Passkey %(number)s") % {"number": number}


def due(user: User) -> datetime | None:
    """From when on staff without a second factor get no further; None for never."""
    return user.date_joined + settings.SECOND_FACTOR_GRACE if settings.SECOND_FACTOR_GRACE is not None else None


class OwnFactors(Exception):
    """One's own are changed where one's password is asked for."""


class NothingToReset(Exception):
    """There is none, or no longer."""


def has_any(user: User) -> bool:
    return bool(Authenticator.objects.filter(user=user).exists())


def reset(user: User, *, actor: User) -> None:
    """Takes all second factors of somebody who has lost them, who then sets up new ones. Tells them by mail."""
    if user == actor:
        raise OwnFactors
    deleted, _rows = Authenticator.objects.filter(user=user).delete()
    if not deleted:
        raise NothingToReset
    get_adapter().send_mail("account/email/second_factor_reset", user.email, {"user": user})


class AskedOfStaff:
    """Middleware: the one place that asks, at the doors to every page of staff.

    ``request.second_factor_due`` is what templates tell those who still have time.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, _view: Any, _args: Any, _parameters: Any) -> HttpResponseBase | None:
        match, user = request.resolver_match, request.user
        if not match or DOORS.isdisjoint(match.namespaces[:1]) or not isinstance(user, User):
            return None
        if user.has_second_factor:
            request.session.pop(ASKED_AT, None)
            return None
        until = due(user)
        if until is None or not (user.is_staff or user.has_role_now):
            return None
        if timezone.now() < until:
            request.second_factor_due = until  # type: ignore[attr-defined]
            return None
        page = request.get_full_path() if request.method == "GET" else get_adapter().get_login_redirect_url(request)
        request.session[ASKED_AT] = page
        return redirect("mfa_index")
