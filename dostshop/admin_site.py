"""The admin's site: Unfold's, with a content security policy of its own."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse
from django.utils.csp import CSP
from django.utils.translation import gettext as _
from django.views.decorators.csp import csp_override
from unfold.sites import UnfoldAdminSite

# Unfold's Alpine.js evaluates expressions from attributes and sets inline styles.
ADMIN_CSP: dict[str, list[str]] = {
    **settings.SECURE_CSP,
    "script-src": [CSP.SELF, CSP.UNSAFE_INLINE, CSP.UNSAFE_EVAL],
    "style-src": [CSP.SELF, CSP.UNSAFE_INLINE],
    "img-src": [*settings.SECURE_CSP["img-src"], "data:"],
}


class ShopAdminConfig(AdminConfig):
    default_site = "dostshop.admin_site.ShopAdminSite"


class ShopAdminSite(UnfoldAdminSite):
    def admin_view(self, view: Callable[..., HttpResponse], cacheable: bool = False) -> Callable[..., HttpResponse]:
        wrapped: Callable[..., HttpResponse] = csp_override(ADMIN_CSP)(super().admin_view(view, cacheable))
        return wrapped


def environment(request: HttpRequest) -> list[Any]:
    return [_("Demo"), "warning"] if settings.DEMO else []
