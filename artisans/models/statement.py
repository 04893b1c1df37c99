"""What each maker and each branch was told of a month. Rows are only added, which triggers see to."""

from calendar import monthrange
from datetime import date, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from artisans.models.artisan import Artisan
from artisans.models.branch import Branch


def last_day(month: date) -> date:
    return month.replace(day=monthrange(month.year, month.month)[1])


class StatementMonth(models.Model):
    """A month of which every statement is issued. The latest says which entries of the ledger are told already."""

    # Its first day.
    month = models.DateField(_("month"), unique=True)
    # The last entry that was looked at: what has a higher number is told later, whatever its day.
    up_to = models.PositiveBigIntegerField(editable=False)
    issued_at = models.DateTimeField(pgettext_lazy("statement", "issued"), auto_now_add=True)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("issued by")
    )

    class Meta:
        verbose_name = _("month of statements")
        verbose_name_plural = _("months of statements")
        default_permissions = ()
        ordering = ["-month"]
        constraints = [
            models.CheckConstraint(condition=Q(month__day=1), name="artisans_statementmonth_first_day"),
        ]

    def __str__(self) -> str:
        return f"{self.month:%m.%Y}"

    @property
    def last(self) -> date:
        return last_day(self.month)

    @property
    def first(self) -> date:
        """The first day that is told of: months that were left out are told with this one."""
        before = StatementMonth.objects.filter(month__lt=self.month).first()
        return before.last + timedelta(days=1) if before else self.month

    @property
    def told(self) -> Q:
        """Matches the entries that statements of this month or an earlier one told."""
        return Q(pk__lte=self.up_to, booking__booked_on__lte=self.last)


class Statement(models.Model):
    """A paper about the money of a maker; without one, of all makers of the branch. Private: it has legal names."""

    month = models.ForeignKey(StatementMonth, models.PROTECT, related_name="statements", verbose_name=_("month"))
    artisan = models.ForeignKey(
        Artisan, models.PROTECT, null=True, related_name="statements", verbose_name=_("artisan")
    )
    # Where the maker was when it was issued.
    branch = models.ForeignKey(Branch, models.PROTECT, related_name="statements", verbose_name=_("branch"))
    opening = models.DecimalField(_("owed before"), max_digits=13, decimal_places=2)
    closing = models.DecimalField(_("owed after"), max_digits=13, decimal_places=2)
    # Every word and figure as it is printed, by language: nothing that changes later changes the paper.
    content = models.JSONField(_("content"))

    class Meta:
        verbose_name = _("statement")
        verbose_name_plural = _("statements")
        default_permissions = ("add", "view")
        ordering = ["-month__month", "branch", "artisan__code"]
        constraints = [
            models.UniqueConstraint(fields=["month", "artisan"], name="artisans_statement_once_per_artisan"),
            models.UniqueConstraint(
                fields=["month", "branch"],
                condition=Q(artisan=None),
                name="artisans_statement_once_per_branch",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.artisan.code if self.artisan else self.branch} {self.month}"
