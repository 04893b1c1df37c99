"""Money in and money back, and what the provider told us."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from dostshop import money
from orders.models.order import SUMS_TYPED, Order, OrderEvent


class PaymentQuerySet(models.QuerySet["Payment"]):
    def open(self) -> "PaymentQuerySet":
        return self.filter(status__in=[Payment.Status.STARTED, Payment.Status.OPEN])

    def locked_of(self, order: Order) -> "PaymentQuerySet":
        """The order's payments, their rows locked until the transaction ends. Call with the order locked."""
        return self.select_for_update(of=("self",), no_key=True).filter(order=order).order_by("pk")

    def with_money(self) -> "PaymentQuerySet":
        """Of which something has not been given back."""
        return self.filter(captured_amount__gt=F("refunded_amount"))

    def to_ask_about(self, before: datetime) -> "PaymentQuerySet":
        """Closed here, and not ended for good at the provider."""
        return self.filter(ask_after__lt=before).exclude(provider_reference="")

    def to_remind(self) -> "PaymentQuerySet":
        """Open, with some time left, and due to be spoken of; whether that was done, the order's mails tell."""
        now = timezone.now()
        return self.open().filter(remind_at__lte=now, expires_at__gt=now)


class Payment(models.Model):
    """One attempt to pay an order. A new attempt is a new row."""

    class Status(models.TextChoices):
        # The intent is written; the provider has not answered yet.
        STARTED = "started", _("being started")
        OPEN = "open", _("open")
        PAID = "paid", _("paid")
        FAILED = "failed", _("failed")
        EXPIRED = "expired", _("expired")

    class Failure(models.TextChoices):
        REFUSED = "refused", _("refused by the payment provider")
        WRONG_AMOUNT = "wrong_amount", _("another amount was paid")

    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="payments", verbose_name=_("order"))
    # Sent to the provider with the request, so that a repeated request is the same request.
    idempotency_key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # A code of the settings' PAYMENT_PROVIDERS.
    provider = models.CharField(_("provider"), max_length=20)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.STARTED)
    amount = models.DecimalField(_("amount"), max_digits=10, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3, default=money.CURRENCY)
    captured_amount = models.DecimalField(_("captured"), max_digits=10, decimal_places=2, default=money.ZERO)
    refunded_amount = models.DecimalField(_("refunded"), max_digits=10, decimal_places=2, default=money.ZERO)
    # Stripe: the Checkout Session and its PaymentIntent.
    provider_reference = models.CharField(_("provider's reference"), max_length=255, blank=True)
    provider_charge = models.CharField(_("provider's charge"), max_length=255, blank=True)
    redirect_url = models.URLField(max_length=2000, blank=True)
    failure = models.CharField(_("why it failed"), max_length=20, choices=Failure, blank=True)
    # For whoever looks into it: the provider's code of an error.
    failure_detail = models.CharField(_("what the provider said"), max_length=250, blank=True)
    created_at = models.DateTimeField(_("begun"), auto_now_add=True)
    expires_at = models.DateTimeField(_("until"))
    # When the shopper is told that the order still waits; nothing where nobody is told.
    remind_at = models.DateTimeField(_("reminder"), null=True, blank=True)
    paid_at = models.DateTimeField(_("paid"), null=True, blank=True)
    # The shop closed it, and its provider may still take the money: when to ask. Nothing once its word is final.
    ask_after = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[PaymentQuerySet] = PaymentQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["pk"]
        permissions = [("confirm_transfer", _("Can say that a bank transfer has come"))]
        indexes = [
            models.Index(
                fields=["remind_at"], condition=Q(status__in=["started", "open"]), name="orders_payment_remind"
            ),
            models.Index(fields=["ask_after"], condition=Q(ask_after__isnull=False), name="orders_payment_to_ask"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "provider_reference"],
                condition=~Q(provider_reference=""),
                name="orders_payment_provider_reference_once",
            ),
            models.UniqueConstraint(
                fields=["provider", "provider_charge"],
                condition=~Q(provider_charge=""),
                name="orders_payment_provider_charge_once",
            ),
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(status__in=["started", "open"]),
                name="orders_payment_one_open_per_order",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="orders_payment_amount_positive"),
            models.CheckConstraint(
                condition=~Q(status="paid") | Q(captured_amount__gt=0, paid_at__isnull=False),
                name="orders_payment_paid_is_captured",
            ),
            models.CheckConstraint(
                condition=Q(refunded_amount__gte=0, refunded_amount__lte=F("captured_amount")),
                name="orders_payment_refunded_within_captured",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider}: {money.text(self.amount)}"

    @property
    def left(self) -> Decimal:
        """What of it is still here, and can be decided to go back."""
        return self.captured_amount - self.refunded_amount

    @cached_property
    def other_sum(self) -> Decimal | None:
        """What came to the bank account and was not the price, as staff typed it last and did not take back."""
        last = self.order.events.filter(kind__in=SUMS_TYPED, data__payment=self.pk).order_by("pk").last()
        return Decimal(last.data["amount"]) if last and last.kind == OrderEvent.Kind.OTHER_SUM else None

    @property
    def missing(self) -> Decimal:
        """What the buyer still has to send: all of it, or the rest where a part came."""
        came = self.other_sum or money.ZERO
        return self.amount - came if came < self.amount else self.amount


