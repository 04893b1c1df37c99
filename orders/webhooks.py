"""What Stripe reports, kept as it came and done once.

Receives a body and its signature; nothing else about the request matters.
Locks: StripeEvent → Order → Payment → Stock, the last three in ``payments.apply_status``.
Raises: ``BadSignature`` for what Stripe did not sign, or signed more than five minutes ago. Whatever goes wrong
while an event is done is noted in its row and raised again, so that Stripe hears of it and sends the event anew.
After commit: what ``payments.apply_status`` enqueued.
Retry: an event that is done is left alone; one that failed is done again. Events may come in any order.
"""

import json
from typing import Any

import stripe
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from orders import payments
from orders.models import Payment, StripeEvent
from orders.providers import ProviderState, ProviderStatus
from orders.providers.stripe_checkout import status_of

SESSION_EVENTS = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
    }
)


class BadSignature(Exception):
    """Not from Stripe, or too old to tell."""


def receive(body: bytes, *, signature: str) -> None:
    """Keeps the event under its id and does what it says, unless that is done already."""
    content = _verified(body, signature)
    StripeEvent.objects.bulk_create(
        [StripeEvent(event_id=content["id"], type=content["type"], payload=content)], ignore_conflicts=True
    )
    handle(content["id"])


def handle(event_id: str) -> None:
    """Does what a kept event says. Raises whatever hinders it, having noted that in the row."""
    try:
        with transaction.atomic():
            event = StripeEvent.objects.select_for_update(of=("self",), no_key=True).get(event_id=event_id)
            if event.handled_at is not None:
                return
            event.error = _done(event)
            event.handled_at = timezone.now()
            event.save(update_fields=["error", "handled_at"])
    except Exception as error:
        StripeEvent.objects.filter(event_id=event_id, handled_at=None).update(error=repr(error))
        raise


def _verified(body: bytes, signature: str) -> dict[str, Any]:
    try:
        text = body.decode()
        stripe.WebhookSignature.verify_header(
            text, signature, settings.STRIPE_WEBHOOK_SECRET, stripe.Webhook.DEFAULT_TOLERANCE
        )
        content: dict[str, Any] = json.loads(text)
    # TypeError: a signature with letters that no signature has.
    except (stripe.SignatureVerificationError, ValueError, TypeError) as error:
        raise BadSignature from error
    return content


def _done(event: StripeEvent) -> str:
    """Does it; returns what staff should know of an event that changed nothing."""
    if event.type not in SESSION_EVENTS:
        return ""
    content = event.payload["data"]["object"]
    session = stripe.checkout.Session.construct_from(content, key=None)
    payment = _payment_of(session)
    if payment is None:
        return f"no payment here belongs to {session.id}"
    status = status_of(session)
    if event.type == "checkout.session.async_payment_failed":
        status = ProviderStatus(ProviderState.FAILED, status.amount, status.currency, status.charge)
    payments.apply_status(payment.pk, status)
    # Written after the locks of apply_status. The shop may have died before it heard the session's name.
    Payment.objects.filter(pk=payment.pk, provider_reference="").update(provider_reference=session.id)
    return ""


def _payment_of(session: stripe.checkout.Session) -> Payment | None:
    """By the session's name, or, where the shop never got to write that down, by what it told Stripe."""
    card_payments = Payment.objects.filter(provider=Payment.Provider.STRIPE)
    if found := card_payments.filter(provider_reference=session.id).first():
        return found
    metadata = (session.metadata or stripe.StripeObject()).to_dict()
    key = str(metadata.get("payment", ""))
    if not key.isascii() or not key.isdigit():
        return None
    return card_payments.filter(Q(pk=key) & Q(provider_reference="", order__code=metadata.get("order", ""))).first()
