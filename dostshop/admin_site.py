"""The admin's site: Unfold's, with a content security policy of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable
from urllib.parse import urlencode

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.csp import CSP
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext
from django.views.decorators.csp import csp_override
from unfold.sites import UnfoldAdminSite

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# Unfold's Alpine.js evaluates expressions from attributes and sets inline styles.
ADMIN_CSP: dict[str, list[str]] = {
    **settings.SECURE_CSP,
    "script-src": [CSP.SELF, CSP.UNSAFE_INLINE, CSP.UNSAFE_EVAL],
    "style-src": [CSP.SELF, CSP.UNSAFE_INLINE],
    "img-src": [*settings.SECURE_CSP["img-src"], "data:"],
    # Voice notes of instructors.
    "media-src": [CSP.SELF],
}


# Unfold speaks neither Azerbaijani nor Russian. Named here, its words are collected and translated with the shop's.
UNFOLD_WORDS = (
    gettext_noop("Type to search"),
    gettext_noop("Search apps and models..."),
    gettext_noop("Recent searches"),
    gettext_noop("Nothing matched your search"),
    gettext_noop("Navigate"),
    gettext_noop("Select"),
    gettext_noop("No results found"),
    gettext_noop("This page yielded into no results."),
    gettext_noop("Reset filters"),
    gettext_noop("Apply Filters"),
    gettext_noop("Date"),
    gettext_noop("Select value"),
    gettext_noop("Select action"),
    gettext_noop("Select action to run"),
    gettext_noop("Select record"),
    gettext_noop("Run the selected action"),
    gettext_noop("Submit"),
    gettext_noop("Previous"),
    gettext_noop("General"),
    gettext_noop("Go back"),
    gettext_noop("All applications"),
    gettext_noop("True"),
    gettext_noop("False"),
    gettext_noop("Dark"),
    gettext_noop("Light"),
    gettext_noop("System"),
    gettext_noop("Return to site"),
    gettext_noop("Choose file to upload"),
    gettext_noop("Image preview"),
    gettext_noop("Record picture"),
    gettext_noop("Click to download"),
    gettext_noop("Click to cancel"),
    gettext_noop("This item will be deleted."),
    gettext_noop("Add row"),
    gettext_noop("Toggle password visibility"),
    gettext_noop("Available shortcuts"),
    gettext_noop("Global shortcuts"),
    gettext_noop("Changelist shortcuts"),
    gettext_noop("Command tool shortcuts"),
    gettext_noop("Create new record"),
    gettext_noop("Open command tool"),
    gettext_noop("Open selection"),
    gettext_noop("Open selection in new tab"),
    gettext_noop("Open shortcuts list"),
    gettext_noop("Toggle dark/light mode"),
    gettext_noop("Toggle filter"),
    gettext_noop("Toggle sidebar"),
    gettext_noop("After you've created a user, you’ll be able to edit more user options."),
    gettext_noop(
        'Are you sure you want to delete the %(object_name)s "%(escaped_object)s"? '
        "All of the following related items will be deleted:"
    ),
    gettext_noop(
        "Deleting the %(object_name)s '%(escaped_object)s' would require deleting "
        "the following protected related objects:"
    ),
    gettext_noop(
        "Deleting the %(object_name)s '%(escaped_object)s' would result in deleting related objects, "
        "but your account doesn't have permission to delete the following types of objects:"
    ),
    # Django speaks both, and bends no noun: “Daha bir Foto”, “еще один Фото”.
    gettext_noop("Add another %(verbose_name)s"),
)


class ShopAdminConfig(AdminConfig):
    default_site = "dostshop.admin_site.ShopAdminSite"


@dataclass(frozen=True)
class Waiting:
    """Work that waits for a person: what, how much of it, and where it is done."""

    title: "StrOrPromise"
    count: int
    link: str


@runtime_checkable
class Asked(Protocol):
    """A page of the admin that knows of work."""

    def waiting(self, request: HttpRequest) -> list[Waiting]:
        """What waits for this person, in one query for each; nothing for whoever may not do it."""


@dataclass(frozen=True)
class Bar:
    name: "StrOrPromise"
    # As it is read.
    amount: str
    # Percent of the longest.
    length: int


@dataclass(frozen=True)
class Chart:
    """A table of amounts, each with a bar; ``heading`` says of what each row is."""

    title: "StrOrPromise"
    heading: "StrOrPromise"
    bars: list[Bar]


@runtime_checkable
class Charted(Protocol):
    """A page of the admin that knows how things go."""

    def charts(self, request: HttpRequest) -> list[Chart]:
        """What this person may know of it."""


class ShopAdminSite(UnfoldAdminSite):
    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Begins with what waits for whoever asks, and ends with how things go."""
        asked = [page for page in self._registry.values() if isinstance(page, Asked)]
        waiting = [one for page in asked for one in page.waiting(request) if one.count]
        charted = [page for page in self._registry.values() if isinstance(page, Charted)]
        charts = [chart for page in charted for chart in page.charts(request) if chart.bars]
        context = {"waiting": waiting, "charts": charts, **(extra_context or {})}
        response: TemplateResponse = super().index(request, context)
        return response

    def get_urls(self) -> list[URLResolver | URLPattern]:
        urls: list[URLResolver | URLPattern] = [
            url for url in super().get_urls() if getattr(url, "name", None) != "view_on_site"
        ]
        mine = path("r/<int:content_type_id>/<path:object_id>/", self.admin_view(self.on_site), name="view_on_site")
        return [mine, *urls]

    def on_site(self, request: HttpRequest, content_type_id: int, object_id: str) -> HttpResponse:
        """From a row to its page in the shop, for whoever may see the row; an order's address would be its key."""
        kind = apps.get_model("contenttypes.ContentType").objects.filter(pk=content_type_id).first()
        page = self._registry.get(kind.model_class()) if kind else None
        row = page.get_object(request, object_id) if page else None
        if page is None or row is None or not page.has_view_permission(request, row):
            raise Http404
        if page.view_on_site is not True or not hasattr(row, "get_absolute_url"):
            raise Http404
        return redirect(row.get_absolute_url())

    def admin_view(self, view: Callable[..., HttpResponse], cacheable: bool = False) -> Callable[..., HttpResponse]:
        wrapped: Callable[..., HttpResponse] = csp_override(ADMIN_CSP)(super().admin_view(view, cacheable))
        return wrapped

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """By the shop's own door, with its limits on guessing; whoever is in and is no staff is refused."""
        if self.has_permission(request):
            return redirect("admin:index")
        if request.user.is_authenticated:
            raise PermissionDenied
        wanted = request.GET.get(REDIRECT_FIELD_NAME) or reverse("admin:index")
        return redirect(f"{resolve_url(settings.LOGIN_URL)}?{urlencode({REDIRECT_FIELD_NAME: wanted}, safe='/')}")


