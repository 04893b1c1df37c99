"""What makers were paid of what they are owed."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from artisans.models.artisan import Artisan


class PayoutQuerySet(models.QuerySet["Payout"]):
    def open(self) -> "PayoutQuerySet":
        """Approved, and not with the maker yet."""
        return self.filter(state=Payout.State.APPROVED)


class Payout(models.Model):
    """Approved by one person, then paid; with the number of the paper that says so."""

    class State(models.TextChoices):
        APPROVED = "approved", pgettext_lazy("payout", "approved")
        PAID = "paid", pgettext_lazy("payout", "paid")
        CANCELLED = "cancelled", pgettext_lazy("payout", "cancelled")

    class Method(models.TextChoices):
        CASH = "cash", _("in cash, against signature")
        BANK = "bank", _("to the bank account")

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
                condition=~Q(state="paid") | (~Q(document_number="") & Q(paid_on__isnull=False, paid_by__isnull=False)),
                name="artisans_payout_paid_has_document",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.artisan.code} {self.amount}"
