"""Mails of an order, in the order's language.

``enqueue`` writes the mail's row and its task in the caller's transaction; the worker sends it. The row is
unique by order and kind and remembers that it was sent, so none goes twice.
"""

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import timezone, translation
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from dostshop.locks import outside_transactions
from orders import invoice_documents, providers
from orders.models import Fulfilment, Invoice, Order, OrderMail, Refund, Return


def enqueue(order: Order, kind: str, *, about: str = "") -> None:
    """Sends this mail after the commit, unless the order had it already. Call with the order locked or new."""
    if order.mails.filter(kind=kind, about=about).exists():
        return
    mail = OrderMail.objects.create(order=order, kind=kind, about=about)
    # The lock keeps a second worker from sending the same mail at the same time.
    send.configure(lock=f"mail-{mail.pk}").defer(mail_pk=mail.pk)


@app.task(name="orders.send_mail", retry=RetryStrategy(max_attempts=12, exponential_wait=3))
@outside_transactions
def send(mail_pk: int) -> None:
    mail = OrderMail.objects.select_related("order__pickup_branch").get(pk=mail_pk)
    if mail.sent_at is None:
        compose(mail).send()
        OrderMail.objects.filter(pk=mail_pk).update(sent_at=timezone.now())


def compose(mail: OrderMail) -> EmailMultiAlternatives:
    """The mail as text and HTML."""
    order = mail.order
    # The one that was paid last, else the one that is waited for.
    payment = order.payments.order_by(F("paid_at").desc(nulls_last=True), "-pk").first()
    returned = _return_of(mail)
    invoice = _invoice_of(mail)
    with translation.override(order.language):
        context = {
            "order": order,
            "lines": order.lines.all(),
            "payment": payment,
            "instructions": providers.provider(payment.provider).instructions(payment) if payment else [],
            "pay_details": providers.provider(payment.provider).details(payment) if payment else [],
            "refund": _refund_of(mail),
            "part": _part_of(mail),
            "is_online": payment is not None and payment.provider in providers.codes_online(),
            "returned": returned,
            "branch": returned.sent_to if returned else None,
            "invoice": invoice,
            "invoice_url": settings.SITE_URL + invoice.get_absolute_url() if invoice else "",
            "how_to_use_the_fiscal_number": invoice_documents.how_to_use_the_fiscal_number(),
            "order_url": settings.SITE_URL + order.get_absolute_url(),
            "site_url": settings.SITE_URL,
        }
        folder = f"emails/{mail.kind}"
        message = EmailMultiAlternatives(
            subject=" ".join(render_to_string(f"{folder}/subject.txt", context).split()),
            body=render_to_string(f"{folder}/body.txt", context),
            to=[order.email],
            # A mail sent again after a crash is the same message to the reader's mail program.
            headers={"Message-ID": f"<order-{order.code}-{mail.kind}{mail.about}@{settings.ALLOWED_HOSTS[0]}>"},
        )
        message.attach_alternative(render_to_string(f"{folder}/body.html", context), "text/html")
    return message


def _refund_of(mail: OrderMail) -> Refund | None:
    kind, _dash, pk = mail.about.partition("-")
    return Refund.objects.get(pk=pk) if kind == "refund" else None


def _part_of(mail: OrderMail) -> Fulfilment | None:
    kind, _dash, pk = mail.about.partition("-")
    return Fulfilment.objects.select_related("branch").get(pk=pk) if kind == "part" else None


def _return_of(mail: OrderMail) -> Return | None:
    kind, _dash, pk = mail.about.partition("-")
    returns = Return.objects.prefetch_related("lines__line__fulfilment__branch")
    return returns.get(pk=pk) if kind == "return" else None


def _invoice_of(mail: OrderMail) -> Invoice | None:
    """The invoice or credit note that the mail brings, if any."""
    invoices = Invoice.objects.select_related("order")
    match mail.kind:
        case OrderMail.Kind.PAID | OrderMail.Kind.RECEIPT:
            return invoices.filter(order=mail.order, kind=Invoice.Kind.INVOICE).first()
        case OrderMail.Kind.REFUNDED:
            return invoices.filter(refund=_refund_of(mail)).first()
    return None
