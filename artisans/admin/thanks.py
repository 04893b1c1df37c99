"""What buyers write to makers: to be read by staff, and passed on or not. Nobody edits it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldBooleanWidget

from artisans import thanks
from artisans.models import Thanks
from dostshop.admin import Labelled, OfOwnBranch, ReadOnly, Step, StepForm, SteppedAdmin, in_every_language, signed_in
from dostshop.admin_site import Waiting
from dostshop.locks import Busy

LETTERS_IN_LIST = 80


class ThanksDialog(StepForm):
    """About words that this person sees."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = admin.site.get_model_admin(Thanks).get_object(self.request, str(self.object_id))
        if found is None:
            raise Http404
        self.written: Thanks = found


class PassOnDialog(ThanksDialog):
    """Where the buyer allows it, whether it is shown, too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.written.may_be_public:
            self.fields["is_shown"] = forms.BooleanField(
                label=_("Show it on the maker's page too"),
                help_text=_(
                    "The buyer allows it. Check that it tells nothing of the maker that the page does not: no other "
                    "name, no face, age, town, health or family; and nothing of the buyer."
                ),
                required=False,
                widget=UnfoldBooleanWidget,
            )


@admin.register(Thanks)
class ThanksAdmin(ReadOnly, OfOwnBranch, SteppedAdmin):
    branch_lookups = ("artisans__branch",)
    refusals = {
        thanks.NotPossible: None,
        Busy: _("Somebody else works on these words at this moment. Try again."),
    }
    list_display = ("beginning", "piece", "makers", "state_shown", "may_be_public", "is_shown", "made_at")
    list_filter = (("state", ChoicesDropdownFilter),)
    search_fields = ("words", "order_code", "sku", "artisans__code", *in_every_language("artisans__display_name"))
    # “waiting” is the last of the states by the alphabet.
    ordering = ("-state", "-pk")
    actions_detail = ("pass_on", "decline")
    fieldsets = (
        (None, {"fields": ("words", "look_at")}),
        (
            None,
            {
                "fields": (
                    ("piece", "makers"),
                    ("language", "may_be_public"),
                    ("state", "is_shown"),
                    ("made_at", "order_code"),
                    ("decided_at", "decided_by"),
                )
            },
        ),
    )
    readonly_fields = ("look_at", "makers")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.prefetch_related("artisans")

    def waiting(self, request: HttpRequest) -> list[Waiting]:
        if not (self.has_view_permission(request) and self.has_decisions_permission(request)):
            return []
        unread = self.seen_by(signed_in(request), Thanks.objects.waiting()).count()
        link = reverse("admin:artisans_thanks_changelist", query={"state__exact": Thanks.State.WAITING})
        return [Waiting(gettext("Words of thanks to read"), unread, link)]

    def has_decisions_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return signed_in(request).has_perm("artisans.change_thanks")

    def get_actions_detail(self, request: HttpRequest, object_id: int | str) -> list[Any]:
        """Not the step that was taken last."""
        actions = super().get_actions_detail(request, object_id)
        found = self.get_object(request, str(object_id)) if actions else None
        taken = {Thanks.State.PASSED_ON: "pass_on", Thanks.State.DECLINED: "decline"}.get(found.state) if found else ""
        return [one for one in actions if one.method.__name__ != taken]

    @display(description=_("words"))
    def beginning(self, row: Thanks) -> str:
        return Truncator(row.words).chars(LETTERS_IN_LIST)

    @display(description=_("makers"))
    def makers(self, row: Thanks) -> str:
        return ", ".join(str(artisan) for artisan in row.artisans.all())

    @display(
        description=_("state"),
        ordering="state",
        label={
            Thanks.State.WAITING: "warning",
            Thanks.State.PASSED_ON: "success",
            Thanks.State.DECLINED: "danger",
        },
    )
    def state_shown(self, row: Thanks) -> Labelled:
        return Labelled(row.state, row.get_state_display())

    @display(description=_("look at"))
    def look_at(self, row: Thanks) -> SafeString | str:
        found = thanks.hints(row)
        if not found:
            return gettext("Nothing was found by itself. Read it all the same.")
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((one,) for one in found)))

    @action(
        description=_("Pass on"),
        permissions=["decisions"],
        variant=ActionVariant.PRIMARY,
        dialog={
            "title": _("Pass these words on to the maker?"),
            "description": _("They stand on the maker's next statement, without the buyer's name."),
            "form_class": PassOnDialog,
            "form_submit_text": _("Pass on"),
        },
    )
    def pass_on(self, request: HttpRequest, form: PassOnDialog, object_id: str) -> HttpResponse:
        is_shown = form.cleaned_data.get("is_shown", False)
        step = Step(
            lambda row, actor: thanks.pass_on(row.pk, actor=actor, is_shown=is_shown),
            done=_("Passed on"),
        )
        return self.run_on_one(request, object_id, step, form=form)

    @action(
        description=_("Do not pass on"),
        permissions=["decisions"],
        dialog={
            "title": _("Keep these words from the maker?"),
            "description": _("For what would hurt, or does not belong here. They stand nowhere any more."),
            "form_class": ThanksDialog,
            "form_submit_text": _("Do not pass on"),
        },
    )
    def decline(self, request: HttpRequest, form: ThanksDialog, object_id: str) -> HttpResponse:
        step = Step(lambda row, actor: thanks.decline(row.pk, actor=actor), done=_("Not passed on"))
        return self.run_on_one(request, object_id, step)
