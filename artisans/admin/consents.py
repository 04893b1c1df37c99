"""Consents and the forms that they were signed on: to look at. They are recorded from the page of a maker."""

from datetime import timedelta
from pathlib import PurePath
from typing import Any

from django.contrib import admin
from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from artisans import consent_documents, scans
from artisans.models import Consent, ConsentForm
from dostshop.admin import Labelled, OfOwnBranch, ReadOnly, TableInline, in_every_language

MAKER_NAMES = ("artisan__code", *in_every_language("artisan__display_name"))


class StateFilter(DropdownFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("live", _("in force")),
            ("ending", _("ending within 60 days")),
            ("withdrawn", _("withdrawn")),
            ("ended", _("ended")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "live":
                return queryset.live()
            case "ending":
                return queryset.ending()
            case "withdrawn":
                return queryset.exclude(withdrawn_at=None)
            case "ended":
                return queryset.filter(withdrawn_at=None, valid_until__lt=timezone.localdate())
        return queryset


class ConsentTable:
    """What of a consent is told in a row."""

    @display(
        description=_("state"),
        label={"live": "success", "ending": "warning", "future": "info", "ended": "warning", "withdrawn": "danger"},
    )
    def state(self, consent: Consent) -> Labelled:
        today = timezone.localdate()
        if consent.withdrawn_at:
            return Labelled("withdrawn", gettext("withdrawn"))
        if consent.valid_until < today:
            return Labelled("ended", gettext("ended"))
        if consent.valid_from > today:
            return Labelled("future", gettext("not begun"))
        if consent.valid_until <= today + timedelta(days=Consent.ENDING_DAYS):
            return Labelled("ending", gettext("ending soon"))
        return Labelled("live", gettext("in force"))


class ConsentInline(ConsentTable, TableInline):
    """For whoever may see consents, wherever it stands."""

    model = Consent
    extra = 0
    show_title = False
    can_delete = False
    fields = readonly_fields = ("scope", "channel", "valid_from", "valid_until", "withdrawn_at", "state")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Consent)
class ConsentAdmin(ConsentTable, ReadOnly, OfOwnBranch):
    branch_lookups = ("artisan__branch",)
    list_display = ("artisan", "scope", "channel", "valid_from", "valid_until", "state")
    list_filter = (
        StateFilter,
        ("scope", ChoicesDropdownFilter),
        ("channel", ChoicesDropdownFilter),
        ("artisan__branch", RelatedDropdownFilter),
    )
    list_select_related = ("artisan",)
    search_fields = MAKER_NAMES
    fields = (("artisan", "signed_form"), ("scope", "channel"), ("valid_from", "valid_until"), "withdrawn_at")
    readonly_fields = ("signed_form",)

    @display(description=_("consent form"))
    def signed_form(self, consent: Consent) -> SafeString:
        address = reverse(f"{self.admin_site.name}:artisans_consentform_change", args=[consent.form_id])
        signed = gettext("signed on %(date)s") % {"date": f"{consent.form.signed_on:%d.%m.%Y}"}
        return format_html('<a class="underline" href="{}">{}</a>', address, signed)


@admin.register(ConsentForm)
class ConsentFormAdmin(ReadOnly, OfOwnBranch):
    branch_lookups = ("artisan__branch",)
    list_display = ("artisan", "signed_on", "given_by", "explained", "language", "recorded_by")
    list_filter = (
        ("given_by", ChoicesDropdownFilter),
        ("explained", ChoicesDropdownFilter),
        ("artisan__branch", RelatedDropdownFilter),
    )
    list_select_related = ("artisan", "recorded_by")
    search_fields = MAKER_NAMES
    inlines = (ConsentInline,)
    fieldsets = (
        (None, {"fields": (("artisan", "signed_on"), ("scan", "printed"), ("recorded_by", "recorded_at"))}),
        (
            _("Who signed, and how it was explained"),
            {
                "fields": (
                    ("given_by", "representative"),
                    ("is_institution", "second_signer"),
                    ("explained", "language"),
                    ("explained_by", "witness"),
                )
            },
        ),
        (
            _("What was signed"),
            {"fields": ("subject", "operator", "purpose", "data", "validity", "deletion", "allows_abroad")},
        ),
    )
    readonly_fields = ("scan", "printed")

    def get_urls(self) -> list[URLPattern]:
        scan, paper = self.admin_site.admin_view(self.document), self.admin_site.admin_view(self.paper)
        return [
            path("<int:pk>/document/", scan, name="artisans_consentform_document"),
            path("<int:pk>/paper/", paper, name="artisans_consentform_paper"),
            *super().get_urls(),
        ]

    def document(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The scan, from the private storage."""
        signed = self.get_object(request, str(pk))
        if signed is None or not signed.document or not self.has_view_permission(request, signed):
            raise Http404
        name = str(signed.document.name)
        try:
            file = signed.document.open()
        except FileNotFoundError as error:
            raise Http404 from error
        kept_as = f"consent-{signed.pk}{PurePath(name).suffix}"
        return FileResponse(file, filename=kept_as, content_type=scans.content_type(name))

    def paper(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The form again, filled in from the record, in the language and the way that it was explained."""
        signed = self.get_object(request, str(pk))
        if signed is None or not self.has_view_permission(request, signed):
            raise Http404
        easy = signed.explained == ConsentForm.Explained.EASY_READ
        paper = consent_documents.as_signed(signed)
        return consent_documents.pdf_response(paper, language=signed.language, easy=easy)

    @display(description=_("to print"))
    def printed(self, signed: ConsentForm) -> SafeString:
        address = reverse(f"{self.admin_site.name}:artisans_consentform_paper", args=[signed.pk])
        return format_html('<a class="underline" href="{}">{}</a>', address, gettext("As it is recorded (PDF)"))

    @display(description=_("scanned form"))
    def scan(self, signed: ConsentForm) -> SafeString | str:
        if not signed.document:
            return gettext("none")
        address = reverse(f"{self.admin_site.name}:artisans_consentform_document", args=[signed.pk])
        return format_html('<a class="underline" href="{}">{}</a>', address, gettext("Open the scan"))
