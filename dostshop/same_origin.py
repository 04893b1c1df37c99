"""Form posts from pages that every visitor shares.

A page that any cache may keep cannot carry a visitor's CSRF token. Browsers say themselves where a post
comes from (``Sec-Fetch-Site``, ``Origin``); a post from another site is refused by that.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}


def is_same_origin(request: HttpRequest) -> bool:
    """False where the browser says that another site sent this request.

    Source: Fetch Metadata Request Headers (W3C), section 2.1. A client that sends neither header is no
    browser, so it carries nobody's cookies.
    """
    if site := request.headers.get("Sec-Fetch-Site"):
        return site in {"same-origin", "none"}
    if origin := request.headers.get("Origin"):
        return origin == f"{request.scheme}://{request.get_host()}"
    return True


def same_origin_post[**P](
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Replaces the CSRF token for a view that is posted to from public pages."""

    @csrf_exempt
    @wraps(view)
    def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.method not in _SAFE_METHODS and not is_same_origin(request):
            raise PermissionDenied("cross-site post")
        return view(request, *args, **kwargs)

    return checked
