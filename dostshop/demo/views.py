"""The mails that the demo would have sent, to be read in the browser. These addresses exist in the demo alone."""

from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.csp import CSP
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_safe

from dostshop.demo import mails

FRAMED_CSP = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.UNSAFE_INLINE],
    "img-src": [CSP.SELF],
    "frame-ancestors": [CSP.SELF],
    "form-action": [CSP.NONE],
    "base-uri": [CSP.NONE],
}


@require_safe
@never_cache
def mail_list(request: HttpRequest) -> HttpResponse:
    return render(request, "demo/mails.html", {"mails": mails.newest_first(_folder())})


@require_safe
@never_cache
@csp_override({**settings.SECURE_CSP, "frame-src": [CSP.SELF]})
def mail(request: HttpRequest, key: str) -> HttpResponse:
    return render(request, "demo/mail.html", {"mail": _found(key)})


@require_safe
@never_cache
@xframe_options_sameorigin
@csp_override(FRAMED_CSP)
def mail_html(request: HttpRequest, key: str) -> HttpResponse:
    """The mail as a mail program shows it; its links open in the window around it."""
    return HttpResponse(_found(key).html.replace("<head>", '<head><base target="_top">', 1))


def _folder() -> Path:
    return Path(settings.MAIL_FOLDER)


def _found(key: str) -> mails.Mail:
    found = mails.find(_folder(), key)
    if found is None:
        raise Http404
    return found
