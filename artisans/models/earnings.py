"""What is shared of a sale, and the ledger: every qəpik from the buyer to the maker, in double entry.

Bookings and their entries are only added; triggers see to it, and that a booking's entries sum to zero.
"""

from datetime import date, timedelta
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from artisans.models.artisan import Artisan
from artisans.models.branch import Branch


class EarningsRuleQuerySet(models.QuerySet["EarningsRule"]):
    def in_force(self, on: date) -> "EarningsRule":
        return self.filter(valid_from__lte=on).latest("valid_from")


class EarningsRule(models.Model):
    """How the price of a piece, without its tax, is shared from a day on; until the next rule begins.

    A rule that has begun is never changed and stays, and but for the first none begins on a day that is over: triggers
    see to it.
    """

    valid_from = models.DateField(_("from"), unique=True)
    makers = models.DecimalField(_("makers, %"), max_digits=5, decimal_places=2)
    centre = models.DecimalField(_("centre, %"), max_digits=5, decimal_places=2)
    materials = models.DecimalField(_("materials, %"), max_digits=5, decimal_places=2)

    objects: ClassVar[EarningsRuleQuerySet] = EarningsRuleQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("earnings rule")
        verbose_name_plural = _("earnings rules")
        ordering = ["-valid_from"]
        constraints = [
            models.CheckConstraint(
                condition=Q(makers__gt=0, centre__gt=0, materials__gt=0),
                name="artisans_earningsrule_parts_positive",
                violation_error_message=_("Each part has to be more than 0 percent."),
            ),
            models.CheckConstraint(
                condition=Q(makers=100 - F("centre") - F("materials")),
                name="artisans_earningsrule_parts_sum",
                violation_error_message=_("The three parts together have to make 100 percent."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.makers.normalize():f} / {self.centre.normalize():f} / {self.materials.normalize():f} %"

    @property
    def has_begun(self) -> bool:
        return self.valid_from <= timezone.localdate()

    def clean(self) -> None:
        # What was sold today is shared already.
        if self.valid_from and self.has_begun:
            tomorrow = timezone.localdate() + timedelta(days=1)
            sentence = _("A rule holds from tomorrow, %(date)s, at the earliest.") % {"date": f"{tomorrow:%d.%m.%Y}"}
            raise ValidationError({"valid_from": sentence})


class BookingQuerySet(models.QuerySet["Booking"]):
    def between(self, first: date, last: date) -> "BookingQuerySet":
        """Booked from the first day to the last, both included."""
        return self.filter(booked_on__range=(first, last))


class Booking(models.Model):
    """One set of entries and what caused it. ``cause`` names it, so that nothing is booked twice."""

    class Kind(models.TextChoices):
        PAYMENT = "payment", _("money came")
        SALE = "sale", _("sale")
        REFUND = "refund", _("refund decided")
        MONEY_BACK = "money_back", _("money went back")
        CAME_BACK = "came_back", _("a refund came back")
        PAYOUT = "payout", _("paid out to a maker")
        REVERSAL = "reversal", _("payout reversed")

    # Such as “payment-12”.
    cause = models.CharField(_("cause"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    # As text: the ledger outlives what it tells of.
    order_code = models.CharField(_("order"), max_length=12, blank=True)
    rule = models.ForeignKey(EarningsRule, models.PROTECT, null=True, related_name="+", verbose_name=_("earnings rule"))
    booked_on = models.DateField(_("day"))
    booked_at = models.DateTimeField(_("booked"), auto_now_add=True)
    # How many entries it has, so that none is added to it later.
    size = models.PositiveSmallIntegerField(_("entries"))

    objects: ClassVar[BookingQuerySet] = BookingQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("booking")
        verbose_name_plural = _("bookings")
        ordering = ["-pk"]
        permissions = [("export_booking", _("Can export the ledger"))]
        constraints = [
            models.CheckConstraint(condition=Q(size__gte=2), name="artisans_booking_has_entries"),
            # artisans_booking_balanced, artisans_booking_complete: deferred triggers, made by a migration.
        ]
        indexes = [
            models.Index(fields=["order_code"], name="artisans_booking_order"),
            models.Index(fields=["booked_on"], name="artisans_booking_on"),
        ]

    def __str__(self) -> str:
        return self.cause


class LedgerEntry(models.Model):
    """One line of a booking. A positive amount is a debit, a negative one a credit."""

    class Account(models.TextChoices):
        # What is here; ``held_at`` says where.
        MONEY = "money", pgettext_lazy("account", "money")
        BUYERS = "buyers", pgettext_lazy("account", "owed to buyers")
        MAKERS = "makers", pgettext_lazy("account", "owed to makers")
        # The makers' part of what was sold without a maker's name on it.
        UNASSIGNED = "unassigned", pgettext_lazy("account", "makers' part, nobody named")
        MATERIALS = "materials", pgettext_lazy("account", "materials")
        CENTRE = "centre", pgettext_lazy("account", "the Centre's part")
        DELIVERY = "delivery", pgettext_lazy("account", "delivery")
        TAX = "tax", pgettext_lazy("account", "VAT")
        # Borne by the Centre, never by the makers.
        FEES = "fees", pgettext_lazy("account", "payment fees")
        FEES_OWED = "fees_owed", pgettext_lazy("account", "owed to payment providers")
        GOODWILL = "goodwill", pgettext_lazy("account", "goodwill")
        # What of a price did not go back, for wear; the Centre's.
        KEPT_BACK = "kept_back", pgettext_lazy("account", "kept back from refunds")

    booking = models.ForeignKey(Booking, models.PROTECT, related_name="entries", verbose_name=_("booking"))
    account = models.CharField(_("account"), max_length=20, choices=Account)
    amount = models.DecimalField(_("amount"), max_digits=11, decimal_places=2)
    artisan = models.ForeignKey(
        Artisan, models.PROTECT, null=True, related_name="ledger_entries", verbose_name=_("artisan")
    )
    # Where the piece was kept when it was sold.
    branch = models.ForeignKey(Branch, models.PROTECT, null=True, related_name="+", verbose_name=_("branch"))
    # What was sold, as it was called when it was booked.
    item = models.CharField(_("piece"), max_length=220, blank=True)
    sku = models.CharField(_("SKU"), max_length=40, blank=True)
    # Units of it; negative where they go back.
    quantity = models.IntegerField(_("quantity"), default=0)
    # A code of the settings' PAYMENT_PROVIDERS, or how it was paid out.
    held_at = models.CharField(_("where the money is"), max_length=20, blank=True)

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="artisans_ledgerentry_amount"),
            models.CheckConstraint(
                condition=Q(account="makers", artisan__isnull=False) | (~Q(account="makers") & Q(artisan__isnull=True)),
                name="artisans_ledgerentry_maker_named",
            ),
            models.CheckConstraint(
                condition=(Q(account="money") & ~Q(held_at="")) | (~Q(account="money") & Q(held_at="")),
                name="artisans_ledgerentry_money_is_somewhere",
            ),
        ]
        indexes = [
            models.Index(
                fields=["artisan"],
                include=["amount", "booking"],
                condition=Q(account="makers"),
                name="artisans_ledgerentry_makers",
            ),
        ]

    @property
    def place(self) -> str:
        """Where the money is, in words."""
        words = {
            "cash": pgettext("place of money", "cash"),
            "bank": pgettext("place of money", "bank account"),
            "transfer": pgettext("place of money", "bank account"),
            "branch": pgettext("place of money", "till of the branch"),
            "stripe": "Stripe",
            "epoint": "Epoint",
        }
        return words.get(self.held_at, self.held_at)

    def __str__(self) -> str:
        return f"{self.get_account_display()} {self.amount}"
