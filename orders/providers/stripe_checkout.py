"""Card payments on Stripe's own page (Checkout), in manat.

Calls Stripe over HTTP, so it is never called inside a transaction. What creates something at Stripe carries the
row's key: repeated after a timeout or a crash, it answers with what the first call made. Stripe's own words
stay in the log; callers learn only whether trying again can help.
"""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import requests
import stripe
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from stripe.params import DisputeListParamsCreated, RefundCreateParams, RefundListParamsCreated
from stripe.params.checkout import SessionCreateParams, SessionCreateParamsLineItem, SessionListParamsCreated

from dostshop import money
from orders.models import Order, Payment, Refund
from orders.providers import (
    BadSignature,
    Callback,
    Dispute,
    ProviderRefund,
    ProviderRefused,
    ProviderState,
    ProviderStatus,
    RefundState,
    Report,
    Started,
)
from orders.providers.online import Online, meaning_of

logger = logging.getLogger(__name__)

# Stripe's page speaks no Azerbaijani: there it goes by the browser.
LOCALES = {"az": "auto", "ru": "ru", "en": "en"}

# Stripe closes a Checkout Session no sooner than 30 minutes after it was made (API reference, expires_at).
SHORTEST_PAGE_TIME = timedelta(minutes=31)
LIST_SIZE = 100

SESSION_EVENTS = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
    }
)
REFUND_EVENTS = frozenset({"refund.created", "refund.updated", "refund.failed"})
DISPUTE_EVENTS = frozenset({"charge.dispute.created", "charge.dispute.closed"})
# How a dispute ends; a “warning” is one that never became a dispute.
DISPUTE_ENDS = frozenset({"won", "lost", "prevented", "warning_closed"})
# A dispute lasts two to three months (documentation, “How disputes work”), and its end counts as much as its beginning.
LONGEST_DISPUTE = timedelta(days=120)
# A bank may send a refund back weeks after it went (documentation, “Failed refunds”: up to 30 days).
LONGEST_REFUND = timedelta(days=30)
_REFUND_STATES = {
    "succeeded": RefundState.DONE,
    "failed": RefundState.FAILED,
    "canceled": RefundState.FAILED,
}


