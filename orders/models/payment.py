"""Money in and money back, and what the provider told us."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from dostshop import money


class PaymentQuerySet(models.QuerySet["Payment"]):
    def open(self) -> "PaymentQuerySet":
        return self.filter(status__in=[Payment.Status.STARTED, Payment.Status.OPEN])


class Payment(models.Model):
    """One attempt to pay an order. A new attempt is a new row."""

    class Provider(models.TextChoices):
        STRIPE = "stripe", _("card")
        BRANCH = "branch", _("at the branch, on pickup")

    class Status(models.TextChoices):
        # The intent is written; the provider has not answered yet.
        STARTED = "started", _("being started")
        OPEN = "open", _("open")
        PAID = "paid", _("paid")
        FAILED = "failed", _("failed")
        EXPIRED = "expired", _("expired")

    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="payments", verbose_name=_("order"))
    # Sent to the provider with the request, so that a repeated request is the same request.
    idempotency_key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    provider = models.CharField(_("provider"), max_length=20, choices=Provider)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.STARTED)
    amount = models.DecimalField(_("amount"), max_digits=10, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3, default=money.CURRENCY)
    captured_amount = models.DecimalField(_("captured"), max_digits=10, decimal_places=2, default=money.ZERO)
    refunded_amount = models.DecimalField(_("refunded"), max_digits=10, decimal_places=2, default=money.ZERO)
    # Stripe: the Checkout Session and its PaymentIntent.
    provider_reference = models.CharField(_("provider's reference"), max_length=255, blank=True)
    provider_charge = models.CharField(_("provider's charge"), max_length=255, blank=True)
    redirect_url = models.URLField(max_length=2000, blank=True)
    failure = models.CharField(_("why it failed"), max_length=250, blank=True)
    created_at = models.DateTimeField(_("begun"), auto_now_add=True)
    expires_at = models.DateTimeField(_("until"))
    paid_at = models.DateTimeField(_("paid"), null=True, blank=True)

    objects: ClassVar[PaymentQuerySet] = PaymentQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "provider_reference"],
                condition=~Q(provider_reference=""),
                name="orders_payment_provider_reference_once",
            ),
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(status__in=["started", "open"]),
                name="orders_payment_one_open_per_order",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="orders_payment_amount_positive"),
            models.CheckConstraint(
                condition=Q(refunded_amount__gte=0, refunded_amount__lte=F("captured_amount")),
                name="orders_payment_refunded_within_captured",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_provider_display()}: {self.amount} {self.currency}"


class Refund(models.Model):
    """Money back to the buyer: written before the provider is asked."""

    class Reason(models.TextChoices):
        PIECE_GONE = "piece_gone", _("paid when the piece was gone")
        PAID_TWICE = "paid_twice", _("paid twice")
        WRONG_AMOUNT = "wrong_amount", _("another amount was paid")

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds", verbose_name=_("payment"))
    idempotency_key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    amount = models.DecimalField(_("amount"), max_digits=10, decimal_places=2)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason)
    provider_reference = models.CharField(_("provider's reference"), max_length=255, blank=True)
    created_at = models.DateTimeField(_("begun"), auto_now_add=True)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    # The provider will not do it; a person has to.
    failure = models.CharField(_("why it failed"), max_length=250, blank=True)

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
        ]

    def __str__(self) -> str:
        return f"{self.amount}"


class StripeEvent(models.Model):
    """A webhook as it came, kept until and after it is handled."""

    event_id = models.CharField(_("event"), max_length=255, unique=True)
    type = models.CharField(_("type"), max_length=100)
    payload = models.JSONField(_("content"))
    received_at = models.DateTimeField(_("received"), auto_now_add=True)
    handled_at = models.DateTimeField(_("handled"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("Stripe event")
        verbose_name_plural = _("Stripe events")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"
