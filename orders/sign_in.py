"""What signing in means: a shopper's bag comes along, and staff come to where they work.

Past orders need nothing here: ``Order.objects.of`` finds those placed with an address that is verified now.
"""

from contextlib import suppress
from typing import Any

from allauth.account.views import logout as allauth_logout
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from dostshop.accounts.adapter import EmailAdapter
from dostshop.accounts.models import User, branches_seen_by
from orders import bag as bags
from orders import bag_cookie, work
from orders.models.bag import BagClosed


class AccountAdapter(EmailAdapter):
    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Where whoever came for no page in particular goes: each to where they work, others to their orders."""
        user = request.user
        if not (isinstance(user, User) and user.is_staff):
            is_instructor = isinstance(user, User) and user.is_instructor
            return reverse("studio:list") if is_instructor else str(super().get_login_redirect_url(request))
        branches = branches_seen_by(user)
        is_of_branch = branches is not None and work.is_open_to(user, branches=branches)
        return reverse("work:list" if is_of_branch else "admin:index")

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **kwargs)
        guest = bags.find(token=request.COOKIES.get(bag_cookie.TOKEN, ""), user=None)
        if guest is not None:
            # Ordered or merged a moment ago: there is nothing left to bring along.
            with suppress(BagClosed):
                bags.merge(guest, user=user)
        response.delete_cookie(bag_cookie.TOKEN)
        return bag_cookie.remember(response, bags.find(token="", user=user))


def sign_out(request: HttpRequest) -> HttpResponse:
    """allauth's, and the next person at this browser does not see how much is in the bag."""
    response: HttpResponse = allauth_logout(request)
    return bag_cookie.forget(response) if request.method == "POST" else response
