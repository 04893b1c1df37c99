"""What makers were paid of what they are owed, and what of it was written down wrong."""

from collections.abc import Iterable
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from artisans.models.artisan import Artisan


class PayoutQuerySet(models.QuerySet["Payout"]):
    def open(self) -> "PayoutQuerySet":
        """Approved, and not with the maker yet."""
        return self.filter(state=Payout.State.APPROVED)

    def booked(self) -> "PayoutQuerySet":
        """Paid once, whatever came of it."""
        return self.filter(state__in=[Payout.State.PAID, Payout.State.REVERSED])

    def with_document_of(self, payout: "Payout") -> "PayoutQuerySet":
        """Paid by the same paper, this one among them, and those that did not arrive."""
        same = {"method": payout.method, "paid_on": payout.paid_on, "document_number": payout.document_number}
        return self.booked().filter(**same)

    def by_cause(self, causes: Iterable[str]) -> dict[str, "Payout"]:
        """By what their bookings are called, those of reversals too."""
        found = self.in_bulk({int(cause.split("-")[1]) for cause in causes})
        return {cause: payout for payout in found.values() for cause in (payout.cause, payout.reversal_cause)}


class Payout(models.Model):
    """Approved by one person, then paid; with the number of the paper that says so.

    One that did not reach the maker is reversed, and what it was for is paid by another.
    """

    class State(models.TextChoices):
        APPROVED = "approved", pgettext_lazy("payout", "approved")
        PAID = "paid", pgettext_lazy("payout", "paid")
        CANCELLED = "cancelled", pgettext_lazy("payout", "cancelled")
        REVERSED = "reversed", pgettext_lazy("payout", "reversed")

    class Method(models.TextChoices):
        CASH = "cash", _("in cash, against signature")
        BANK = "bank", _("to the bank account")

    # A choice, in words that the maker reads on the statement: what somebody typed could not be translated.
    class ReversalReason(models.TextChoices):
        SENT_BACK = "sent_back", _("the bank sent the money back")
        NOT_HANDED_OVER = "not_handed_over", _("the money was not handed over")
        MISTAKE = "mistake", _("it was written down by mistake")

    artisan = models.ForeignKey(Artisan, models.PROTECT, related_name="payouts", verbose_name=_("artisan"))
    amount = models.DecimalField(_("amount"), max_digits=11, decimal_places=2)
    method = models.CharField(_("how"), max_length=10, choices=Method)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.APPROVED)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("approved by")
    )
    approved_at = models.DateTimeField(_("approved"), auto_now_add=True)
    # Of the cash order or the bank's file.
    document_number = models.CharField(_("document number"), max_length=40, blank=True)
    paid_on = models.DateField(_("paid on"), null=True, blank=True)
    paid_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("paid by")
    )
    # The day on which the money is the Centre's again.
    reversed_on = models.DateField(_("reversed on"), null=True, blank=True)
    reversed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("reversed by")
    )
    reversal_reason = models.CharField(
        _("why it was reversed"), max_length=20, choices=ReversalReason, blank=True, default=""
    )

    objects: ClassVar[PayoutQuerySet] = PayoutQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("payout")
        verbose_name_plural = _("payouts")
        ordering = ["-pk"]
        permissions = [("pay_payout", _("Can approve and pay payouts"))]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="artisans_payout_amount_positive"),
            models.UniqueConstraint(
                fields=["artisan"], condition=Q(state="approved"), name="artisans_payout_one_open_per_artisan"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["paid", "reversed"])
                | (~Q(document_number="") & Q(paid_on__isnull=False, paid_by__isnull=False)),
                name="artisans_payout_paid_has_document",
            ),
            models.CheckConstraint(
                condition=(~Q(state="reversed") & Q(reversed_on=None, reversed_by=None, reversal_reason=""))
                | (
                    Q(state="reversed", reversed_on__isnull=False, reversed_by__isnull=False)
                    & Q(reversed_on__gte=F("paid_on"))
                    & ~Q(reversal_reason="")
                ),
                name="artisans_payout_reversed_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.artisan.code} {self.amount}"

    @property
    def cause(self) -> str:
        """What its booking is called."""
        return f"payout-{self.pk}"

    @property
    def reversal_cause(self) -> str:
        return f"{self.cause}-reversal"


class PayoutCorrection(models.Model):
    """The number of a payout's document as it was, and as it is since. Rows are only added, which triggers see to."""

    class Reason(models.TextChoices):
        MISTYPED = "mistyped", _("the number was mistyped")
        ANOTHER_PAPER = "another_paper", _("another paper took the place of this one")

    payout = models.ForeignKey(Payout, models.PROTECT, related_name="corrections", verbose_name=_("payout"))
    old_number = models.CharField(_("number before"), max_length=40)
    new_number = models.CharField(_("number since"), max_length=40)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("corrected by")
    )
    made_at = models.DateTimeField(_("corrected"), auto_now_add=True)

    class Meta:
        verbose_name = _("corrected number")
        verbose_name_plural = _("corrected numbers")
        default_permissions = ()
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(new_number="") & ~Q(new_number=F("old_number")),
                name="artisans_payoutcorrection_changes",
            ),
            # artisans_payoutcorrection_of_paid, artisans_payout_number_told: triggers, made by a migration.
        ]

    def __str__(self) -> str:
        return f"{self.old_number} → {self.new_number}"
