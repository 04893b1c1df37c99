"""Mails of an order, in the order's language.

``enqueue`` writes the mail's row and its task in the caller's transaction; the worker sends it, once (see
``dostshop/mailing.py``). The row is unique by order, kind and what it is about.
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import F
from django.utils import timezone, translation
from procrastinate.contrib.django import app

from dostshop import mailing
from dostshop.background import failed
from dostshop.locks import outside_transactions
from orders import demand, invoice_documents, providers
from orders.contact import branch_to_ask
from orders.models import Fulfilment, Invoice, Order, OrderEvent, OrderMail, Refund, Return
from orders.models.order import SUMS_TYPED


def enqueue(order: Order, kind: str, *, about: str = "", wait: timedelta | None = None) -> None:
    """Sends this mail after the commit, unless the order had it already. Call with the order locked or new.

    ``wait``: it goes so much later, if it still holds then.
    """
    if order.mails.filter(kind=kind, about=about).exists():
        return
    mail = OrderMail.objects.create(order=order, kind=kind, about=about)
    # The lock keeps a second worker from sending the same mail at the same time.
    due = timezone.now() + wait if wait else None
    send.configure(lock=f"mail-{mail.pk}", schedule_at=due).defer(mail_pk=mail.pk)


@app.task(name="orders.send_mail", retry=mailing.AGAIN_UNLESS_A_PERSON_DECIDES)
@outside_transactions
def send(mail_pk: int) -> None:
    """Sends the mail, unless it was sent. Raises MayHaveGone until a person has the task run again, NoSuchAddress."""
    mail = OrderMail.objects.select_related("order__pickup_branch").get(pk=mail_pk)
    if mail.sent_at is None and _still_holds(mail):
        mailing.send(mail, compose(mail))


@failed.before_running_again(send.name)
def let_go_again(mail_pk: int) -> None:
    mailing.let_go_again(OrderMail.objects.filter(pk=mail_pk))


def _still_holds(mail: OrderMail) -> bool:
    """What asks for something, or promises something, is not sent once that is done.

    Nor is the first mail of an order that is paid or called off by then: the mail about that tells everything.
    """
    match mail.kind:
        case OrderMail.Kind.RECEIVED:
            return mail.order.status == Order.Status.AWAITING_PAYMENT
        case OrderMail.Kind.REMINDER:
            is_late = mail.order.payments.open().filter(demand.is_before_its_pieces()).exists()
            return mail.order.status == Order.Status.AWAITING_PAYMENT and not is_late
        case OrderMail.Kind.PAID_SHORT | OrderMail.Kind.SUM_TAKEN_BACK:
            return _is_last_word(mail) if mail.kind == OrderMail.Kind.PAID_SHORT else _was_asked_by_mistake(mail)
        case OrderMail.Kind.READY | OrderMail.Kind.UNCLAIMED:
            return demand.is_still_wanted(mail.order) and demand.is_all_there(mail.order)
        case OrderMail.Kind.PAID | OrderMail.Kind.HANDED_OVER:
            return not _is_told_with_more(mail)
    return True


def _is_told_with_more(mail: OrderMail) -> bool:
    """Whether another mail tells it: of a part, that about all; of the payment, that about pieces at the counter."""
    if mail.kind == OrderMail.Kind.PAID:
        return mail.order.mails.filter(kind=OrderMail.Kind.HANDED_OVER).exists()
    return bool(mail.about) and mail.order.status != Order.Status.PAID


def _is_last_word(mail: OrderMail) -> bool:
    """Whether the order waits, no other sum was typed since, and there is time to send the rest."""
    if mail.order.status != Order.Status.AWAITING_PAYMENT:
        return False
    typed = mail.order.events.filter(kind__in=SUMS_TYPED).last()
    in_time = mail.order.payments.open().filter(expires_at__gt=timezone.now())
    return typed is not None and mail.about == f"event-{typed.pk}" and in_time.exists()


def _was_asked_by_mistake(mail: OrderMail) -> bool:
    """Whether the buyer was asked for the rest of a sum that did not come, and has not paid the order since."""
    if mail.order.status in {Order.Status.PAID, Order.Status.COMPLETED}:
        return False
    return mail.order.mails.filter(kind=OrderMail.Kind.PAID_SHORT, begun_at__isnull=False).exists()


def compose(mail: OrderMail) -> EmailMultiAlternatives:
    """The mail as text and HTML."""
    order = mail.order
    with translation.override(order.language):
        context = _facts_of(order) | _subject_of(mail)
        name = f"order-{order.code}-{mail.kind}{mail.about}"
        return mailing.composed(f"emails/{mail.kind}", context, to=order.email, name=name)


def _facts_of(order: Order) -> dict[str, Any]:
    """What every mail may say of its order."""
    # The one that was paid last, else the one that is waited for.
    payment = order.payments.order_by(F("paid_at").desc(nulls_last=True), "-pk").first()
    parts = list(order.fulfilments.select_related("branch"))
    contact = branch_to_ask(order, part=parts[0])
    packed = order.parts_packed
    lines = list(order.lines.all())
    return {
        "order": order,
        "lines": lines,
        "has_makers": any(line.shares for line in lines),
        "order_url": settings.SITE_URL + order.get_absolute_url(),
        "is_open": order.status in {Order.Status.AWAITING_PAYMENT, Order.Status.PAID},
        "is_called_off": order.status in {Order.Status.CANCELLED, Order.Status.EXPIRED},
        "is_ready": all(part.arrived_at if order.pickup_branch else part.ready_at for part in parts),
        "parts_given": [part for part in packed if part.handed_over_at],
        "parts_left": [part for part in packed if not part.handed_over_at],
        "is_not_available": _is_not_available(order),
        "payment": payment,
        "instructions": providers.provider(payment.provider).instructions(payment) if payment else [],
        "pay_details": providers.provider(payment.provider).details(payment) if payment else [],
        "phone": contact.phone.as_international.replace(" ", "\u00a0") if contact and contact.phone else "",
    }


def _is_not_available(order: Order) -> bool:
    """Whether it was called off because it cannot be delivered."""
    called_off = order.events.filter(kind=OrderEvent.Kind.CANCELLED).last()
    return called_off is not None and called_off.data.get("reason") == Refund.Reason.NOT_AVAILABLE


def _subject_of(mail: OrderMail) -> dict[str, Any]:
    """The refund, part, return or invoice that the mail is about."""
    refund, returned, invoice = _refund_of(mail), _return_of(mail), _invoice_of(mail)
    return {
        "refund": refund,
        "is_online": refund is not None and refund.payment.provider in providers.codes_online(),
        "way_back": _way_back(refund) if refund else "",
        "part": _part_of(mail),
        "is_payment_news": _is_payment_news(mail),
        "returned": returned,
        "branch": returned.branch if returned else None,
        "invoice": invoice,
        "invoice_url": settings.SITE_URL + invoice.get_absolute_url() if invoice else "",
        "how_to_use_the_fiscal_number": invoice_documents.how_to_use_the_fiscal_number(),
    }


def _is_payment_news(mail: OrderMail) -> bool:
    """Whether no mail has told yet that the order is paid."""
    told = mail.order.mails.filter(kind__in=[OrderMail.Kind.PAID, OrderMail.Kind.HANDED_OVER], sent_at__isnull=False)
    return not told.exclude(pk=mail.pk).exists()


def _way_back(refund: Refund) -> str:
    """How its money went back: as it came, or by hand from where it came in; else the provider could not send it."""
    code = refund.payment.provider
    if code in providers.codes_paid_on_pickup():
        return "at_branch"
    if code in providers.codes_by_transfer():
        return "to_account"
    return "as_it_came" if code in providers.codes_online() and not refund.is_by_hand else "otherwise"


def _refund_of(mail: OrderMail) -> Refund | None:
    kind, _dash, pks = mail.about.partition("-")
    if kind != "refund":
        return None
    # What came back, and what goes again, names the time, too.
    return Refund.objects.select_related("payment").get(pk=pks.partition("-")[0])


def _part_of(mail: OrderMail) -> Fulfilment | None:
    kind, _dash, pks = mail.about.partition("-")
    if kind != "part":
        return None
    # A correction names its event, too.
    return (
        Fulfilment.objects.select_related("branch")
        .prefetch_related("lines__refund_lines__refund")
        .get(pk=pks.partition("-")[0])
    )


def _return_of(mail: OrderMail) -> Return | None:
    kind, _dash, pk = mail.about.partition("-")
    returns = Return.objects.select_related("branch").prefetch_related("lines__line")
    return returns.get(pk=pk) if kind == "return" else None


def _invoice_of(mail: OrderMail) -> Invoice | None:
    """The invoice or credit note that the mail brings, if any."""
    invoices = Invoice.objects.select_related("order")
    match mail.kind:
        case OrderMail.Kind.PAID | OrderMail.Kind.HANDED_OVER | OrderMail.Kind.RECEIPT:
            return invoices.filter(order=mail.order, kind=Invoice.Kind.INVOICE).first()
        case OrderMail.Kind.REFUNDED:
            return invoices.filter(refund=_refund_of(mail)).first()
    return None