class RefundQuerySet(models.QuerySet["Refund"]):
    def unsettled(self) -> "RefundQuerySet":
        """Neither with the buyer nor given up: the provider is still to be asked, or to answer."""
        return self.filter(done_at=None, failure="")


class Refund(models.Model):
    """Money back to the buyer: written before the provider is asked."""

    class Reason(models.TextChoices):
        CANCELLED = "cancelled", _("order cancelled")
        RETURNED = "returned", _("returned")
        FAULTY = "faulty", _("damaged or not as described")
        WRONG_PIECE = "wrong_piece", _("another piece came")
        NOT_AVAILABLE = "not_available", _("cannot be delivered")
        GOODWILL = "goodwill", _("goodwill")
        PIECE_GONE = "piece_gone", _("paid when the piece was gone")
        PAID_CANCELLED = "paid_cancelled", _("paid after the order was cancelled")
        PAID_TWICE = "paid_twice", _("paid twice")
        WRONG_AMOUNT = "wrong_amount", _("another amount was paid")
        TOO_MUCH = "too_much", _("more than the price came")
        AT_PROVIDER = "at_provider", _("made at the payment provider")
        AT_BANK = "at_bank", _("taken back by the buyer's bank")

    class Failure(models.TextChoices):
        REFUSED = "refused", _("refused by the payment provider")
        CAME_BACK = "came_back", _("the payment provider could not send the money")
        # Asking again could send it twice.
        UNKNOWN = "unknown", _("no answer: look at the payment provider whether the money went")

    class State(models.TextChoices):
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        UNKNOWN = "unknown", _("not known whether it went")
        BY_HAND = "by_hand", _("to be given by hand")
        UNDER_WAY = "under_way", _("under way")

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds", verbose_name=_("payment"))
    idempotency_key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    amount = models.DecimalField(_("amount"), max_digits=10, decimal_places=2)
    # What of it is delivery; the lines are rows of their own, and what is neither is goodwill.
    delivery_amount = models.DecimalField(_("of it delivery"), max_digits=8, decimal_places=2, default=money.ZERO)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason)
    note = models.CharField(_("note"), max_length=250, blank=True)
    # In the order's language.
    to_buyer = models.CharField(_("to the buyer"), max_length=500, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    provider_reference = models.CharField(_("provider's reference"), max_length=255, blank=True)
    # Refunds that the provider made for this row and that came to nothing.
    failed_references = ArrayField(models.CharField(max_length=255), default=list, blank=True, editable=False)
    # How often the provider answered that it failed: each new try is a new request.
    failed_tries = models.PositiveSmallIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(_("begun"), auto_now_add=True)
    # When the provider was first asked: written before it is.
    asked_at = models.DateTimeField(null=True, blank=True, editable=False)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    # Staff gave it, or saw that the buyer has it.
    is_by_hand = models.BooleanField(_("by hand"), default=False, editable=False)
    # The provider did not do it; a person has to.
    failure = models.CharField(_("why it failed"), max_length=20, choices=Failure, blank=True)
    # For whoever looks into it: the provider's code of an error.
    failure_detail = models.CharField(_("what the provider said"), max_length=250, blank=True)

    objects: ClassVar[RefundQuerySet] = RefundQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="orders_refund_amount_positive"),
            models.UniqueConstraint(
                fields=["provider_reference"],
                condition=~Q(provider_reference=""),
                name="orders_refund_provider_reference_once",
            ),
            # It may be more than the amount, of which something else can be kept back.
            models.CheckConstraint(condition=Q(delivery_amount__gte=0), name="orders_refund_delivery_not_negative"),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True) | Q(failure=""), name="orders_refund_done_or_failed"
            ),
        ]

    def __str__(self) -> str:
        return money.text(self.amount)

    @property
    def is_settled(self) -> bool:
        return self.done_at is not None or bool(self.failure)

    @property
    def goodwill(self) -> Decimal:
        """What goes back beyond the price of its pieces and the delivery."""
        return max(self._rest, money.ZERO)

    @property
    def kept_back(self) -> Decimal:
        """What of the price of its pieces and the delivery does not go back."""
        return max(-self._rest, money.ZERO)

    @property
    def _rest(self) -> Decimal:
        return self.amount - self.delivery_amount - sum(line.amount for line in self.lines.all())

    @property
    def is_known_at_provider(self) -> bool:
        """Whether the provider has a refund of this row that did not come to nothing."""
        return bool(self.provider_reference) and self.provider_reference not in self.failed_references


