"""The counter of a branch: codes, money and pieces; by role."""

from collections.abc import Iterator

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import DjangoAssertNumQueries

from orders import cancelling, emails, fulfilment, payments
from orders.models import Order, Stock
from tests.admin.conftest import english
from tests.factories import UserFactory, hand_out, order_of, piece, worker
from tests.orders.conftest import of

pytestmark = pytest.mark.django_db

COUNTER = "/en/staff/counter/"


@pytest.fixture(autouse=True)
def _nobody_has_tried_yet() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def order() -> Order:
    return order_of(piece(), provider="branch")


def shown(client: Client, address: str, data: dict[str, str] | None = None) -> str:
    answer = client.get(address) if data is None else client.post(address, data, follow=True)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def counter(order: Order, step: str = "") -> str:
    return f"{COUNTER}{order.code}/{step}"


def submitted(typed: dict[str, str]) -> dict[str, str]:
    """As the dialog of the admin sends it."""
    return {"_form_submitted": "on", **typed}


def test_from_the_code_to_the_buyers_hands(baku: Client, order: Order) -> None:
    code = str(order.pickup_code)
    page = shown(baku, COUNTER, {"code": f" {code[:2].lower()}-{code[2:].lower()} "})
    assert order.code in page
    assert "Not paid: take 38,00 ₼" in page
    assert "Turquoise bowl" in page
    assert "The buyer has the pieces" not in page

    page = shown(baku, counter(order, "paid/"), {})
    assert "Now hand over the pieces" in page
    # It was typed to find the order.
    assert f'<input type="hidden" name="code" value="{code}">' in page
    order.refresh_from_db()
    assert order.status == Order.Status.PAID

    shown(baku, counter(order, "handed-over/"), {"code": str(order.pickup_code)})
    order.refresh_from_db()
    assert order.status == Order.Status.COMPLETED
    assert order.fulfilments.get().handed_over_at is not None
    assert order.mails.filter(kind="handed_over").count() == 1
    assert order.events.get(kind="handed_over").actor_id == int(baku.session["_auth_user_id"])


def test_from_the_work_list_the_code_is_asked_for(baku: Client, order: Order) -> None:
    payments.mark_paid(order.pk, actor=UserFactory.create())
    page = shown(baku, counter(order))
    assert "Pickup code" in page
    assert str(order.pickup_code) not in page
    refused = {"": "Type the pickup code, or say why", "AAAAA": "This is not the pickup code", "A" * 41: "at most 40"}
    for code, sentence in refused.items():
        assert sentence in shown(baku, counter(order, "handed-over/"), {"code": code, "note": " "})
    # A wrong code is not mended by a reason.
    assert "not the pickup code" in shown(baku, counter(order, "handed-over/"), {"code": "AAAAA", "note": "hurry"})
    assert order.fulfilments.get().handed_over_at is None
    typed = f" {str(order.pickup_code)[:2].lower()}-{str(order.pickup_code)[2:]} "
    assert "Handed over." in shown(baku, counter(order, "handed-over/"), {"code": typed})
    assert order.events.get(kind="handed_over").data == {"branch": "baku"}


def test_what_was_typed_wrong_stays_and_is_marked(baku: Client, order: Order) -> None:
    payments.mark_paid(order.pk, actor=UserFactory.create())
    page = shown(baku, counter(order, "handed-over/"), {"code": "AAAAA", "note": "showed a card"})
    assert 'value="AAAAA"' in page
    assert 'value="showed a card"' in page
    assert "error-summary" in page
    assert page.count("field--invalid") == 1
    assert order.fulfilments.get().handed_over_at is None


def test_wrong_codes_are_counted_where_pieces_are_handed_over_too(baku: Client, order: Order) -> None:
    payments.mark_paid(order.pk, actor=UserFactory.create())
    for number in range(10):
        wrong = {"code": f"AAAA{number}"}
        assert "not the pickup code" in shown(baku, counter(order, "handed-over/"), wrong)
    right = {"code": str(order.pickup_code)}
    assert "Too many wrong codes" in shown(baku, counter(order, "handed-over/"), right)
    assert "Too many wrong codes" in shown(baku, COUNTER, right)
    assert "Too many wrong codes" in shown(baku, english("orders_order_hand_over", order.pk), submitted(right))
    assert order.fulfilments.get().handed_over_at is None
    # Nobody is kept from pieces whose buyer is known otherwise.
    assert "Handed over." in shown(baku, counter(order, "handed-over/"), {"code": "", "note": "identity card"})


def test_wrong_codes_typed_in_the_admin_are_counted(baku: Client, order: Order) -> None:
    payments.mark_paid(order.pk, actor=UserFactory.create())
    for number in range(10):
        shown(baku, english("orders_order_hand_over", order.pk), submitted({"code": f"AAAA{number}"}))
    assert "Too many wrong codes" in shown(baku, COUNTER, {"code": str(order.pickup_code)})


