"""What only authorised staff see of a maker, on a page of its own: nothing of it stands on a page that others open.

Branch staff keep who their makers are; whoever pays sees where the money goes to and no more of the person; what is
watched for a maker's sake is for the Centre's staff alone.
"""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import flatten
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import RelatedDropdownFilter

from artisans.admin.payouts import WatchedFilter
from artisans.forms import PrivateRecordForm
from artisans.models import ArtisanPrivate, Consent
from dostshop.accounts.models import branches_seen_by, has_perm_everywhere
from dostshop.admin import OfOwnBranch, in_every_language, signed_in
from dostshop.locks import Busy, short_transaction

IDENTITY = ("artisan", "legal_name")
PERSON = (("phone", "email"), "representative")


@admin.register(ArtisanPrivate)
class ArtisanPrivateAdmin(OfOwnBranch):
    form = PrivateRecordForm
    branch_lookups = ("artisan__branch",)
    list_display = ("legal_name", "artisan", "branch")
    list_select_related = ("artisan__branch",)
    search_fields = ("legal_name", "artisan__code", *in_every_language("artisan__display_name"))
    autocomplete_fields = ("artisan",)

    @admin.display(description=gettext_lazy("branch"), ordering="artisan__branch")
    def branch(self, record: ArtisanPrivate) -> str:
        return str(record.artisan.branch)

    def has_view_permission(self, request: HttpRequest, obj: ArtisanPrivate | None = None) -> bool:
        return _pays(request) or super().has_view_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: ArtisanPrivate | None = None) -> bool:
        return _pays(request) or super().has_change_permission(request, obj)

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [("artisan__branch", RelatedDropdownFilter), *([WatchedFilter] if self._watches(request) else [])]

    def get_fields(self, request: HttpRequest, obj: ArtisanPrivate | None = None) -> tuple[str | tuple[str, ...], ...]:
        knows = super().has_view_permission(request, obj)
        watches = self._watches(request)
        return (
            *IDENTITY,
            *(("birth_date",) if knows else ()),
            *(("saw_document",) if obj and obj.is_known_minor and super().has_change_permission(request, obj) else ()),
            *(PERSON if knows else ()),
            *(("payout_details",) if _pays(request) else ()),
            *(("payouts_paused",) if _pays(request) or watches else ()),
            *(("monthly_threshold",) if watches else ()),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: ArtisanPrivate | None = None) -> tuple[str, ...]:
        """The record is the maker's for good: its key is the maker."""
        if super().has_change_permission(request, obj):
            return ("artisan",) if obj else ()
        return (*IDENTITY, "birth_date", "phone", "email", "representative", "monthly_threshold")

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """By what of the record this person sees: whoever may ask whether a field is above 100 knows it."""
        hidden = {field.name for field in self.opts.fields} - set(flatten(self.get_fields(request)))
        return lookup.partition("__")[0] not in hidden and super().lookup_allowed(lookup, value, request)

    def get_deleted_objects(
        self, objs: Sequence[ArtisanPrivate] | QuerySet[ArtisanPrivate], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """The birth date is what consents were checked against: it stays while they do, as the database sees to."""
        going, counts, lacking, protected = super().get_deleted_objects(objs, request)
        makers = [record.pk for record in objs]
        if request.method == "POST":
            try:
                _hold(makers)
            except Busy:
                return going, counts, lacking, [*protected, _("Somebody else works on this maker. Please try again.")]
        standing = Consent.objects.filter(artisan__in=makers, withdrawn_at=None)
        consents = [f"{consent.artisan}: {consent}" for consent in standing.select_related("artisan")]
        return going, counts, lacking, [*protected, *consents]

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[ArtisanPrivate], **options: Any
    ) -> HttpResponseBase | None:
        """In one transaction, as the page of a record: what was looked at stays so until it is deleted."""
        with transaction.atomic():
            answer: HttpResponseBase | None = super().response_action(request, queryset, **options)
        return answer

    def _watches(self, request: HttpRequest) -> bool:
        return super().has_view_permission(request) and branches_seen_by(signed_in(request)) is None


def _hold(makers: list[int]) -> None:
    """Until the end of the transaction no consent is given by them. Raises Busy."""
    with short_transaction():
        list(ArtisanPrivate.objects.select_for_update(of=("self",)).filter(pk__in=makers).order_by("pk"))


def _pays(request: HttpRequest) -> bool:
    return has_perm_everywhere(signed_in(request), "artisans.pay_payout")