class RefundLine(models.Model):
    """Units of one line whose price goes back."""

    refund = models.ForeignKey(Refund, models.CASCADE, related_name="lines", verbose_name=_("refund"))
    line = models.ForeignKey(
        "orders.LineItem", models.PROTECT, related_name="refund_lines", verbose_name=_("line item")
    )
    quantity = models.PositiveSmallIntegerField(_("quantity"))
    amount = models.DecimalField(_("amount"), max_digits=10, decimal_places=2)

    class Meta:
        verbose_name = _("line of a refund")
        verbose_name_plural = _("lines of a refund")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["refund", "line"], name="orders_refundline_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="orders_refundline_quantity_positive"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="orders_refundline_amount_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.line_id}: {money.text(self.amount)}"


class ProviderEvent(models.Model):
    """A provider's callback as it came, kept until and after it is handled."""

    provider = models.CharField(_("provider"), max_length=20)
    event_id = models.CharField(_("event"), max_length=255)
    type = models.CharField(_("type"), max_length=100)
    payload = models.JSONField(_("content"))
    received_at = models.DateTimeField(_("received"), auto_now_add=True)
    handled_at = models.DateTimeField(_("handled"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("provider's event")
        verbose_name_plural = _("providers' events")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["received_at"], condition=Q(handled_at=None), name="orders_providerevent_open"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["provider", "event_id"], name="orders_providerevent_once"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"


class Reconciliation(models.Model):
    """One comparison of the shop with its payment providers, and what it found."""

    class Finding(models.TextChoices):
        EVENT_HANDLED = "event_handled", _("an event was left unhandled, and is done now")
        PAYMENT_OPENED = "payment_opened", _("a payment was never opened, and is open now")
        PAYMENT_MISSED = "payment_missed", _("a payment changed unheard, and is right now")
        REFUND_SETTLED = "refund_settled", _("a refund was left over, and is settled now")
        REFUND_MISSED = "refund_missed", _("a refund was made elsewhere, and is known now")
        LEFT_OVER = "left_over", _("a paid order lacked its date or its invoice, and has it now")
        NOT_BOOKED = "not_booked", _("money was not in the ledger, and is booked now")
        UNKNOWN_PAYMENT = "unknown_payment", _("the provider has money that belongs to no order here")
        OTHER_CURRENCY = "other_currency", _("money came in another currency, and is neither booked nor given back")
        DISPUTED = "disputed", _("a buyer disputes a payment at the bank: answer at the provider in time")
        DISPUTE_CLOSED = "dispute_closed", _("a dispute at the bank ended")
        NOT_REPAIRED = "not_repaired", _("could not be repaired yet")
        STILL_NOT_REPAIRED = "still_not_repaired", _("still could not be repaired")

    started_at = models.DateTimeField(_("began"), auto_now_add=True)
    finished_at = models.DateTimeField(_("ended"), null=True, blank=True)
    # A list of {"kind", "order", "detail"}.
    findings = models.JSONField(_("findings"), default=list)

    class Meta:
        verbose_name = _("reconciliation")
        verbose_name_plural = _("reconciliations")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.started_at):%Y-%m-%d %H:%M}"
