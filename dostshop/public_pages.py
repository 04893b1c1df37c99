"""Pages that are the same bytes for every visitor (design principle 5), and all others, which no cache may keep."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

SHARED_CACHE_SECONDS = 60
PRIVATE = "private, no-store"


def public_page[**P](
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Lets shared caches keep the page for a minute; browsers ask again each time.

    The view may read the address and its query, never cookies, session or user.
    """

    @require_safe
    @wraps(view)
    def marked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if response.status_code == 200:
            response.headers.setdefault("Cache-Control", f"public, max-age=0, s-maxage={SHARED_CACHE_SECONDS}")
        return response

    return marked


def private_unless_said_otherwise(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: what does not say that it may be kept, or sets a cookie, is for this visitor alone."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.cookies:
            response.headers["Cache-Control"] = PRIVATE
        response.headers.setdefault("Cache-Control", PRIVATE)
        return response

    return answer
