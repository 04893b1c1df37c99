from allauth.account import views as allauth_views
from django.conf import settings
from django.contrib import messages
from django.contrib.messages.storage.base import BaseStorage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe


@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """The door: members go in, everyone else to the sign-in."""
    return redirect(settings.LOGIN_REDIRECT_URL if request.user.is_authenticated else settings.LOGIN_URL)


def confirm_login_code(request: HttpRequest) -> HttpResponse:
    return _say_if_too_old(request, allauth_views.confirm_login_code(request))


def confirm_email(request: HttpRequest) -> HttpResponse:
    return _say_if_too_old(request, allauth_views.email_verification_sent(request))


def _say_if_too_old(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """allauth sends people back from an expired code without a word; everything else it does adds a message."""
    sent_away = request.method == "POST" and response.status_code == 302
    storage = messages.get_messages(request)
    if sent_away and isinstance(storage, BaseStorage) and not storage.added_new:
        messages.error(request, _("This code is too old. Ask for a new one."))
    return response
