"""The mails of an order: one of each kind, in the order's language, as text and HTML."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.db.models import F
from django.utils import timezone, translation
from django.utils.formats import date_format
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import Job

from artisans.models import Branch
from dostshop import mailing
from dostshop.accounts.models import User
from dostshop.background import failed
from orders import cancelling, emails, fulfilment, invoices, payments, refunds
from orders.delivery import delivery_for
from orders.models import Order, OrderMail, Payment, Refund, Return, ReturnLine
from orders.providers import ProviderState, ProviderStatus
from tests.factories import BranchFactory, UserFactory, bag_with, delivery_method, hand_out, order_of, piece, place
from tests.mail_server import MailServer

pytestmark = pytest.mark.django_db

KINDS = OrderMail.Kind.values
LANGUAGES = ["az", "ru", "en"]


def staff() -> User:
    found: User = UserFactory.create(is_staff=True, is_superuser=True)
    return found


def refunded(order: Order) -> Refund:
    payments.mark_paid(order.pk, actor=staff())
    what = refunds.Sum({line.pk: line.quantity for line in order.lines.all()})
    return refunds.decide(order.pk, what=what, reason=Refund.Reason.RETURNED)


def paid_too_late(order: Order) -> OrderMail:
    if order.status == Order.Status.AWAITING_PAYMENT:
        cancelling.cancel(order.pk)
    payment = order.payments.get()
    payments.apply_status(payment.pk, ProviderStatus(ProviderState.PAID, payment.amount, "AZN", "pi_late"))
    return order.mails.get(kind=OrderMail.Kind.PAID_TOO_LATE)


def returned(order: Order) -> Return:
    branch = order.fulfilments.get().branch
    wish = Return.objects.create(
        order=order,
        branch=branch,
        reason=Return.Reason.CHANGED_MIND,
        answer="<b>Salam</b>",
        accepted_at=datetime(2026, 3, 20, 20, 30, tzinfo=UTC),
    )
    for line in order.lines.all():
        ReturnLine.objects.create(returned=wish, line=line, quantity=line.quantity)
    return wish


def written(order: Order, kind: str) -> OrderMail:
    """The row of such a mail, with what it is about."""
    about = ""
    if kind in {OrderMail.Kind.REFUNDED, OrderMail.Kind.CAME_BACK}:
        about = f"refund-{refunded(order).pk}"
    elif kind in {OrderMail.Kind.SHIPPED, OrderMail.Kind.NUMBER_CORRECTED}:
        order.fulfilments.update(handed_over_at=timezone.now(), returnable_until=timezone.localdate())
        about = f"part-{order.fulfilments.get().pk}"
    elif kind.startswith("return_"):
        about = f"return-{returned(order).pk}"
    elif kind == OrderMail.Kind.PAID_TOO_LATE:
        return paid_too_late(order)
    elif kind == OrderMail.Kind.RECEIPT:
        payments.mark_paid(order.pk, actor=staff())
        invoices.set_fiscal_id(order.invoices.get().pk, fiscal_id="5D8yQe3VQ1aX")
        return order.mails.get(kind=kind)
    return OrderMail.objects.get_or_create(order=order, kind=kind, about=about)[0]


def composed(order: Order, kind: str) -> tuple[str, str, str]:
    """Subject, text and HTML."""
    return read(written(order, kind))


def read(letter: OrderMail) -> tuple[str, str, str]:
    message = emails.compose(letter)
    [(html, mime_type)] = message.alternatives
    assert mime_type == "text/html"
    return str(message.subject), str(message.body), str(html)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_mail_says_what_was_bought_and_where_to_follow_it(kind: str, language: str) -> None:
    order = order_of(piece(), language=language, provider="branch")
    with translation.override("en" if language != "en" else "az"):
        subject, text, html = composed(order, kind)
    name = {"az": "Firuzəyi badyə", "ru": "Бирюзовая чаша", "en": "Turquoise bowl"}[language]
    assert order.code in subject
    assert "\n" not in subject
    for body in (text, html):
        assert name in body
        assert "38,00\u00a0AZN" in body
        # One sign for money: not every mail program's letters have ₼.
        assert "₼" not in body
        assert "+994\u00a012\u00a0" in body
        assert f"http://localhost:8000{order.get_absolute_url()}" in body
        assert "None" not in body
        assert "{" not in body.split("</style>")[-1]
    assert f'<html lang="{language}">' in html
    assert not re.search(r"&(amp|quot|#x27);", text)


@pytest.mark.parametrize("kind", KINDS)
def test_no_sentence_of_a_mail_is_left_in_another_language(kind: str) -> None:
    order = order_of(piece(), language="az", provider="branch")
    said: dict[str, set[str]] = {}
    for language in LANGUAGES:
        order.language = language
        letter = order.mails.filter(kind=kind).first() or written(order, kind)
        letter.order = order
        message = emails.compose(letter)
        said[language] = {
            *sentences(f"{message.subject}\n{message.body}", order),
            *sentences(re.sub("<[^>]*>", "\n", str(message.alternatives[0][0])), order),
        }
    assert all(len(lines) > 5 for lines in said.values())
    assert not said["az"] & said["ru"] | said["az"] & said["en"] | said["ru"] & said["en"]


def sentences(text: str, order: Order) -> set[str]:
    """The lines that have words, besides names, addresses and sums."""
    names = [order.code, str(order.pickup_code), order.name, *(line.name for line in order.lines.all())]
    own = [*names, "<b>Salam</b>", "&lt;b&gt;Salam&lt;/b&gt;", "5D8yQe3VQ1aX", "AZN", "DOST"]
    for word in own:
        text = text.replace(word, "")
    lines = {line.strip() for line in text.splitlines() if "http" not in line}
    return {line for line in lines if re.search(r"[^\W\d_]{2}", line)}


def test_a_branch_without_an_address_leaves_no_hole_in_the_mail() -> None:
    order = order_of(piece(), language="en", provider="branch")
    _, text, html = composed(order, "ready")
    assert all("wait for you at Baku – DOST Centre, Sınaq küçəsi 1." in body for body in (text, html))

    closed: dict[str, Any] = {"offers_pickup": False, "address_az": ""}
    Branch.objects.filter(slug="baku").update(**closed)
    _, text, html = composed(order, "ready")
    assert all("wait for you at Baku – DOST Centre." in body for body in (text, html))
    _, text, html = composed(order, "return_accepted")
    assert all("labels, to Baku – DOST Centre, or bring them" in body for body in (text, html))


@pytest.mark.parametrize("reason", Return.Reason.values)
def test_what_we_did_wrong_is_sent_back_as_it_came_at_our_cost(reason: str) -> None:
    order = order_of(piece(), language="en", provider="branch")
    letter = written(order, "return_accepted")
    Return.objects.update(reason=reason)
    _, text, html = read(letter)
    ours = reason != Return.Reason.CHANGED_MIND
    assert all(("We pay for the post" in body) is ours for body in (text, html))
    assert all(("unused and with their labels" in body) is not ours for body in (text, html))
    assert all(("you pay for the post" in body) is not ours for body in (text, html))
    # In Baku it was the 21st by then.
    assert all("by 4 April." in body for body in (text, html))


@pytest.mark.parametrize("reason", [Refund.Reason.NOT_AVAILABLE, Refund.Reason.CANCELLED])
def test_the_mail_says_why_an_order_was_called_off_and_apologises(reason: str) -> None:
    order = order_of(piece(), language="en", provider="branch")
    payments.mark_paid(order.pk, actor=staff())
    cancelling.call_off(order.pk, actor=staff(), why=cancelling.Why(reason, to_buyer="The kiln broke."))
    _, text, html = read(order.mails.get(kind="cancelled"))
    is_ours = reason == Refund.Reason.NOT_AVAILABLE
    for body in (text, html):
        assert ("We cannot deliver the pieces of your order, so we had to cancel it. We are sorry." in body) is is_ours
        assert "You get back 38,00\u00a0AZN, the way you paid" in body
        assert "The kiln broke." in body

    order.refresh_from_db()
    refunds.mark_given_back(Refund.objects.get().pk, actor=staff())
    _, text, html = read(order.mails.get(kind="refunded"))
    for body in (text, html):
        assert "We have given you back 38,00\u00a0AZN." in body
        assert not any(told in body for told in ("We are sorry", "Turquoise bowl", "The kiln broke."))


def test_how_to_pay_at_the_branch_does_not_name_it_again() -> None:
    order = order_of(piece(), provider="branch")
    fulfilment.mark_all_ready(order.pk, actor=staff())
    for body in composed(order, "ready")[1:]:
        # Once more beside the price of the delivery.
        assert body.count(str(order.pickup_branch)) == 2


def test_a_piece_that_was_faulty_is_apologised_for() -> None:
    order = order_of(piece(), language="en", provider="branch")
    payments.mark_paid(order.pk, actor=staff())
    what = refunds.Sum({order.lines.get().pk: 1})
    refund = refunds.decide(order.pk, what=what, reason=Refund.Reason.FAULTY)
    refunds.mark_given_back(refund.pk, actor=staff())
    _, text, html = read(order.mails.get(kind="refunded"))
    assert all("A piece was damaged or not as described. We are sorry." in body for body in (text, html))


def sent_order(*slugs: str, **changes: Any) -> Order:
    """A parcel, with a piece of each of these branches."""
    method = delivery_method()
    bag = bag_with(*(piece(branch=BranchFactory.create(slug=slug)) for slug in slugs))
    option = delivery_for(list(bag.lines.all())).get(f"post-{method.pk}")
    where = {"address": "Sınaq küçəsi 1", "city": "Gəncə", "postcode": "AZ2000", "country": "AZ"}
    return place(bag, option=option, language="en", **where, **changes)


def test_a_deadline_names_the_day_of_the_week() -> None:
    order = order_of(piece(), language="en", provider="branch")
    _, text, html = composed(order, "received")
    until = timezone.localtime(order.payments.get().expires_at)
    assert order.promised_on is not None
    for body in (text, html):
        assert f"until {until.day} {until:%B (%A), %H:%M}. You pay" in body
        ready = f"Ready for pickup from about {order.promised_on.day} {order.promised_on:%B (%A)}."
        assert f"{ready} We will write to you when everything is ready." in body


@pytest.mark.parametrize(("language", "day"), [("az", "çərşənbə"), ("ru", "среда"), ("en", "Wednesday")])
def test_the_days_of_the_week_are_written_as_within_a_sentence(language: str, day: str) -> None:
    with translation.override(language):
        assert date_format(date(2026, 12, 2), "l") == day


def test_what_is_ready_is_not_promised_again() -> None:
    order = order_of(piece(), language="en", provider="branch")
    fulfilment.mark_all_ready(order.pk, actor=staff())
    for kind in ("received", "reminder", "ready"):
        _, text, html = composed(order, kind)
        assert "You pay when you pick them up." in text
        assert all("We will write to you" not in body for body in (text, html))
        assert all("Ready for pickup from" not in body for body in (text, html))
    payments.mark_paid(order.pk, actor=staff())
    _, text, html = composed(order, "paid")
    assert all("Your pieces wait for you at Baku – DOST Centre." in body for body in (text, html))
    assert all("preparing" not in body for body in (text, html))


def test_what_is_not_ready_is_promised_when_it_is_paid() -> None:
    order = order_of(piece(), language="en", provider="branch")
    payments.mark_paid(order.pk, actor=staff())
    _, text, html = composed(order, "paid")
    assert all("We are preparing the pieces" in body and "from about" in body for body in (text, html))


def test_whoever_pays_at_once_gets_one_mail_and_it_tells_what_the_first_would_have() -> None:
    order = order_of(piece(), language="en")
    payment = order.payments.get()
    payments.apply_status(payment.pk, ProviderStatus(ProviderState.PAID, payment.amount, "AZN", "pi_1"))
    for letter in order.mails.order_by("pk"):
        emails.send(mail_pk=letter.pk)
    [message] = mail.outbox
    assert message.subject == f"Order {order.code} is paid"
    for told in ("Turquoise bowl", "Pickup: Baku", "Total: 38,00\u00a0AZN", order.get_absolute_url()):
        assert told in message.body


@pytest.mark.parametrize(("provider", "minutes"), [("stripe", 3), ("branch", 0)])
def test_the_first_mail_waits_while_the_buyer_is_on_a_payment_page(provider: str, minutes: int) -> None:
    before = timezone.now()
    letter = order_of(piece(), provider=provider).mails.get()
    due = ProcrastinateJob.objects.get(task_name=emails.send.name, args__mail_pk=letter.pk).scheduled_at
    assert minutes == (round((due - before).total_seconds() / 60) if due else 0)


def test_a_parcels_mails_say_where_it_goes_and_how_long_it_takes() -> None:
    order = sent_order("baku")
    for kind in ("received", "paid"):
        _, text, html = composed(order, kind)
        for body in (text, html):
            assert "To: Leyla Quliyeva, Sınaq küçəsi 1, AZ2000 Gəncə, Azerbaijan" in body
            assert body.count("Delivery takes 1–5 working days.") == 1


def test_each_parcel_names_its_branch_pieces_and_number_once() -> None:
    order = sent_order("baku", "barda", provider="transfer")
    payments.mark_paid(order.pk, actor=staff(), amount=order.total)
    for part in order.fulfilments.all():
        fulfilment.ship(part.pk, carrier="Azərpoçt", tracking_number=f"RR{part.pk}AZ", actor=staff())
        _, text, html = read(order.mails.get(about=f"part-{part.pk}"))
        with translation.override("en"):
            sentence = f"We sent a parcel from {part.branch.name}:"
        for body in (text, html):
            assert sentence in body
            assert f"RR{part.pk}AZ" in body
            assert body.count("Delivery takes 1–5 working days.") == 1


@pytest.mark.parametrize("kind", ["cancelled", "expired", "paid_too_late", "handed_over"])
def test_nobody_is_sent_to_a_branch_where_nothing_waits(kind: str) -> None:
    order = order_of(piece(), language="en", provider="branch")
    cancelling.cancel(order.pk)
    order.refresh_from_db()
    _, text, html = composed(order, kind)
    assert all("Sınaq küçəsi 1" not in body and "09:00" not in body for body in (text, html))


def test_the_sums_of_a_refund_add_up() -> None:
    order = order_of(piece(price="40.00"), language="en", provider="branch")
    payments.mark_paid(order.pk, actor=staff())
    line = order.lines.get()
    less = refunds.Sum({line.pk: 1}, deduction=Decimal("2.50"), to_buyer="The label is <missing>.")
    returned_money = refunds.decide(order.pk, what=less, reason=Refund.Reason.RETURNED)
    kindness = refunds.decide(order.pk, what=refunds.Sum(goodwill=Decimal("1.20")), reason="goodwill")
    for refund, rows in (
        (
            returned_money,
            [
                "40,00\u00a0AZN",
                "Kept back",
                "–2,50\u00a0AZN",
                "37,50\u00a0AZN",
                "It is for the pieces that you returned.",
            ],
        ),
        (kindness, ["Goodwill", "1,20\u00a0AZN", "It is a compensation from us."]),
    ):
        letter = OrderMail.objects.create(order=order, kind="refunded", about=f"refund-{refund.pk}")
        _, text, html = read(letter)
        assert all(row in body for row in rows for body in (text, html)), (text, rows)
        assert ("Kept back" in text) == (refund == returned_money)
        assert ("The label is <missing>." in text) == (refund == returned_money)
        assert ("The label is &lt;missing&gt;." in html) == (refund == returned_money)


def test_what_was_paid_at_a_branch_is_said_to_be_given_back_there() -> None:
    order = order_of(piece(), language="en", provider="branch")
    subject, text, html = composed(order, "refunded")
    assert subject == f"38,00 AZN of order {order.code} is back with you"
    for body in (text, html):
        assert "We have given you back 38,00\u00a0AZN." in body
        assert "You paid at Baku – DOST Centre, and the money was given back to you there, at the counter." in body
        assert "transfer" not in body


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_mail_leaves_out_leaves_no_gap(kind: str) -> None:
    _, text, _ = composed(order_of(piece(), provider="branch"), kind)
    assert "\n\n\n" not in text
    assert not re.search(r"[ \t]\n", text)


def test_nothing_typed_can_break_out_of_a_mail() -> None:
    order = order_of(piece(), name="<b>Bcc: x@example.com</b>\r\nTo: y")
    _, text, html = composed(order, "received")
    assert "<b>Bcc" not in html
    assert "<b>Bcc" in text


def test_a_mail_is_sent_once_however_often_its_task_runs() -> None:
    order = order_of(piece())
    letter = order.mails.get(kind="received")
    for _ in range(3):
        emails.send(mail_pk=letter.pk)
    assert [message.to for message in mail.outbox] == [[order.email]]
    letter.refresh_from_db()
    assert letter.sent_at is not None


@pytest.mark.parametrize(("kind", "sent"), [("reminder", 0), ("ready", 0), ("received", 0), ("cancelled", 1)])
def test_what_an_order_no_longer_asks_for_is_not_sent_late(kind: str, *, sent: int) -> None:
    order = order_of(piece(), provider="branch")
    late = written(order, kind)
    OrderMail.objects.filter(order=order, kind=kind).update(sent_at=None)
    cancelling.cancel(order.pk)
    emails.send(mail_pk=late.pk)
    assert len(mail.outbox) == sent


def lying_at_the_branch(kind: str) -> OrderMail:
    order = order_of(piece(), provider="branch")
    payments.mark_paid(order.pk, actor=staff())
    fulfilment.mark_all_ready(order.pk, actor=staff())
    return written(order, kind)


@pytest.mark.parametrize("kind", ["ready", "unclaimed"])
def test_nobody_is_called_for_what_was_fetched_or_given_back_meanwhile(kind: str) -> None:
    waits, fetched, given_back = (lying_at_the_branch(kind) for _ in range(3))
    hand_out(fetched.order)
    # As where the provider gave all of it back: the order stays paid.
    Payment.objects.filter(order=given_back.order_id).update(refunded_amount=F("captured_amount"))
    for letter in (waits, fetched, given_back):
        emails.send(mail_pk=letter.pk)
    assert [message.subject.count(waits.order.code) for message in mail.outbox] == [1]


def test_enqueueing_twice_is_one_mail() -> None:
    order = order_of(piece())
    for _ in range(2):
        emails.enqueue(order, OrderMail.Kind.PAID)
    assert order.mails.filter(kind="paid").count() == 1


def retries(error: Exception) -> bool:
    job = Job(id=1, queue="q", lock=None, queueing_lock=None, task_name="orders.send_mail", attempts=1)
    assert emails.send.retry_strategy
    return emails.send.retry_strategy.get_retry_decision(exception=error, job=job) is not None


def test_what_the_mail_server_refuses_is_sent_later(mail_server: type[MailServer]) -> None:
    letter = order_of(piece()).mails.get()
    busy = SMTPDataError(451, b"try again later")
    mail_server.answers = [busy, None]
    with pytest.raises(SMTPDataError):
        emails.send(letter.pk)
    assert retries(busy)
    emails.send(letter.pk)
    emails.send(letter.pk)
    assert len(mail_server.taken) == 1


def test_what_may_have_gone_is_sent_again_by_a_person_alone(mail_server: type[MailServer]) -> None:
    letter = order_of(piece()).mails.get()
    mail_server.answers = [KeyboardInterrupt(), None]
    # The mail server has it, and the worker dies before it can say so.
    with pytest.raises(KeyboardInterrupt):
        emails.send(letter.pk)
    with pytest.raises(mailing.MayHaveGone) as raised:
        emails.send(letter.pk)
    assert not retries(raised.value)
    # However often the queue has it done again.
    with pytest.raises(mailing.MayHaveGone):
        emails.send(letter.pk)
    assert len(mail_server.taken) == 1
    job = ProcrastinateJob.objects.filter(task_name=emails.send.name, args__mail_pk=letter.pk)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE id = %s", [job.get().pk])
    failed.run_again(job.get().pk)
    emails.send(letter.pk)
    assert len(mail_server.taken) == 2
    letter.refresh_from_db()
    assert letter.sent_at


@pytest.mark.parametrize(("code", "is_final"), [(450, False), (550, True), (553, True)])
def test_an_address_that_is_refused_for_good_waits_for_a_person(
    mail_server: type[MailServer], code: int, *, is_final: bool
) -> None:
    letter = order_of(piece()).mails.get()
    mail_server.answers = [SMTPRecipientsRefused({letter.order.email: (code, b"no such user")}), None]
    with pytest.raises(mailing.NoSuchAddress if is_final else SMTPRecipientsRefused) as raised:
        emails.send(letter.pk)
    assert retries(raised.value) != is_final
    emails.send(letter.pk)
    assert len(mail_server.taken) == 1
