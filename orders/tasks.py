"""The modules whose functions the worker runs, and what their arguments are about, for people."""

from collections.abc import Iterable

from django.utils.translation import gettext

from dostshop import money
from dostshop.background import subjects
from orders import emails, expiry, invoice_documents, payments, reconciling, refunds, unclaimed
from orders.exchange import kinds
from orders.models import Invoice, Order, OrderMail, Payment, Refund

__all__ = ["emails", "expiry", "invoice_documents", "kinds", "payments", "reconciling", "refunds", "unclaimed"]


def orders(pks: Iterable[int]) -> dict[int, str]:
    return dict(Order.objects.filter(pk__in=pks).values_list("pk", "code"))


def their_payments(pks: Iterable[int]) -> dict[int, str]:
    return dict(Payment.objects.filter(pk__in=pks).values_list("pk", "order__code"))


def their_mails(pks: Iterable[int]) -> dict[int, str]:
    found = OrderMail.objects.filter(pk__in=pks).select_related("order")
    return {mail.pk: f"{mail.order.code}: {mail}" for mail in found}


def their_refunds(pks: Iterable[int]) -> dict[int, str]:
    found = Refund.objects.filter(pk__in=pks).select_related("payment__order")
    return {refund.pk: _refund(refund) for refund in found}


def _refund(refund: Refund) -> str:
    """With what became of it: the shop itself sends nothing of what is given by hand."""
    return f"{refund.payment.order.code}: {money.text(refund.amount)}, {refunds.state_of(refund).label}"


def their_invoices(pks: Iterable[int]) -> dict[int, str]:
    found = Invoice.objects.filter(pk__in=pks).select_related("order")
    return {invoice.pk: f"{invoice.order.code}: {invoice.number}" for invoice in found}


def taken_place_of(files: Iterable[str]) -> dict[str, str]:
    return {name: gettext("in place of %(file)s") % {"file": name} for name in files}


subjects.named_by("order_pk", orders)
subjects.named_by("payment_pk", their_payments)
subjects.named_by("mail_pk", their_mails)
subjects.named_by("refund_pk", their_refunds)
subjects.named_by("invoice_pk", their_invoices)
subjects.named_by("former", taken_place_of)
