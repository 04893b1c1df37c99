"""The steps of a product's page, what it still lacks, what its instructor said of it, and what was decided."""

from datetime import datetime
from typing import Any, ClassVar, NamedTuple

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import Count, Q
from django.forms import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import INPUT_CLASSES, UnfoldAdminTextareaWidget

from catalog import previews, publishing, voice_notes
from catalog.admin.bulk import APPROVE, ARCHIVE, PUBLISH, TAKE_BACK, ChangesManyAdmin
from catalog.models import Product, ProductEvent
from catalog.publishing import Gap
from dostshop import money
from dostshop.admin import Step, StepForm, signed_in
from dostshop.admin_site import Waiting
from dostshop.dates import day_and_time
from dostshop.locks import Busy
from dostshop.translated import lacking

# The version that the page shows goes with its dialogs.
WITH_SEEN = {"hx-include": "#seen"}
# For each gap: the part of the page where it is closed, and what to do there.
REMEDIES = {
    Gap.NAME: ("id_name_az", _("Type it under “name”, in the tab “az”.")),
    Gap.TEXT: ("id_description_az", _("Write it under “description”, in the tab “az”.")),
    Gap.PHOTO: ("photos-group", _("Add one under “photos”.")),
    Gap.ALT: ("photos-group", _("Say of each photo, in Azerbaijani, what can be seen in it.")),
    Gap.PERSON: ("photos-group", _("Say yes or no at each photo.")),
    Gap.PRICE: ("variants-group", _("Add one under “variants”.")),
    Gap.WEIGHT: ("id_weight_g", _("Weigh the piece as it is packed for the post.")),
    Gap.MAKER: ("makers-group", _("Name whoever made it under “makers”.")),
    Gap.FACE: ("photos-group", _("Record a consent for the face, name who is visible, or choose another photo.")),
}
# Which stops nobody from publishing: what was sold is shown too.
ON_SHELF = (
    "variants-group",
    _("Without one it is shown as sold. Receive pieces under “variants”."),
    _("a piece on the shelf"),
)


def _line(event: ProductEvent) -> tuple[str, str, str, str, str]:
    who = event.actor.get_full_name() if event.actor else gettext("the shop by itself")
    reason = f": {event.reason}" if event.reason else ""
    return event.at.isoformat(), day_and_time(event.at), event.get_kind_display(), who, reason


def possible_steps(product: Product) -> set[str]:
    """The steps that follow from the product's state now."""
    states = {
        "approve": Product.State.APPROVED,
        "ask_changes": Product.State.CHANGES_ASKED,
        "publish": Product.State.PUBLISHED,
        "publish_at": Product.State.PUBLISHED,
        "take_back": Product.State.DRAFT,
        "archive": Product.State.ARCHIVED,
    }
    possible = {step for step, state in states.items() if state in Product.TRANSITIONS[product.state]}
    # Sooner, or on another day.
    return possible | {"publish", "publish_at"} if product.is_to_come else possible


class _Waits(NamedTuple):
    """Products that wait for somebody: which those are, and how the list finds them."""

    title: str
    which: Any
    query: dict[str, str]


class DecisionDialog(StepForm):
    """On what the page showed, or where that is not known, on what there is now."""

    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        product = admin.site.get_model_admin(Product).get_object(self.request, str(self.object_id))
        if product is None:
            raise Http404
        now = publishing.version(product.pk)
        self.fields["seen"].initial = now if self.is_bound else self.request.GET.get("seen", now)


class AskChangesDialog(DecisionDialog):
    reason = forms.CharField(
        label=_("what is to be changed"),
        help_text=_("The instructor reads it in the studio."),
        max_length=2000,
        widget=UnfoldAdminTextareaWidget,
    )


class PublishAtDialog(DecisionDialog):
    at = forms.DateTimeField(
        label=_("day and time"),
        help_text=_("In Baku."),
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local", "class": " ".join(INPUT_CLASSES)}, format="%Y-%m-%dT%H:%M"
        ),
    )

    def clean_at(self) -> datetime:
        at: datetime = self.cleaned_data["at"]
        if at <= timezone.now():
            raise ValidationError(gettext("Choose a time that lies ahead."))
        return at


