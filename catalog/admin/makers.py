"""The makers with their portraits. Pictures are this app's work, so the page is here and not with the makers."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import BooleanRadioFilter, RelatedDropdownFilter
from unfold.decorators import action

from artisans import consent_documents, consent_wording
from artisans.admin.consents import ConsentInline
from artisans.admin.pity import WarnsOfPity
from artisans.admin.statements import may_see, statements_page
from artisans.consent import NotAllowed
from artisans.forms import RecordForm
from artisans.models import Artisan, ArtisanPhoto, ArtisanPrivate, ConsentForm, PublicArtisan
from catalog import review, tasks
from catalog.admin.maker_form import MakerForm
from catalog.admin.pictures import PictureInline
from catalog.admin.withdrawals import withdraw_page
from dostshop.admin import OfOwnBranch, TranslatedAdmin, UntranslatedFilter, in_every_language, signed_in
from dostshop.translated import by_alphabet


class PortraitInline(PictureInline):
    """A face, for those who may see what its owner agreed to."""

    model = ArtisanPhoto

    def _may(self, request: HttpRequest, action: str) -> bool:
        return signed_in(request).has_perm("artisans.view_consent") and super()._may(request, action)


@admin.register(Artisan)
class ArtisanAdmin(WarnsOfPity, OfOwnBranch, TranslatedAdmin):
    form = MakerForm
    texts = ("story", "affiliation")
    list_display = ("__str__", "code", "branch", "is_public")
    list_filter = (
        ("branch", RelatedDropdownFilter),
        ("is_public", BooleanRadioFilter),
        UntranslatedFilter,
    )
    list_select_related = ("branch",)
    search_fields = ("code", "slug", *in_every_language("display_name"))
    autocomplete_fields = ("branch",)
    prepopulated_fields = {"slug": ("display_name",)}
    fields = ("branch", "display_name", "slug", "story", "place", "affiliation", "is_public", "last_withdrawal")
    inlines = (PortraitInline, ConsentInline)
    actions_detail = ("record_consent", "withdraw", "private_record", "statements")

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        return [by_alphabet("display_name").asc(), "code"]

    def save_model(self, request: HttpRequest, obj: Artisan, form: Any, change: bool) -> None:
        if change and "slug" in form.changed_data:
            obj.remember_address(form.initial["slug"])
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        artisan = form.instance
        has_new_portrait = any(formset.model is ArtisanPhoto and formset.has_changed() for formset in formsets)
        if has_new_portrait and review.unshown_portraits().filter(artisan=artisan).exists():
            sentence = _("The picture is not shown until the maker agrees to it: {link}.")
            address = reverse(f"{self.admin_site.name}:artisans_artisan_record_consent", args=[artisan.pk])
            link = format_html('<a class="underline" href="{}">{}</a>', address, _("Record a consent"))
            messages.warning(request, format_html(sentence, link=link))

    def delete_model(self, request: HttpRequest, obj: Artisan) -> None:
        _discard_portraits(Artisan.objects.filter(pk=obj.pk))
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Artisan]) -> None:
        _discard_portraits(queryset)
        super().delete_queryset(request, queryset)

    def view_on_site(self, artisan: Artisan) -> str | None:
        """The maker's page in the shop, where the consents allow one."""
        shown = PublicArtisan.objects.on_site().filter(pk=artisan.pk).first()
        return shown.get_absolute_url() if shown else None

    def has_record_consent_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return signed_in(request).has_perm("artisans.add_consentform")

    @action(description=gettext_lazy("Record a consent"), permissions=["record_consent"], url_path="consent")
    def record_consent(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """From the signed form, scanned."""
        artisan = self.get_object(request, object_id)
        if artisan is None:
            raise Http404
        private = ArtisanPrivate.objects.filter(pk=artisan.pk).first()
        of_minor = private is not None and private.is_known_minor
        if request.method != "POST":
            form = RecordForm(initial=_as_proposed(private, request), of_minor=of_minor)
            return self._record_page(request, artisan, form, private)
        form = RecordForm(request.POST, request.FILES, of_minor=of_minor)
        if form.is_valid():
            try:
                form.record(artisan.pk, by=signed_in(request))
            except NotAllowed as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("The consent is recorded."))
                return redirect(f"{self.admin_site.name}:artisans_artisan_change", artisan.pk)
        return self._record_page(request, artisan, form, private)

    def has_withdraw_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return signed_in(request).has_perm("artisans.add_withdrawal")

    @action(description=gettext_lazy("Take back consents"), permissions=["withdraw"], url_path="withdraw")
    def withdraw(self, request: HttpRequest, object_id: str) -> HttpResponse:
        artisan = self.get_object(request, object_id)
        if artisan is None:
            raise Http404
        return withdraw_page(request, self.admin_site, artisan)

    def has_statements_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return may_see(request)

    @action(description=gettext_lazy("Statements"), permissions=["statements"], url_path="statements")
    def statements(self, request: HttpRequest, object_id: str) -> HttpResponse:
        artisan = self.get_object(request, object_id)
        if artisan is None:
            raise Http404
        return statements_page(request, self.admin_site, artisan)

    def has_private_record_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return signed_in(request).has_perms(["artisans.add_artisanprivate", "artisans.change_artisanprivate"])

    @action(description=gettext_lazy("Private record"), permissions=["private_record"], url_path="private-record")
    def private_record(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The one that there is, or an empty one to fill in."""
        artisan = self.get_object(request, object_id)
        if artisan is None:
            raise Http404
        record = f"{self.admin_site.name}:artisans_artisanprivate"
        if ArtisanPrivate.objects.filter(pk=artisan.pk).exists():
            return redirect(f"{record}_change", artisan.pk)
        return redirect(reverse(f"{record}_add", query={"artisan": artisan.pk}))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.form_to_sign)
        return [path("<int:pk>/consent/form/", view, name="artisans_artisan_form_to_sign"), *super().get_urls()]

    def form_to_sign(self, request: HttpRequest, pk: int) -> HttpResponse:
        """To be printed: ``?language=``, and ``?easy=1`` for the one with pictures."""
        artisan = self.get_object(request, str(pk))
        if artisan is None or not self.has_record_consent_permission(request):
            raise Http404
        language = _language(request)
        private = ArtisanPrivate.objects.filter(pk=pk).first()
        paper = consent_documents.to_sign(artisan, private, language=language)
        return consent_documents.pdf_response(paper, language=language, easy="easy" in request.GET)

    def _record_page(
        self, request: HttpRequest, artisan: Artisan, form: RecordForm, private: ArtisanPrivate | None
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Record a consent: %(maker)s") % {"maker": artisan},
            "form": form,
            "languages": settings.LANGUAGES,
            "form_to_sign": reverse(f"{self.admin_site.name}:artisans_artisan_form_to_sign", args=[artisan.pk]),
            "is_age_known": private is not None and private.birth_date is not None,
            "private_record": reverse(f"{self.admin_site.name}:artisans_artisan_private_record", args=[artisan.pk]),
        }
        return render(request, "admin/artisans/record_consent.html", context)


def _discard_portraits(artisans: QuerySet[Artisan]) -> None:
    for portrait in ArtisanPhoto.objects.filter(artisan__in=artisans):
        tasks.discard_later(portrait)


def _as_proposed(private: ArtisanPrivate | None, request: HttpRequest) -> dict[str, Any]:
    """What a form says where nobody worded it otherwise, in the language that ``?language=`` asks for."""
    language = _language(request)
    of_minor = private is not None and private.is_known_minor
    today = timezone.localdate()
    return {
        **asdict(consent_wording.contents(private, language=language)),
        "signed_on": today,
        "valid_from": today,
        "valid_until": today + timedelta(days=364),
        "language": language,
        "explained": ConsentForm.Explained.TEXT,
        "given_by": ConsentForm.GivenBy.BOTH if of_minor else ConsentForm.GivenBy.MAKER,
        "representative": private.representative if private else "",
        "explained_by": signed_in(request).name,
    }


def _language(request: HttpRequest) -> str:
    asked = request.GET.get("language", "")
    return asked if asked in dict(settings.LANGUAGES) else translation.get_language()
