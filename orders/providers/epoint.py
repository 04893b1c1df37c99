"""Card payments in manat on the page of Epoint, a gateway of the country, after its publicly described API.

Both directions carry ``data``, JSON in base64, and ``signature``: SHA-1 over the private key, the data and the
private key again, in base64. Calls go over HTTP, so never inside a transaction. The API lacks three things:

- It knows no idempotency. Where opening failed, it is asked again under another ``order_id``, for another page; after
  a crash under the same, which Epoint may refuse: then the buyer begins anew. Nobody was ever sent to the first page.
  A reversal would be made again, so each is asked once, and one without an answer waits for a person who looks into
  Epoint's own panel: the status query tells what was returned as a whole, not in parts.
- It closes no page. Who pays late gets the piece if it is still free, and else the money back.
- It lists nothing. ``recent`` asks about the shop's own payments, so what is reversed in Epoint's panel as a whole is
  heard of; parts are not.

Epoint's own words stay in the log; callers learn only whether trying again can help.
"""

import base64
import hashlib
import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qs

import requests
from django.conf import settings
from django.db.models import F, Q
from django.utils import translation
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from urllib3.exceptions import NewConnectionError

from orders import providers
from orders.models import Payment, Refund
from orders.providers import (
    BadSignature,
    Callback,
    OutcomeUnknown,
    ProviderFailed,
    ProviderRefund,
    ProviderRefused,
    ProviderState,
    ProviderStatus,
    ProviderUnavailable,
    RefundState,
    Report,
    Started,
)
from orders.providers.online import Online, meaning_of

logger = logging.getLogger(__name__)

# An Epoint that does not answer is not asked about every payment.
MOST_FAILURES = 5
RETURNED = "returned"
# Where nothing else is said; Epoint takes no other.
CURRENCY = "AZN"
_STATES = {
    "new": ProviderState.OPEN,
    "success": ProviderState.PAID,
    "failed": ProviderState.FAILED,
    "error": ProviderState.FAILED,
    # Paid, and sent back as a whole.
    RETURNED: ProviderState.PAID,
}


class _NeverLeft(ProviderUnavailable):
    """The request did not reach anybody, so nothing was done."""


class Epoint(Online):
    title = _("card (Epoint)")
    choice = _("By card, through Epoint")
    pay_now = _("Pay by card through Epoint")
    choice_note = _("You pay in manat on the secure page of Epoint. We never see your card.")
    is_refund_repeatable = False

    def is_configured(self) -> bool:
        return bool(settings.EPOINT_PRIVATE_KEY)

    def start(self, payment: Payment) -> Started:
        """Opens a page. Raises ProviderFailed where it is not known whether one was opened: its name is spent then."""
        try:
            told = _ask("request", _opening(payment))
        except ProviderUnavailable as error:
            raise ProviderFailed(str(error)) from error
        _expect_success(told)
        if not told.get("redirect_url") or not told.get("transaction"):
            raise ProviderFailed("Epoint: opened without a page")
        return Started(reference=str(told["transaction"]), redirect_url=str(told["redirect_url"]))

    def fetch_status(self, payment: Payment) -> ProviderStatus:
        told = _ask("get-status", {"transaction": payment.provider_reference})
        # Without a name it is the question that failed, not the payment.
        if told.get("status") == "error" and not told.get("transaction"):
            raise ProviderRefused("Epoint: no such payment")
        try:
            status = _status_of({**told, "transaction": payment.provider_reference})
        except ValueError as error:
            raise ProviderUnavailable(str(error)) from error
        if status is None:
            raise ProviderUnavailable(f"Epoint: status {told.get('status')}")
        return replace(status, refunds=_all_back(payment, status)) if told["status"] == RETURNED else status

    def expire(self, payment: Payment) -> None:
        """Epoint closes no page; a payment that comes all the same is sold or sent back."""

    def refund(self, refund: Refund) -> ProviderRefund:
        """Asks for the money once. Raises OutcomeUnknown where it cannot be told whether it went."""
        reversal = {
            "transaction": refund.payment.provider_charge,
            "amount": float(refund.amount),
            "currency": refund.payment.currency,
            "language": refund.payment.order.language,
        }
        try:
            told = _ask("reverse", reversal)
        except _NeverLeft:
            raise
        except ProviderUnavailable as error:
            raise OutcomeUnknown(str(error)) from error
        if told.get("status") not in {"success", "error"}:
            raise OutcomeUnknown("Epoint: an answer without a meaning")
        _expect_success(told)
        # A reversal has no name of its own.
        return ProviderRefund("", RefundState.DONE, refund.amount, key=str(refund.idempotency_key))

    def parse_callback(self, body: bytes, headers: Mapping[str, str]) -> Callback:
        try:
            form = parse_qs(body.decode())
            [data], [signed] = form["data"], form["signature"]
            if not constant_time_compare(signed, signature(data)):
                raise BadSignature
            payload = json.loads(base64.b64decode(data, validate=True))
        except (ValueError, KeyError) as error:
            raise BadSignature from error
        if not isinstance(payload, dict):
            raise BadSignature
        return Callback(event_id=_event_id(payload), type=str(payload.get("status", ""))[:100], payload=payload)

    def read(self, payload: dict[str, Any]) -> Report | None:
        status = _status_of(payload)
        # What was returned is asked about: a callback does not say what of it the shop knows.
        if status is None or not payload.get("order_id") or payload["status"] == RETURNED:
            return None
        order_code, _dash, rest = str(payload["order_id"]).partition("-")
        transaction = str(payload["transaction"])
        key = rest.partition("-")[0]
        return Report(transaction, charge=transaction, payment_key=key, order_code=order_code, status=status)

    def recent(self, since: datetime) -> Iterator[Report]:
        """Asks about the shop's own payments: were those paid after all that it holds for closed, whose pages stay

        open at Epoint; and were those that were paid returned in Epoint's panel?
        """
        own = Payment.objects.filter(provider__in=providers.codes_of(self), created_at__gte=since)
        closed = own.filter(status__in=[Payment.Status.EXPIRED, Payment.Status.FAILED], captured_amount=0)
        unreturned = own.filter(
            Q(captured_amount__gt=F("refunded_amount")) | Q(captured_amount__gt=0, refunds__done_at=None)
        )
        failures: list[str] = []
        for payment in (closed | unreturned).exclude(provider_reference="").select_related("order").distinct():
            try:
                yield from _reports(payment, self.fetch_status(payment))
            except ProviderRefused:
                # What Epoint does not know was never paid there.
                continue
            except Exception as error:
                logger.exception("Epoint: payment %s", payment.pk)
                failures.append(f"{payment.order.code}: {error!r}")
            if len(failures) == MOST_FAILURES:
                break
        if failures:
            raise ProviderUnavailable("; ".join(failures))