class SteppedProductAdmin(ChangesManyAdmin):
    refusals: ClassVar = {
        publishing.NotReady: None,
        publishing.NotNow: None,
        Busy: _("Somebody else is at work on it at this moment. Try again."),
    }
    change_form_outer_before_template = "admin/catalog/seen.html"
    # What the instructor said; shown where there is such a person.
    from_the_studio = (
        _("From the studio"),
        {"fields": ("words", "voice_note", ("suggested_price", "pieces", "instructor"))},
    )

    def get_urls(self) -> list[URLPattern]:
        voice_note = self.admin_site.admin_view(self.play_voice_note)
        return [path("<int:pk>/voice-note/", voice_note, name="catalog_product_voice_note"), *super().get_urls()]

    def waiting(self, request: HttpRequest) -> list[Waiting]:
        if not self.has_change_permission(request):
            return []
        products = self.seen_by(signed_in(request), Product.objects.exclude(state=Product.State.ARCHIVED))
        waits = self._waits(publishes=self.has_publishing_permission(request))
        counting = {f"of_{number}": Count("pk", filter=one.which) for number, one in enumerate(waits)}
        counts = products.aggregate(**counting)
        page = "admin:catalog_product_changelist"
        return [
            Waiting(one.title, counts[f"of_{number}"], reverse(page, query=one.query))
            for number, one in enumerate(waits)
        ]

    def _waits(self, *, publishes: bool) -> list[_Waits]:
        submitted, alt = Product.State.SUBMITTED, Gap.ALT
        found = [
            _Waits(
                gettext("Pieces with a photo without alternative text"),
                publishing.condition_of(alt),
                {"state": "current", "missing": alt.value},
            ),
            *(
                _Waits(
                    gettext("Pieces with texts that are not translated: %(language)s") % {"language": name},
                    lacking(Product, code),
                    {"state": "current", "untranslated": code},
                )
                for code, name in settings.LANGUAGES
                if code != settings.LANGUAGE_CODE
            ),
        ]
        to_review = _Waits(gettext("Pieces to review"), Q(state=submitted), {"state": submitted.value})
        return [to_review, *found] if publishes else found

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        product: Product | None = kwargs.get("obj")
        if product and self.has_publishing_permission(request):
            context["seen"] = publishing.version(product.pk)
        page: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return page

    def get_actions_detail(self, request: HttpRequest, object_id: int | str) -> list[Any]:
        """What follows from the state. A step that no longer does is refused with its reason."""
        actions = super().get_actions_detail(request, object_id)
        product = self.get_object(request, str(object_id)) if actions else None
        possible = possible_steps(product) if product else set()
        return [one for one in actions if one.method.__name__ in possible]

    @display(description=_("what publishing still needs"))
    def what_is_missing(self, product: Product) -> SafeString | str:
        steps = [(*REMEDIES[gap], gap.label) for gap in publishing.gaps(product.pk)]
        if not product.is_in_shop and product.is_counted and not getattr(product, "on_hand", 1):
            steps.append(ON_SHELF)
        if not steps:
            return gettext("Nothing is missing.")
        lines = format_html_join(
            "",
            '<li><a class="underline" href="#{}">{}</a>. {}</li>',
            ((place, label, what_to_do) for place, what_to_do, label in steps),
        )
        return format_html('<ul class="list-disc pl-5">{}</ul>', lines)

    def get_view_on_site_url(self, obj: Any = None) -> str | None:
        """Its page, or what that will be; what was archived without a name never had one."""
        if obj is None:
            return None
        return previews.address(obj) or (obj.get_absolute_url() if obj.slug else None)

    @display(description=_("how it will look"))
    def preview(self, product: Product) -> SafeString | str:
        """A link to open, and to copy for somebody who does not sign in."""
        address = previews.address(product)
        if not address:
            return ""
        how_long = gettext("Whoever has it sees the page: for 7 days, and until the piece is published or taken back.")
        return format_html(
            '<a class="underline" href="{}">{}</a><input class="{}" value="{}" aria-label="{}" readonly><p>{}</p>',
            *(address, gettext("Show how it will look in the shop")),
            *(" ".join(INPUT_CLASSES), address, gettext("The same as a link, to send to somebody"), how_long),
        )

    @display(description=_("shown from"))
    def shown_from(self, product: Product) -> str:
        return day_and_time(product.published_at) if product.published_at else ""

    @display(description=_("a few words"))
    def words(self, product: Product) -> str:
        return product.proposal.words

    @display(description=_("suggested price"))
    def suggested_price(self, product: Product) -> str:
        return money.text(product.proposal.price) if product.proposal.price else ""

    @display(description=_("how many pieces"))
    def pieces(self, product: Product) -> int:
        return product.proposal.pieces

    @display(description=_("instructor"))
    def instructor(self, product: Product) -> str:
        return product.proposal.instructor.get_full_name() if product.proposal.instructor else ""

    @display(description=_("voice note"))
    def voice_note(self, product: Product) -> SafeString | str:
        if not product.proposal.voice_note:
            return ""
        address = reverse(f"{self.admin_site.name}:catalog_product_voice_note", args=[product.pk])
        label = gettext("voice note")
        return format_html('<audio controls preload="none" src="{}" aria-label="{}"></audio>', address, label)

    @display(description=_("what happened"))
    def history(self, product: Product) -> SafeString | str:
        """Its steps, the last one first."""
        lines = format_html_join(
            "",
            '<li><time datetime="{}">{}</time> · {} · {}{}</li>',
            (_line(event) for event in product.events.select_related("actor").order_by("-pk")),
        )
        return format_html('<ol class="flex flex-col gap-1">{}</ol>', lines) if lines else ""

    def play_voice_note(self, request: HttpRequest, pk: int) -> HttpResponse:
        """From the private storage, for whoever may look at the product."""
        product = self.get_object(request, str(pk))
        if product is None or not self.has_view_permission(request, product):
            raise Http404
        return voice_notes.response(product.pk, wanted=request.headers.get("Range", ""))

    @action(
        description=pgettext_lazy("of a piece", "Approve"),
        permissions=["publishing"],
        attrs=WITH_SEEN,
        dialog={
            "title": _("Is this piece right for the shop?"),
            "description": _("Approved, it waits to be published."),
            "form_class": DecisionDialog,
            "form_submit_text": pgettext_lazy("of a piece", "Approve"),
        },
    )
    def approve(self, request: HttpRequest, form: DecisionDialog, object_id: str) -> HttpResponse:
        seen = form.cleaned_data["seen"]
        step = Step(lambda product, actor: publishing.approve(product.pk, actor=actor, seen=seen), done=APPROVE.done)
        return self.run_on_one(request, object_id, step, form=form)

    @action(
        description=_("Ask for changes"),
        permissions=["publishing"],
        attrs=WITH_SEEN,
        dialog={
            "title": _("Ask the instructor for changes?"),
            "description": _("It goes back to the studio with what you write here."),
            "form_class": AskChangesDialog,
            "form_submit_text": _("Ask"),
        },
    )
    def ask_changes(self, request: HttpRequest, form: AskChangesDialog, object_id: str) -> HttpResponse:
        reason, seen = form.cleaned_data["reason"], form.cleaned_data["seen"]
        step = Step(
            lambda product, actor: publishing.ask_changes(product.pk, actor=actor, reason=reason, seen=seen),
            done=_("Changes asked"),
        )
        return self.run_on_one(request, object_id, step, form=form)

    @action(
        description=_("Publish"),
        permissions=["publishing"],
        variant=ActionVariant.PRIMARY,
        attrs=WITH_SEEN,
        dialog={
            "title": _("Publish this product?"),
            "description": _("It is shown in the shop from now on."),
            "form_class": DecisionDialog,
            "form_submit_text": _("Publish"),
        },
    )
    def publish(self, request: HttpRequest, form: DecisionDialog, object_id: str) -> HttpResponse:
        seen = form.cleaned_data["seen"]
        step = Step(lambda product, actor: publishing.publish(product.pk, actor=actor, seen=seen), done=PUBLISH.done)
        return self.run_on_one(request, object_id, step, form=form)

    @action(
        description=_("Publish later"),
        permissions=["publishing"],
        attrs=WITH_SEEN,
        dialog={
            "title": _("Publish this product later?"),
            "description": _("It is shown in the shop from that moment on, and can be taken back before."),
            "form_class": PublishAtDialog,
            "form_submit_text": _("Publish later"),
        },
    )
    def publish_at(self, request: HttpRequest, form: PublishAtDialog, object_id: str) -> HttpResponse:
        at, seen = form.cleaned_data["at"], form.cleaned_data["seen"]
        done = gettext("To be published on %(day)s") % {"day": day_and_time(at)}
        step = Step(lambda product, actor: publishing.publish(product.pk, actor=actor, at=at, seen=seen), done=done)
        return self.run_on_one(request, object_id, step, form=form)

    @action(
        description=_("Take back as a draft"),
        permissions=["publishing"],
        dialog={
            "title": _("Take this product back as a draft?"),
            "description": _("The shop stops showing it until it is published again."),
            "form_submit_text": _("Take back"),
        },
    )
    def take_back(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        return self.run_on_one(request, object_id, TAKE_BACK)

    @action(
        description=_("Archive"),
        permissions=["publishing"],
        dialog={
            "title": _("Archive this product?"),
            "description": _("It leaves the shop for good, and its address says that the piece is gone."),
            "form_submit_text": _("Archive"),
        },
    )
    def archive(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        return self.run_on_one(request, object_id, ARCHIVE)