class StripeCheckout(Online):
    title = _("card")
    choice = _("By card, now")
    pay_now = _("Pay by card")
    choice_note = _("You pay on the secure page of our payment provider. We never see your card.")
    is_refund_repeatable = True

    def is_configured(self) -> bool:
        return bool(settings.STRIPE_SECRET_KEY)

    def can_resume(self, payment: Payment, now: datetime) -> bool:
        if payment.status == Payment.Status.STARTED:
            return payment.expires_at - now > SHORTEST_PAGE_TIME
        return super().can_resume(payment, now)

    def start(self, payment: Payment) -> Started:
        """Opens a Checkout Session. Stripe wants ``expires_at`` 30 minutes to 24 hours ahead."""
        with _client() as client:
            session = client.v1.checkout.sessions.create(
                _session_parameters(payment), {"idempotency_key": str(payment.idempotency_key)}
            )
        if not session.url:
            raise ProviderRefused("Stripe opened a session without a page")
        return Started(reference=session.id, redirect_url=session.url)

    def fetch_status(self, payment: Payment) -> ProviderStatus:
        with _client() as client:
            session = client.v1.checkout.sessions.retrieve(payment.provider_reference, {"expand": ["payment_intent"]})
            status = status_of(session)
            if status.state != ProviderState.PAID:
                return status
            refunds = client.v1.refunds.list({"payment_intent": status.charge, "limit": LIST_SIZE})
            return replace(status, refunds=tuple(map(refund_of, refunds.auto_paging_iter())))

    def expire(self, payment: Payment) -> None:
        with _client() as client:
            client.v1.checkout.sessions.expire(payment.provider_reference)

    def refund(self, refund: Refund) -> ProviderRefund:
        payment = refund.payment
        parameters: RefundCreateParams = {
            "payment_intent": payment.provider_charge,
            "amount": money.to_minor_units(refund.amount),
            "reason": "requested_by_customer",
            "metadata": {**_metadata(payment), "refund": str(refund.idempotency_key)},
        }
        # After a failure Stripe would give the same answer to the same key.
        key = f"{refund.idempotency_key}-{refund.failed_tries}"
        with _client() as client:
            made = client.v1.refunds.create(parameters, {"idempotency_key": key})
        return refund_of(made)

    def parse_callback(self, body: bytes, headers: Mapping[str, str]) -> Callback:
        try:
            text = body.decode()
            stripe.WebhookSignature.verify_header(
                text,
                headers.get("Stripe-Signature", ""),
                settings.STRIPE_WEBHOOK_SECRET,
                stripe.Webhook.DEFAULT_TOLERANCE,
            )
            payload: dict[str, Any] = json.loads(text)
        # TypeError: a signature with letters that no signature has.
        except (stripe.SignatureVerificationError, ValueError, TypeError) as error:
            raise BadSignature from error
        return Callback(event_id=payload["id"], type=payload["type"], payload=payload)

    def read(self, payload: dict[str, Any]) -> Report | None:
        content = payload["data"]["object"]
        if payload["type"] in REFUND_EVENTS:
            return _refund_report(stripe.Refund.construct_from(content, key=None))
        if payload["type"] in DISPUTE_EVENTS:
            return _dispute_report(stripe.Dispute.construct_from(content, key=None))
        if payload["type"] not in SESSION_EVENTS:
            return None
        report = _session_report(stripe.checkout.Session.construct_from(content, key=None))
        if payload["type"] == "checkout.session.async_payment_failed" and report.status:
            report = replace(report, status=replace(report.status, state=ProviderState.FAILED))
        return report

    def recent(self, since: datetime) -> Iterator[Report]:
        created: SessionListParamsCreated = {"gte": int(since.timestamp())}
        with _client() as client:
            sessions = client.v1.checkout.sessions.list(
                {"created": created, "limit": LIST_SIZE, "expand": ["data.payment_intent"]}
            )
            yield from map(_session_report, sessions.auto_paging_iter())
            weeks_ago: RefundListParamsCreated = {"gte": int((since - LONGEST_REFUND).timestamp())}
            refunds = client.v1.refunds.list({"created": weeks_ago, "limit": LIST_SIZE})
            yield from map(_refund_report, refunds.auto_paging_iter())
            long_ago: DisputeListParamsCreated = {"gte": int((since - LONGEST_DISPUTE).timestamp())}
            disputes = client.v1.disputes.list({"created": long_ago, "limit": LIST_SIZE})
            yield from map(_dispute_report, disputes.auto_paging_iter())


def refund_of(refund: stripe.Refund) -> ProviderRefund:
    return ProviderRefund(
        reference=refund.id,
        state=_REFUND_STATES.get(refund.status or "", RefundState.UNDER_WAY),
        amount=money.from_minor_units(refund.amount),
        key=_metadata_of(refund).get("refund", ""),
    )


def _refund_report(refund: stripe.Refund) -> Report:
    intent = refund.payment_intent
    charge = intent.id if isinstance(intent, stripe.PaymentIntent) else intent or ""
    metadata = _metadata_of(refund)
    return Report(
        reference="",
        charge=charge,
        payment_key=metadata.get("payment", ""),
        order_code=metadata.get("order", ""),
        refund=refund_of(refund),
    )


def _dispute_report(dispute: stripe.Dispute) -> Report:
    intent = dispute.payment_intent
    told = Dispute(
        reference=dispute.id,
        amount=money.from_minor_units(dispute.amount),
        currency=dispute.currency.upper(),
        outcome=dispute.status if dispute.status in DISPUTE_ENDS else "",
    )
    return Report(
        reference="", charge=intent.id if isinstance(intent, stripe.PaymentIntent) else intent or "", dispute=told
    )


