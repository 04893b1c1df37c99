"""The queue: what waits, what is done, what failed. A failed piece of work is run again from here."""

from typing import Any

from django.contrib import admin
from django.db.models import Case, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from procrastinate.contrib.django.models import ProcrastinateJob
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.views import ChangeList

from dostshop.admin import OfOwnBranch, ReadOnly, Step, SteppedAdmin, signed_in
from dostshop.admin_site import Waiting
from dostshop.background import failed, subjects
from dostshop.background.models import STATES, TITLES, Job

RUN_AGAIN = Step(lambda job, _actor: failed.run_again(job.pk), done=_("Will be run again"))
EVENTS = {
    "deferred": pgettext_lazy("background work", "ordered"),
    "started": pgettext_lazy("background work", "begun"),
    "deferred_for_retry": pgettext_lazy("background work", "failed, to be tried again"),
    "failed": STATES["failed"],
    "succeeded": STATES["succeeded"],
    "cancelled": STATES["cancelled"],
    "abort_requested": pgettext_lazy("background work", "to be broken off"),
    "aborted": STATES["aborted"],
    "scheduled": pgettext_lazy("background work", "put off"),
    "retried": pgettext_lazy("background work", "to be run again, on somebody's word"),
}

# The library's own page lets people change what only a worker may.
admin.site.unregister(ProcrastinateJob)


class StateFilter(DropdownFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(state, STATES[state]) for state in ("failed", "todo", "doing", "succeeded")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(status=self.value()) if self.value() in STATES else queryset


class TaskFilter(DropdownFilter):
    title = _("what it does")
    parameter_name = "task"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(TITLES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(task_name=self.value()) if self.value() in TITLES else queryset


class JobList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        # One query for each sort of thing, however many rows.
        told = subjects.of(self.result_list)
        for job in self.result_list:
            job.subject = told[job.pk]


@admin.register(Job)
class JobAdmin(ReadOnly, OfOwnBranch, SteppedAdmin):
    branch_lookups = ()
    refusals = {
        failed.NotFailed: _("It has not failed, so there is nothing to run again."),
        failed.RunsAnyway: _("The same work waits already, so it is done without this."),
    }
    list_display = ("what", "about", "state_in_words", "attempts_made", "next_run", "last_error")
    list_filter = (StateFilter, TaskFilter)
    list_select_related = ("failure",)
    # What failed comes first, and then what is newest.
    ordering = (Case(When(status="failed", then=Value(0)), default=Value(1)), "-pk")
    actions = ("run_chosen_again",)
    actions_detail = ("run_again",)
    fields = readonly_fields = (
        "what",
        "about",
        "state_in_words",
        "attempts_made",
        "next_run",
        "last_error",
        "what_happened",
    )

    def waiting(self, request: HttpRequest) -> list[Waiting]:
        if not (self.has_view_permission(request) and self.has_run_again_permission(request)):
            return []
        count = self.get_queryset(request).filter(status="failed").count()
        link = reverse("admin:background_job_changelist", query={"state": "failed"})
        return [Waiting(_("Background work that failed"), count, link)]

    def get_actions_detail(self, request: HttpRequest, object_id: int | str) -> list[Any]:
        actions = super().get_actions_detail(request, object_id)
        job = self.get_object(request, str(object_id)) if actions else None
        return actions if job and job.status == "failed" else []

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return JobList

    def has_run_again_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return signed_in(request).has_perm("background.change_job")

    @action(
        description=_("Run again"),
        permissions=["run_again"],
        dialog={
            "title": _("Run this again?"),
            "description": _("No money goes back twice. A mail that may have gone already is sent once more."),
            "form_submit_text": _("Run again"),
        },
    )
    def run_again(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        return self.run_on_one(request, object_id, RUN_AGAIN)

    @admin.action(description=_("Run again"), permissions=["run_again"])
    def run_chosen_again(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        self.run(request, chosen, RUN_AGAIN)

    @display(description=_("what it does"), ordering="task_name")
    def what(self, job: Job) -> str:
        return str(job)

    @display(description=pgettext_lazy("background work", "details"))
    def about(self, job: Job) -> str:
        return job.subject if hasattr(job, "subject") else subjects.of([job])[job.pk]

    @display(description=_("state"), ordering="status")
    def state_in_words(self, job: Job) -> str:
        return job.state

    @display(description=_("attempts"), ordering="attempts")
    def attempts_made(self, job: Job) -> int:
        return job.attempts

    @display(description=_("next attempt"), ordering="scheduled_at")
    def next_run(self, job: Job) -> str:
        if job.status != "todo" or job.scheduled_at is None:
            return ""
        return date_format(localtime(job.scheduled_at), "DATETIME_FORMAT")

    @display(description=_("last error"))
    def last_error(self, job: Job) -> str:
        return str(job.failure) if hasattr(job, "failure") else ""

    @display(description=_("what happened"))
    def what_happened(self, job: Job) -> SafeString:
        events = job.procrastinateevent_set.exclude(at=None).order_by("pk")
        told = ((date_format(localtime(event.at), "DATETIME_FORMAT"), EVENTS[event.type]) for event in events)
        return format_html_join("", "<p>{}: {}</p>", told)
