"""What signing in means for a shopper: the guest's bag comes along.

Past orders need nothing here: ``Order.objects.of`` finds those placed with an address that is verified now.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse

from dostshop.accounts.adapter import EmailAdapter
from dostshop.accounts.models import User
from orders import bag as bags
from orders import bag_cookie


class AccountAdapter(EmailAdapter):
    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **kwargs)
        guest = bags.find(token=request.COOKIES.get(bag_cookie.TOKEN, ""), user=None)
        bag = bags.merge(guest, user=user) if guest else bags.find(token="", user=user)
        response.delete_cookie(bag_cookie.TOKEN)
        return bag_cookie.remember(response, bag)
