"""What the first page of the admin says of the branches' work."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from dostshop.accounts.models import branches_seen_by
from dostshop.admin import ShopAdmin, signed_in
from dostshop.admin_site import Waiting
from orders import work


class OverdueAdmin(ShopAdmin):
    def waiting(self, request: HttpRequest) -> list[Waiting]:
        user = signed_in(request)
        if not user.has_perm("orders.change_order"):
            return []
        count = work.overdue(branches_seen_by(user)).count()
        return [Waiting(_("Overdue, in the work list"), count, reverse("work:list"))]