def _reports(payment: Payment, status: ProviderStatus) -> Iterator[Report]:
    code = payment.order.code
    yield Report(payment.provider_reference, order_code=code, status=status)
    for refund in status.refunds or ():
        yield Report(payment.provider_reference, order_code=code, refund=refund)


def _all_back(payment: Payment, status: ProviderStatus) -> tuple[ProviderRefund, ...]:
    """A payment that was returned as a whole: every refund that was decided here is done, and so is the rest."""
    waiting = payment.refunds.filter(done_at=None)
    own = [ProviderRefund("", RefundState.DONE, one.amount, key=str(one.idempotency_key)) for one in waiting]
    rest = (payment.captured_amount or status.amount) - payment.refunded_amount
    if rest > 0:
        own.append(ProviderRefund(f"{payment.provider_reference}-{RETURNED}", RefundState.DONE, rest))
    return tuple(own)


def signature(data: str) -> str:
    key = settings.EPOINT_PRIVATE_KEY
    # Epoint's own scheme; SHA-1 is not the shop's choice.
    return base64.b64encode(hashlib.sha1(f"{key}{data}{key}".encode()).digest()).decode()  # noqa: S324


def _opening(payment: Payment) -> dict[str, Any]:
    order = payment.order
    page = f"{settings.SITE_URL}{order.get_absolute_url()}"
    with translation.override(order.language):
        description = gettext("Order %(code)s") % {"code": order.code}
    return {
        # On the wire a number; a float's shortest text is the amount, for any sum that the database can hold.
        "amount": float(payment.amount),
        "currency": payment.currency,
        "language": order.language,
        "order_id": f"{order.code}-{payment.pk}-{payment.idempotency_key.hex[:8]}",
        "description": description,
        # Only a hint to look again at once; it decides nothing.
        "success_redirect_url": f"{page}?paid=1",
        "error_redirect_url": page,
    }


def _status_of(told: dict[str, Any]) -> ProviderStatus | None:
    """The word on one payment; None for what is none. Raises ValueError for a sum that cannot be read."""
    state = _STATES.get(str(told.get("status")))
    if state is None or not told.get("transaction"):
        return None
    try:
        amount = Decimal(str(told.get("amount") or 0))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or (state == ProviderState.PAID and amount <= 0):
        raise ValueError(f"Epoint: {told['status']}, and the sum is {told.get('amount')!r}")
    return ProviderStatus(state, amount, str(told.get("currency") or CURRENCY), charge=str(told["transaction"]))


def _event_id(payload: dict[str, Any]) -> str:
    """A callback has no name: what says the same of the same payment is the same callback."""
    names = ("transaction", "order_id", "status", "operation_code", "amount")
    said = json.dumps([str(payload.get(name, "")) for name in names])
    return hashlib.sha256(said.encode()).hexdigest()


def _expect_success(told: dict[str, Any]) -> None:
    if told.get("status") != "success":
        logger.warning("Epoint: %s, %s", told.get("status"), told.get("message"))
        raise ProviderRefused(f"Epoint: {told.get('status')}")


def _ask(action: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Raises _NeverLeft, ProviderUnavailable, ProviderRefused."""
    asked = {"public_key": settings.EPOINT_PUBLIC_KEY, **parameters}
    data = base64.b64encode(json.dumps(asked).encode()).decode()
    try:
        answer = requests.post(
            f"{settings.EPOINT_API_URL}/{action}",
            data={"data": data, "signature": signature(data)},
            timeout=settings.EPOINT_TIMEOUT_SECONDS,
            allow_redirects=False,
        )
    except requests.RequestException as error:
        kind = type(error).__name__
        logger.warning("Epoint: %s of %s", kind, action)
        raise (_NeverLeft if _has_never_left(error) else ProviderUnavailable)(f"Epoint: {kind}") from error
    if answer.status_code != requests.codes.ok:
        logger.warning("Epoint: status %s of %s", answer.status_code, action)
        raise meaning_of(answer.status_code)(f"Epoint: status {answer.status_code}")
    try:
        told = answer.json()
    except requests.JSONDecodeError as error:
        raise ProviderUnavailable("Epoint: no JSON") from error
    if not isinstance(told, dict) or told.get("status") == "server_error":
        raise ProviderUnavailable("Epoint: an answer without a meaning")
    return told


def _has_never_left(error: requests.RequestException) -> bool:
    if isinstance(error, requests.ConnectTimeout):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NewConnectionError)
