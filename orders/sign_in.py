"""What signing in means for a shopper: the guest's bag comes along.

Past orders need nothing here: ``Order.objects.of`` finds those placed with an address that is verified now.
"""

from contextlib import suppress
from typing import Any

from allauth.account.views import logout as allauth_logout
from django.http import HttpRequest, HttpResponse

from dostshop.accounts.adapter import EmailAdapter
from dostshop.accounts.models import User
from orders import bag as bags
from orders import bag_cookie
from orders.models.bag import BagClosed


class AccountAdapter(EmailAdapter):
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
