"""Pieces that nobody fetches: one reminder, at the right time, and none for what is not there."""

from datetime import timedelta

import pytest
from django.db.models import F

from orders import emails, fulfilment, payments, refunds, unclaimed
from orders.models import Fulfilment, Order, Refund
from tests.factories import hand_out, order_of, piece, worker

pytestmark = pytest.mark.django_db


def waiting(*, days: int, provider: str = "branch", is_paid: bool = True) -> Order:
    order = order_of(piece(), provider=provider)
    if is_paid:
        payments.mark_paid(order.pk, actor=worker())
    fulfilment.mark_ready(order.fulfilments.get().pk, actor=worker())
    Fulfilment.objects.filter(order=order).update(arrived_at=F("arrived_at") - timedelta(days=days))
    return order


def reminded() -> list[str]:
    unclaimed.remind_all(timestamp=0)
    return list(Order.objects.filter(mails__kind="unclaimed").order_by("pk").values_list("code", flat=True))


def test_the_buyer_is_reminded_once_after_a_week() -> None:
    late, punctual = waiting(days=8), waiting(days=6)
    assert reminded() == [late.code]
    assert reminded() == [late.code]
    unclaimed.remind(late.pk)
    unclaimed.remind(punctual.pk)
    assert late.mails.filter(kind="unclaimed").count() == 1
    assert not punctual.mails.filter(kind="unclaimed").exists()


def test_nobody_is_reminded_of_what_is_not_there_for_them() -> None:
    waiting(days=8, is_paid=False)
    hand_out(waiting(days=8))
    given_back = waiting(days=8)
    refunds.decide(
        given_back.pk, what=refunds.Sum({given_back.lines.get().pk: 1}), reason=Refund.Reason.GOODWILL, actor=worker()
    )
    of_two = order_of(piece(), piece(branch__slug="barda"), provider="branch")
    payments.mark_paid(of_two.pk, actor=worker())
    here, there = of_two.fulfilments.order_by("branch__position")
    fulfilment.mark_ready(here.pk, actor=worker())
    Fulfilment.objects.filter(pk=here.pk).update(arrived_at=F("arrived_at") - timedelta(days=30))
    assert reminded() == []
    fulfilment.mark_ready(there.pk, actor=worker())
    fulfilment.mark_arrived(there.pk, actor=worker())
    assert reminded() == []


@pytest.mark.parametrize("language", ["az", "ru", "en"])
def test_the_mail_brings_the_place_and_the_code(language: str) -> None:
    order = waiting(days=8)
    Order.objects.filter(pk=order.pk).update(language=language)
    assert reminded()
    message = emails.compose(order.mails.get(kind="unclaimed"))
    [(html, _type)] = message.alternatives
    for body in (str(message.body), str(html)):
        assert str(order.pickup_code) in body
        assert order.get_absolute_url() in body