def _session_report(session: stripe.checkout.Session) -> Report:
    metadata = _metadata_of(session)
    status = status_of(session)
    return Report(
        reference=session.id,
        charge=status.charge,
        payment_key=metadata.get("payment", ""),
        order_code=metadata.get("order", ""),
        status=status,
    )


def _metadata_of(row: stripe.checkout.Session | stripe.Refund) -> dict[str, str]:
    metadata: dict[str, str] = (row.metadata or stripe.StripeObject()).to_dict()
    return metadata


def status_of(session: stripe.checkout.Session) -> ProviderStatus:
    """What a session says of its payment, whether it was fetched or came in an event."""
    intent = session.payment_intent
    charge = intent.id if isinstance(intent, stripe.PaymentIntent) else intent or ""
    return ProviderStatus(
        state=_state_of(session),
        amount=money.from_minor_units(session.amount_total or 0),
        currency=(session.currency or "").upper(),
        charge=charge,
    )


def _state_of(session: stripe.checkout.Session) -> ProviderState:
    if session.payment_status == "paid":
        return ProviderState.PAID
    if session.status == "expired":
        return ProviderState.EXPIRED
    intent = session.payment_intent
    # Complete and unpaid: a slow way of paying, which is under way until its intent says that it failed.
    failed = isinstance(intent, stripe.PaymentIntent) and intent.status in {"requires_payment_method", "canceled"}
    return ProviderState.FAILED if session.status == "complete" and failed else ProviderState.OPEN


def _session_parameters(payment: Payment) -> SessionCreateParams:
    """Depends on the rows alone, so that a repeated request is the same to the letter."""
    order = payment.order
    page = f"{settings.SITE_URL}{order.get_absolute_url()}"
    metadata = _metadata(payment)
    return {
        "mode": "payment",
        "line_items": _line_items(payment),
        "client_reference_id": order.code,
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata},
        "customer_email": order.email,
        "locale": LOCALES[order.language],
        # The buyer pays the price the shop showed, in the shop's currency.
        "adaptive_pricing": {"enabled": False},
        "expires_at": int(payment.expires_at.timestamp()),
        # Only a hint to look again at once; it decides nothing.
        "success_url": f"{page}?paid=1",
        "cancel_url": page,
    }


def _line_items(payment: Payment) -> list[SessionCreateParamsLineItem]:
    """What is bought, as Stripe's page shows it. Raises ValueError where it does not sum to the payment."""
    order = payment.order
    currency = payment.currency.lower()
    priced = [(line.name, line.unit_price, line.quantity) for line in order.lines.all()]
    if order.delivery_total:
        priced.append((_delivery_name(order), order.delivery_total, 1))
    if sum(price * quantity for _name, price, quantity in priced) != payment.amount:
        raise ValueError(f"the lines of order {order.code} do not sum to {payment.amount}")
    return [
        {
            "quantity": quantity,
            "price_data": {
                "currency": currency,
                "unit_amount": money.to_minor_units(price),
                "product_data": {"name": name},
            },
        }
        for name, price, quantity in priced
    ]


def _delivery_name(order: Order) -> str:
    with translation.override(order.language):
        return gettext("Delivery: %(method)s") % {"method": order.delivery_name}


def _metadata(payment: Payment) -> dict[str, str]:
    return {"order": payment.order.code, "payment": str(payment.pk)}


@contextmanager
def _client() -> Iterator[stripe.StripeClient]:
    """A client for one call, on a connection of its own; translates Stripe's errors into the shop's."""
    with requests.Session() as session:
        try:
            yield stripe.StripeClient(
                settings.STRIPE_SECRET_KEY,
                base_addresses={"api": settings.STRIPE_API_URL} if settings.STRIPE_API_URL else None,
                http_client=stripe.RequestsClient(timeout=settings.STRIPE_TIMEOUT_SECONDS, session=session),
                max_network_retries=0,
            )
        except stripe.StripeError as error:
            kind = type(error).__name__
            logger.warning("Stripe: %s, status %s, request %s", kind, error.http_status, error.request_id)
            raise meaning_of(error.http_status)(f"Stripe: {error.code or kind}") from error