def mark(request: HttpRequest) -> str:
    return static("img/mark.svg")


def style(request: HttpRequest) -> str:
    return static("admin/unfold.css")


def script(request: HttpRequest) -> str:
    return static("admin/unfold.js")


def environment(request: HttpRequest) -> list[Any]:
    return [_("Demo"), "warning"] if settings.DEMO else []


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The sidebar: what this person may open, in the order of a working day."""
    sections: list[tuple[str, list[tuple[str, str, str]]]] = [
        (
            _("Orders"),
            [
                (_("Orders"), "orders.order", "receipt_long"),
                (_("Invoices"), "orders.invoice", "request_quote"),
                (_("Returns"), "orders.return", "assignment_return"),
                (_("Refunds"), "orders.refund", "currency_exchange"),
                (_("Stock"), "catalog.variant", "inventory_2"),
                (_("Holds"), "orders.hold", "hourglass_top"),
                (_("Bags"), "orders.bag", "shopping_bag"),
                (_("Delivery methods"), "orders.deliverymethod", "local_shipping"),
                (_("Holidays"), "orders.holiday", "event_busy"),
                (_("Payment events"), "orders.providerevent", "webhook"),
                (_("Comparisons with providers"), "orders.reconciliation", "balance"),
            ],
        ),
        (
            _("Catalogue"),
            [
                (_("Products"), "catalog.product", "potted_plant"),
                (_("Collections"), "catalog.collection", "collections_bookmark"),
                (_("Crafts"), "catalog.craft", "category"),
                (_("Import and export"), "exchange.import", "swap_vert"),
            ],
        ),
        (
            _("Makers"),
            [
                (_("Artisans"), "artisans.artisan", "palette"),
                (_("Consents"), "artisans.consent", "handshake"),
                (_("Signed forms"), "artisans.consentform", "draw"),
                (_("Withdrawals"), "artisans.withdrawal", "undo"),
                (_("Private records"), "artisans.artisanprivate", "lock"),
                (pgettext("buyers' words", "Thanks"), "artisans.thanks", "chat_bubble"),
                (_("Branches"), "artisans.branch", "storefront"),
                (_("Words of pity"), "artisans.pityword", "spellcheck"),
            ],
        ),
        (
            _("Earnings"),
            [
                (_("Payouts"), "artisans.payout", "payments"),
                (_("Statements"), "artisans.statement", "description"),
                (_("Ledger"), "artisans.ledgerentry", "account_balance"),
                (_("Earnings rules"), "artisans.earningsrule", "pie_chart"),
            ],
        ),
        (
            _("Shop"),
            [
                (_("Information pages"), "pages.page", "article"),
                (_("Users"), "accounts.user", "group"),
                (_("Groups"), "auth.group", "admin_panel_settings"),
                (_("Background work"), "background.job", "manufacturing"),
            ],
        ),
    ]
    # The first three are pages of the shop, made for a phone.
    work = [
        (_("Work list"), "work:list", "checklist", "orders.change_order"),
        (_("Counter"), "work:counter", "storefront", "orders.change_order"),
        (_("What delivery costs"), "work:delivery", "calculate", "orders.change_order"),
        (_("To review"), "admin:catalog_review", "rule", "artisans.view_consent"),
        (_("Due to makers"), "admin:artisans_payout_due", "savings", "artisans.pay_payout"),
        (_("Payouts to hand out"), "admin:artisans_payout_to_pay", "payments", "artisans.pay_payout"),
    ]
    items = [
        {"title": title, "icon": icon, "link": reverse(name)}
        for title, name, icon, right in work
        if request.user.has_perm(right)
    ]
    items.append({"title": _("Guide for staff"), "icon": "menu_book", "link": reverse("work:guide")})
    shown: list[dict[str, Any]] = [{"title": _("Work"), "separator": True, "items": items}]
    for title, pages in sections:
        items = [_item(*page) for page in pages if _may_open(request, page[1])]
        if items:
            shown.append({"title": title, "separator": True, "items": items})
    return shown


def _may_open(request: HttpRequest, label: str) -> bool:
    return admin.site.get_model_admin(apps.get_model(label)).has_view_or_change_permission(request)


def _item(title: str, label: str, icon: str) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse(f"admin:{label.replace('.', '_')}_changelist")}
