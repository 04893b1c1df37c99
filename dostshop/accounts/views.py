import logging
from collections.abc import Callable

from allauth.account import views as allauth_views
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.providers.openid_connect import views as openid_connect
from django.conf import settings
from django.contrib import messages
from django.contrib.messages.storage.base import BaseStorage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from requests import RequestException

logger = logging.getLogger(__name__)


@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """The door: members go in, everyone else to the sign-in."""
    return redirect(settings.LOGIN_REDIRECT_URL if request.user.is_authenticated else settings.LOGIN_URL)


def confirm_login_code(request: HttpRequest) -> HttpResponse:
    return _say_if_too_old(request, allauth_views.confirm_login_code(request))


def confirm_email(request: HttpRequest) -> HttpResponse:
    return _say_if_too_old(request, allauth_views.email_verification_sent(request))


def oidc_login(request: HttpRequest, provider_id: str) -> HttpResponse:
    return _say_if_out_of_reach(openid_connect.login, request, provider_id)


def oidc_callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    return _say_if_out_of_reach(openid_connect.callback, request, provider_id)


def _say_if_out_of_reach(
    view: Callable[[HttpRequest, str], HttpResponse], request: HttpRequest, provider_id: str
) -> HttpResponse:
    """allauth asks the provider for its addresses first, and does not expect that nobody answers."""
    try:
        return view(request, provider_id)
    except RequestException as error:
        logger.exception("the sign-in provider %s does not answer", provider_id)
        response: HttpResponse = render_authentication_error(request, provider_id, exception=error)
        return response


def _say_if_too_old(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """allauth sends people back from an expired code without a word; everything else it does adds a message."""
    sent_away = request.method == "POST" and response.status_code == 302
    storage = messages.get_messages(request)
    if sent_away and isinstance(storage, BaseStorage) and not storage.added_new:
        messages.error(request, _("This code is too old. Ask for a new one."))
    return response
