"""Background work as staff see it. The queue's own tables are the library's."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from procrastinate.contrib.django.models import ProcrastinateJob

# What the tasks of the shop do, for people. Named here, though most are of the apps above.
TITLES = {
    "catalog.clear_away": _("delete what a maker took back"),
    "catalog.discard_files": _("delete the files of a picture that is gone"),
    "catalog.forget_proposals": _("delete what instructors said of pieces that have long been in the shop"),
    "catalog.forget_uploads": _("delete photos that never came whole"),
    "catalog.render_picture": _("make the sizes of a picture"),
    "catalog.send_mail": _("send a mail about a piece"),
    "catalog.tell_what_waits": _("tell the Centre what waits for review"),
    "dostshop.tidy_queue": _("tidy up the background work"),
    "exchange.apply_import": _("carry out an import"),
    "exchange.check_import": _("read a file that was brought to import"),
    "exchange.discard_import": _("delete the file of an import"),
    "exchange.forget_imports": _("delete imports that nobody needs any more"),
    "orders.expire": _("look for unpaid orders whose time is over"),
    "orders.expire_at_provider": _("close a payment page that is no longer needed"),
    "orders.expire_order": _("end an unpaid order"),
    "orders.forget_bags": _("delete bags that nobody came back for"),
    "orders.print_invoice": _("print an invoice"),
    "orders.reconcile": _("compare payments with the providers"),
    "orders.remind_unclaimed": _("remind buyers of what waits for them at a branch"),
    "orders.send_mail": _("send a mail about an order"),
    "orders.send_refund": _("send money back"),
}
STATES = {
    "todo": pgettext_lazy("background work", "waiting"),
    "doing": pgettext_lazy("background work", "being done"),
    "succeeded": pgettext_lazy("background work", "done"),
    "failed": pgettext_lazy("background work", "failed"),
    "cancelled": pgettext_lazy("background work", "cancelled"),
    "aborted": pgettext_lazy("background work", "broken off"),
}


class Job(ProcrastinateJob):
    class Meta:
        proxy = True
        verbose_name = _("piece of background work")
        verbose_name_plural = _("background work")

    def __str__(self) -> str:
        return str(TITLES.get(self.task_name, self.task_name))

    @property
    def state(self) -> str:
        return str(STATES.get(self.status, self.status))


class Failure(models.Model):
    """Why a job failed last."""

    # The library deletes jobs in SQL and must be free to; ``tidy_queue`` follows.
    job = models.OneToOneField(
        ProcrastinateJob, models.DO_NOTHING, db_constraint=False, primary_key=True, related_name="failure"
    )
    error = models.CharField(max_length=200)
    place = models.CharField(max_length=200)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.error}, {self.place}" if self.place else self.error
