"""The mails of an order: one of each kind, in the order's language, as text and HTML."""

import re
from typing import Any

import pytest
from django.core import mail
from django.utils import translation

from artisans.models import Branch
from orders import emails, payments, refunds
from orders.models import Order, OrderMail, Refund, Return, ReturnLine
from tests.factories import UserFactory, order_of, piece

pytestmark = pytest.mark.django_db

KINDS = OrderMail.Kind.values
LANGUAGES = ["az", "ru", "en"]


def refunded(order: Order) -> Refund:
    payments.mark_paid(order.pk, actor=UserFactory.create(is_staff=True))
    what = refunds.Sum({line.pk: line.quantity for line in order.lines.all()})
    return refunds.decide(order.pk, what=what, reason=Refund.Reason.RETURNED)


def returned(order: Order) -> Return:
    wish = Return.objects.create(order=order, reason=Return.Reason.CHANGED_MIND, answer="<b>Salam</b>")
    for line in order.lines.all():
        ReturnLine.objects.create(returned=wish, line=line, quantity=line.quantity)
    return wish


def composed(order: Order, kind: str) -> tuple[str, str, str]:
    """Subject, text and HTML."""
    about = ""
    if kind == OrderMail.Kind.REFUNDED:
        about = f"refund-{refunded(order).pk}"
    elif kind == OrderMail.Kind.SHIPPED:
        about = f"part-{order.fulfilments.get().pk}"
    elif kind.startswith("return_"):
        about = f"return-{returned(order).pk}"
    letter, _ = OrderMail.objects.get_or_create(order=order, kind=kind, about=about)
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
        assert f"http://localhost:8000{order.get_absolute_url()}" in body
        assert "None" not in body
        assert "{" not in body.split("</style>")[-1]
    assert f'<html lang="{language}">' in html
    assert not re.search(r"&(amp|quot|#x27);", text)


def test_texts_differ_by_language() -> None:
    subjects = set()
    for language in LANGUAGES:
        order = order_of(piece(), language=language)
        subjects.add(composed(order, "received")[0].replace(order.code, ""))
    assert len(subjects) == 3


def test_a_branch_without_an_address_leaves_no_hole_in_the_mail() -> None:
    order = order_of(piece(), language="en", provider="branch")
    _, text, html = composed(order, "ready")
    assert all("wait for you at Baku – DOST Centre, Sınaq küçəsi 1." in body for body in (text, html))

    closed: dict[str, Any] = {"offers_pickup": False, "address_az": ""}
    Branch.objects.filter(slug="baku").update(**closed)
    _, text, html = composed(order, "ready")
    assert all("wait for you at Baku – DOST Centre." in body for body in (text, html))


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


def test_enqueueing_twice_is_one_mail() -> None:
    order = order_of(piece())
    for _ in range(2):
        emails.enqueue(order, OrderMail.Kind.PAID)
    assert order.mails.filter(kind="paid").count() == 1