def test_another_orders_code_is_not_this_ones(baku: Client, order: Order) -> None:
    payments.mark_paid(order.pk, actor=UserFactory.create())
    other = order_of(piece(), provider="branch")
    shown(baku, COUNTER, {"code": str(other.pickup_code)})
    assert str(other.pickup_code) not in shown(baku, counter(order))
    assert "not the pickup code" in shown(baku, counter(order, "handed-over/"), {"code": str(other.pickup_code)})
    assert order.fulfilments.get().handed_over_at is None


def test_without_the_code_the_reason_is_kept(baku: Client, order: Order) -> None:
    payments.mark_paid(order.pk, actor=UserFactory.create())
    shown(baku, counter(order, "handed-over/"), {"code": "", "note": "showed the identity card"})
    assert order.events.get(kind="handed_over").data["without_code"] == "showed the identity card"


def test_the_code_is_typed_for_each_handing_over(baku: Client) -> None:
    """A device at the counter is used by several people."""
    order = order_of(piece(), piece(branch__slug="barda"), provider="branch")
    payments.mark_paid(order.pk, actor=UserFactory.create())
    assert 'type="hidden" name="code"' in shown(baku, COUNTER, {"code": str(order.pickup_code)})
    shown(baku, counter(order, "handed-over/"), {"code": str(order.pickup_code)})
    assert 'type="hidden" name="code"' not in shown(baku, counter(order))


def test_steps_are_not_taken_twice(baku: Client, order: Order) -> None:
    for step, sentence in [("paid/", "does not wait for money"), ("handed-over/", "was handed over already")]:
        shown(baku, counter(order, step), {"code": str(order.pickup_code)})
        events = order.events.count()
        assert sentence in shown(baku, counter(order, step), {"code": str(order.pickup_code)})
        assert order.events.count() == events
    assert order.mails.filter(kind="handed_over").count() == 1


def test_nothing_is_handed_over_before_it_is_paid(baku: Client, order: Order) -> None:
    assert "is not paid" in shown(baku, counter(order, "handed-over/"), {"code": str(order.pickup_code)})
    assert order.fulfilments.get().handed_over_at is None


def test_who_pays_by_card_does_not_pay_at_the_till(baku: Client) -> None:
    order = order_of(piece())
    assert "Hand over nothing before it says paid." in shown(baku, counter(order))
    assert "Paid at the till" not in shown(baku, counter(order))
    assert "does not wait for money that staff take" in shown(baku, counter(order, "paid/"), {})
    order.refresh_from_db()
    assert order.status == Order.Status.AWAITING_PAYMENT


def test_what_comes_by_bank_is_not_paid_at_the_till(baku: Client) -> None:
    order = order_of(piece(), provider="transfer")
    assert "Hand over nothing before it says paid." in shown(baku, counter(order))
    assert "confirmed by the accountant or the centre" in shown(baku, counter(order, "paid/"), {})
    order.refresh_from_db()
    assert order.status == Order.Status.AWAITING_PAYMENT


def test_the_code_of_another_branch_is_a_sentence_and_changes_nothing(barda: Client, order: Order) -> None:
    page = shown(barda, COUNTER, {"code": str(order.pickup_code)})
    assert "This order is picked up at another branch: " in page
    assert order.code not in page
    assert barda.get(counter(order)).status_code == 404
    for step in ("paid/", "handed-over/"):
        assert barda.post(counter(order, step)).status_code == 404
    order.refresh_from_db()
    assert order.status == Order.Status.AWAITING_PAYMENT
    assert order.fulfilments.get().handed_over_at is None


@pytest.mark.parametrize("code", ["AAAAA", "A" * 10_000, "<b>", "Ə", "%00", ""])
def test_a_wrong_code_is_a_sentence(baku: Client, order: Order, code: str) -> None:
    page = shown(baku, COUNTER, {"code": code})
    assert "error-summary" in page
    assert order.code not in page


def test_codes_cannot_be_tried_out(baku: Client, order: Order) -> None:
    for _number in range(10):
        assert "No order has this code." in shown(baku, COUNTER, {"code": "AAAAA"})
    page = shown(baku, COUNTER, {"code": str(order.pickup_code)})
    assert "Too many wrong codes." in page
    assert order.code not in page
    # One person's mistakes are not another's.
    assert order.code in shown(of("baku"), COUNTER, {"code": str(order.pickup_code)})


def test_right_codes_are_not_counted(baku: Client, order: Order) -> None:
    for _number in range(12):
        assert order.code in shown(baku, COUNTER, {"code": str(order.pickup_code)})


