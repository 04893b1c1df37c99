"""Pieces that a buyer would like to give back, and what became of that."""

from datetime import date, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from artisans.models import Branch
from orders.models.payment import Refund

# From our answer on.
DAYS_TO_SEND = 14


class ReturnQuerySet(models.QuerySet["Return"]):
    def in_state(self, state: str) -> "ReturnQuerySet":
        """As ``Return.state`` tells it."""
        is_decided = Q(accepted_at__isnull=False, refused_at=None, refund=None, closed_at=None)
        conditions = {
            Return.State.ASKED: Q(accepted_at=None, refused_at=None),
            Return.State.ACCEPTED: is_decided & Q(received_at=None),
            Return.State.RECEIVED: is_decided & Q(received_at__isnull=False),
            Return.State.REFUSED: Q(refused_at__isnull=False),
            Return.State.REFUNDED: Q(refund__isnull=False),
            Return.State.CLOSED: Q(closed_at__isnull=False),
        }
        return self.filter(conditions[Return.State(state)])

    def locked(self, pk: int) -> "Return":
        return self.select_for_update(of=("self",), no_key=True).get(pk=pk)


class Return(models.Model):
    """Asked for by the buyer, decided by staff; the money and the shelf are decided apart."""

    class Reason(models.TextChoices):
        CHANGED_MIND = "changed_mind", _("I have changed my mind")
        DAMAGED = "damaged", _("It came damaged")
        NOT_AS_DESCRIBED = "not_as_described", _("It is not as described")
        WRONG_PIECE = "wrong_piece", _("Another piece came")

    class State(models.TextChoices):
        ASKED = "asked", _("asked for")
        ACCEPTED = "accepted", _("accepted, on its way here")
        RECEIVED = "received", _("received, to be refunded")
        REFUNDED = "refunded", _("refunded")
        REFUSED = "refused", _("refused")
        CLOSED = "closed", _("closed without money")

    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="returns", verbose_name=_("order"))
    # Where the pieces go: of parcels the branch that sent them, else the one where they were picked up.
    branch = models.ForeignKey(Branch, models.PROTECT, related_name="returns", verbose_name=_("branch"))
    reason = models.CharField(_("reason"), max_length=20, choices=Reason)
    text = models.TextField(_("what the buyer writes"), max_length=1000, blank=True)
    # Of staff who wrote it down for the buyer.
    note = models.CharField(_("note"), max_length=250, blank=True)
    asked_at = models.DateTimeField(_("asked for"), auto_now_add=True)
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    refused_at = models.DateTimeField(_("refused"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    answer = models.CharField(_("answer to the buyer"), max_length=500, blank=True)
    received_at = models.DateTimeField(_("received"), null=True, blank=True)
    # Received, and no money goes back for it.
    closed_at = models.DateTimeField(_("closed without money"), null=True, blank=True)
    refund = models.OneToOneField(
        Refund, models.PROTECT, null=True, blank=True, related_name="return_refunded", verbose_name=_("refund")
    )

    objects: ClassVar[ReturnQuerySet] = ReturnQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(refused_at__isnull=True) | Q(received_at__isnull=True, refund__isnull=True),
                name="orders_return_refused_or_taken",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=False) | Q(received_at__isnull=True, refund__isnull=True),
                name="orders_return_accepted_first",
            ),
            models.CheckConstraint(
                condition=Q(refused_at__isnull=True) | ~Q(answer=""), name="orders_return_refused_with_reason"
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(received_at__isnull=False, refund__isnull=True) & ~Q(answer=""),
                name="orders_return_closed_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order}-{self.pk}"

    @property
    def state(self) -> "Return.State":
        if self.refused_at:
            return self.State.REFUSED
        if self.refund_id:
            return self.State.REFUNDED
        if self.closed_at:
            return self.State.CLOSED
        if self.received_at:
            return self.State.RECEIVED
        return self.State.ACCEPTED if self.accepted_at else self.State.ASKED

    @property
    def send_until(self) -> date | None:
        """As the buyer is told; pieces that come later are looked at all the same."""
        return timezone.localdate(self.accepted_at) + timedelta(days=DAYS_TO_SEND) if self.accepted_at else None

    @property
    def why_refunded(self) -> Refund.Reason:
        match self.reason:
            case self.Reason.CHANGED_MIND:
                return Refund.Reason.RETURNED
            case self.Reason.WRONG_PIECE:
                return Refund.Reason.WRONG_PIECE
        return Refund.Reason.FAULTY

    @property
    def is_our_fault(self) -> bool:
        return self.reason != self.Reason.CHANGED_MIND


class ReturnLine(models.Model):
    """Units of one line that come back."""

    returned = models.ForeignKey(Return, models.CASCADE, related_name="lines", verbose_name=_("return"))
    line = models.ForeignKey(
        "orders.LineItem", models.PROTECT, related_name="return_lines", verbose_name=_("line item")
    )
    quantity = models.PositiveSmallIntegerField(_("quantity"))
    restocked_quantity = models.PositiveSmallIntegerField(_("back in stock"), default=0)

    class Meta:
        verbose_name = _("line of a return")
        verbose_name_plural = _("lines of a return")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["returned", "line"], name="orders_returnline_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="orders_returnline_quantity_positive"),
            models.CheckConstraint(
                condition=Q(restocked_quantity__lte=F("quantity")), name="orders_returnline_restocked_within_returned"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.line}"

    @property
    def unshelved_quantity(self) -> int:
        """Units of it that can go back on the shelf; staff may have put some there without this return, too."""
        return min(self.quantity - self.restocked_quantity, self.line.unshelved_quantity)
