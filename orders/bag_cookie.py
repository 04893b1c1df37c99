"""The two cookies of a bag: its token, and its size for the header to show.

Public pages are the same for everyone, so a script on the page reads the size; the token is for the server
alone. Neither exists before something is in a bag.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from dostshop.accounts.models import User
from orders import bag as bags
from orders.models import Bag

TOKEN = "bag"  # noqa: S105 — the name of the cookie
SIZE = "bag_size"
_LIFETIME = 60 * 24 * 3600


def member(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) and request.user.is_authenticated else None


def current(request: HttpRequest) -> Bag | None:
    return bags.find(token=request.COOKIES.get(TOKEN, ""), user=member(request))


def new(request: HttpRequest) -> Bag:
    """For who has none yet."""
    return bags.find_or_make(token=request.COOKIES.get(TOKEN, ""), user=member(request))


def remember(response: HttpResponse, bag: Bag | None) -> HttpResponse:
    """Sets both cookies to what the bag is now; removes them where there is none."""
    size = bags.size(bag)
    if not size:
        response.delete_cookie(SIZE)
    else:
        response.set_cookie(SIZE, str(size), max_age=_LIFETIME, samesite="Lax", secure=settings.HTTPS)
    if bag is None:
        response.delete_cookie(TOKEN)
    elif bag.user_id is None:
        response.set_cookie(TOKEN, bag.token, max_age=_LIFETIME, httponly=True, samesite="Lax", secure=settings.HTTPS)
    return response


def forget(response: HttpResponse) -> HttpResponse:
    """The bag is ordered."""
    return remember(response, None)