def test_what_has_not_arrived_is_not_handed_over(baku: Client) -> None:
    order = order_of(piece(), piece(branch__slug="barda"), provider="branch")
    payments.mark_paid(order.pk, actor=UserFactory.create())
    _here, there = order.fulfilments.order_by("branch__position")
    assert "have not arrived yet" in shown(baku, counter(order))
    shown(baku, counter(order, "handed-over/"), {"code": str(order.pickup_code)})
    there.refresh_from_db()
    assert there.handed_over_at is None
    order.refresh_from_db()
    assert order.status == Order.Status.PAID
    # Of the part that was fetched alone; not yet that all was.
    assert not order.mails.filter(kind="handed_over", about="").exists()

    fulfilment.mark_ready(there.pk, actor=worker())
    fulfilment.mark_arrived(there.pk, actor=worker())
    shown(baku, counter(order, "handed-over/"), {"code": str(order.pickup_code)})
    order.refresh_from_db()
    assert order.status == Order.Status.COMPLETED


def test_nothing_has_arrived_at_all(baku: Client) -> None:
    order = order_of(piece(branch__slug="barda"), provider="branch")
    payments.mark_paid(order.pk, actor=UserFactory.create())
    assert "have not arrived yet" in shown(baku, counter(order, "handed-over/"), {"code": str(order.pickup_code)})
    assert order.fulfilments.get().handed_over_at is None


def test_a_cancelled_order_says_so(baku: Client, order: Order) -> None:
    cancelling.cancel(order.pk)
    page = shown(baku, COUNTER, {"code": str(order.pickup_code)})
    assert "Hand over nothing." in page
    assert "Paid at the till" not in page
    assert "Cancelled </h2>" in page


def test_who_comes_a_day_late_can_still_pay_where_the_piece_is_there(baku: Client, order: Order) -> None:
    order.move_to(Order.Status.EXPIRED)
    assert "The time to pay ran out." in shown(baku, COUNTER, {"code": str(order.pickup_code)})
    Stock.objects.update(on_hand=0)
    assert "was sold meanwhile" in shown(baku, counter(order, "paid/"), {})
    order.refresh_from_db()
    assert order.status == Order.Status.EXPIRED
    Stock.objects.update(on_hand=1)
    assert "Now hand over the pieces" in shown(baku, counter(order, "paid/"), {})


def at_the_counter(order: Order) -> list[str]:
    """The subjects of the mails of whoever pays there, and takes the pieces away at once."""
    payments.mark_paid(order.pk, actor=worker())
    hand_out(order)
    for letter in order.mails.exclude(kind="received").order_by("-pk"):
        emails.send(mail_pk=letter.pk)
    return [str(message.subject) for message in mail.outbox]


def test_whoever_pays_at_the_counter_and_takes_the_pieces_gets_one_mail_about_both() -> None:
    before = timezone.now()
    order = order_of(piece(), language="en", provider="branch")
    assert at_the_counter(order) == [f"Order {order.code} was handed over"]
    message = emails.compose(order.mails.get(kind="handed_over"))
    for body in (str(message.body), str(message.alternatives[0][0])):
        assert "Thank you, we have your payment of 38,00\u00a0AZN." in body
        assert order.invoices.get().number in body
    paid = order.mails.get(kind="paid")
    due = ProcrastinateJob.objects.get(task_name=emails.send.name, args__mail_pk=paid.pk).scheduled_at
    assert due is not None
    assert round((due - before).total_seconds() / 60) == 5


def test_whoever_leaves_the_pieces_there_for_now_is_told_of_the_payment_once() -> None:
    order = order_of(piece(), language="en", provider="branch")
    payments.mark_paid(order.pk, actor=worker())
    emails.send(mail_pk=order.mails.get(kind="paid").pk)
    hand_out(order)
    emails.send(mail_pk=order.mails.get(kind="handed_over").pk)
    told, given = (message.body for message in mail.outbox)
    assert "we have your payment" in told
    assert "we have your payment" not in given


def test_parcels_are_not_found_at_the_counter(baku: Client, order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(delivery="post", pickup_branch=None, address="Nizami 1", country="AZ")
    assert baku.get(counter(order)).status_code == 404


def test_the_counter_asks_for_posts(baku: Client, order: Order) -> None:
    for step in ("paid/", "handed-over/"):
        assert baku.get(counter(order, step)).status_code == 405


@pytest.mark.parametrize("prefix", ["", "/ru", "/en"])
def test_the_buyer_sees_the_code_until_it_is_done(prefix: str, order: Order) -> None:
    address = f"{prefix}{order.get_absolute_url()}"
    assert str(order.pickup_code) in shown(Client(), address)
    payments.mark_paid(order.pk, actor=UserFactory.create())
    hand_out(order)
    assert str(order.pickup_code) not in shown(Client(), address)


def test_the_counters_query_count(baku: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    small, large = order_of(piece(), provider="branch"), order_of(*(piece() for _n in range(5)), provider="branch")
    for order in (small, large):
        with django_assert_num_queries(12):
            baku.get(counter(order))
