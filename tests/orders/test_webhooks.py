"""Webhooks: kept as they came, done once, whatever their order; the final state is right each time."""

import json
import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from dostshop.demo.stripe_stand_in.events import event_of, signature
from dostshop.demo.stripe_stand_in.server import StandIn
from orders import expiry, payments, refunds, stock, webhooks
from orders.models import Hold, Order, OrderEvent, OrderMail, Payment, ProviderEvent, Refund, Stock
from orders.providers.stripe_checkout import StripeCheckout
from tests.factories import bag_with, order_of, piece

pytestmark = pytest.mark.django_db

type Content = dict[str, Any]
type Post = Callable[..., int]


@pytest.fixture
def payment() -> Payment:
    """Open at Stripe, for the last piece of its kind, which the order holds."""
    payment = order_of(piece(price="40.00")).payments.get()
    payment.status = Payment.Status.OPEN
    payment.provider_reference = "cs_test_1"
    payment.save()
    return payment


@pytest.fixture
def post(client: Client, settings: Settings) -> Post:
    """Posts an event as Stripe does; returns the status of the answer."""

    def send(event: Content, *, secret: str = settings.STRIPE_WEBHOOK_SECRET, age: int = 0) -> int:
        client.raise_request_exception = False
        body = json.dumps(event)
        header = signature(body, secret=secret, timestamp=int(time.time()) - age)
        answer = client.post(
            reverse("payment_webhook", args=["stripe"]),
            body,
            content_type="application/json",
            headers={"stripe-signature": header},
        )
        return answer.status_code

    return send


def session(payment: Payment, **changes: Any) -> Content:
    return {
        "id": payment.provider_reference,
        "object": "checkout.session",
        "amount_total": int(payment.amount * 100),
        "currency": "azn",
        "metadata": {"order": payment.order.code, "payment": str(payment.pk)},
        "payment_intent": "pi_1",
        "payment_status": "unpaid",
        "status": "open",
        **changes,
    }


def completed(payment: Payment, **changes: Any) -> Content:
    paid = session(payment, status="complete", payment_status="paid", **changes)
    return event_of("checkout.session.completed", paid)


def expired(payment: Payment) -> Content:
    return event_of("checkout.session.expired", session(payment, status="expired", payment_intent=None))


def declined(payment: Payment) -> Content:
    return event_of("payment_intent.payment_failed", {"id": "pi_1", "object": "payment_intent"})


def on_hand(payment: Payment) -> int:
    return Stock.objects.get(variant__line_items__order=payment.order).on_hand


def kinds(payment: Payment) -> list[str]:
    return list(OrderEvent.objects.filter(order=payment.order).values_list("kind", flat=True))


def jobs(name: str) -> int:
    return ProcrastinateJob.objects.filter(task_name=name).count()


def assert_sold_once(payment: Payment) -> None:
    payment.refresh_from_db()
    payment.order.refresh_from_db()
    assert payment.status == Payment.Status.PAID
    assert payment.captured_amount == payment.amount
    assert payment.provider_charge == "pi_1"
    assert payment.order.status == Order.Status.PAID
    assert on_hand(payment) == 0
    assert kinds(payment).count("paid") == 1
    assert OrderMail.objects.filter(order=payment.order, kind=OrderMail.Kind.PAID).count() == 1
    assert not Refund.objects.exists()
    assert not Hold.objects.live().exists()


def test_a_paid_session_sells_the_piece(payment: Payment, post: Post) -> None:
    assert post(completed(payment)) == 200

    assert_sold_once(payment)
    event = ProviderEvent.objects.get()
    assert event.handled_at is not None
    assert event.error == ""
    assert event.payload["data"]["object"]["id"] == "cs_test_1"


def test_the_same_event_ten_times_is_one_sale(payment: Payment, post: Post) -> None:
    event = completed(payment)

    assert {post(event) for _time in range(10)} == {200}

    assert_sold_once(payment)
    assert ProviderEvent.objects.count() == 1
    # The mail “order received” and the mail “paid”.
    assert jobs("orders.send_mail") == 2


def test_ten_events_of_one_payment_are_one_sale(payment: Payment, post: Post) -> None:
    assert {post(completed(payment)) for _time in range(10)} == {200}

    assert_sold_once(payment)


def test_events_in_reverse_order_end_as_in_order(payment: Payment, post: Post) -> None:
    told = [declined(payment), session_still_open(payment), completed(payment)]

    assert [post(event) for event in reversed(told)] == [200, 200, 200]

    assert_sold_once(payment)


def session_still_open(payment: Payment) -> Content:
    """A way of paying whose money is still under way."""
    return event_of("checkout.session.completed", session(payment, status="complete"))


def test_money_under_way_changes_nothing_yet(payment: Payment, post: Post) -> None:
    assert post(session_still_open(payment)) == 200

    payment.refresh_from_db()
    assert payment.status == Payment.Status.OPEN
    assert on_hand(payment) == 1

    paid = session(payment, status="complete", payment_status="paid")
    assert post(event_of("checkout.session.async_payment_succeeded", paid)) == 200
    assert_sold_once(payment)


def test_slow_money_that_did_not_come_fails_the_payment(payment: Payment, post: Post) -> None:
    failed = session(payment, status="complete")

    assert post(event_of("checkout.session.async_payment_failed", failed)) == 200

    payment.refresh_from_db()
    assert payment.status == Payment.Status.FAILED
    assert on_hand(payment) == 1


def test_an_expired_session_ends_the_payment_and_sells_nothing(payment: Payment, post: Post) -> None:
    assert post(expired(payment)) == 200

    payment.refresh_from_db()
    assert payment.status == Payment.Status.EXPIRED
    assert on_hand(payment) == 1


def test_paid_counts_even_where_expired_was_heard_first(payment: Payment, post: Post) -> None:
    assert post(expired(payment)) == 200
    assert post(completed(payment)) == 200

    assert_sold_once(payment)


def test_expired_changes_nothing_where_paid_was_heard_first(payment: Payment, post: Post) -> None:
    assert post(completed(payment)) == 200
    assert post(expired(payment)) == 200

    assert_sold_once(payment)


def test_the_success_page_before_the_webhook_sells_nothing(payment: Payment, post: Post, client: Client) -> None:
    page = f"{payment.order.get_absolute_url()}?paid=1"

    assert client.get(page).status_code == 200

    payment.refresh_from_db()
    assert payment.status == Payment.Status.OPEN
    assert on_hand(payment) == 1

    assert post(completed(payment)) == 200
    assert client.get(page).status_code == 200
    assert_sold_once(payment)


def test_asking_before_the_webhook_and_hearing_after_is_one_sale(
    payment: Payment, post: Post, client: Client, stand_in: StandIn
) -> None:
    payment.provider_reference = StripeCheckout().start(payment).reference
    payment.save()
    with stand_in.account.lock:
        stand_in.account.pay(stand_in.account.session(payment.provider_reference))
    told = stand_in.account.post.sent[-1]
    assert told["type"] == "checkout.session.completed"

    asked = client.post(f"{payment.order.get_absolute_url()}check/")
    assert asked.status_code == 302
    payment.refresh_from_db()
    assert payment.status == Payment.Status.PAID

    assert post(told) == 200
    assert kinds(payment).count("paid") == 1
    assert on_hand(payment) == 0
    assert not Refund.objects.exists()


def test_another_amount_pays_for_nothing_and_goes_back(payment: Payment, post: Post) -> None:
    assert post(completed(payment, amount_total=100)) == 200

    payment.order.refresh_from_db()
    assert payment.order.status == Order.Status.AWAITING_PAYMENT
    assert on_hand(payment) == 1
    assert "wrong_amount" in kinds(payment)
    assert Refund.objects.get().amount == Decimal("1.00")


def test_another_currency_pays_for_nothing(payment: Payment, post: Post) -> None:
    assert post(completed(payment, currency="usd")) == 200

    payment.order.refresh_from_db()
    assert payment.order.status == Order.Status.AWAITING_PAYMENT
    assert on_hand(payment) == 1
    assert "wrong_amount" in kinds(payment)


def test_a_session_of_nobody_is_noted_and_answered(payment: Payment, post: Post) -> None:
    strange = completed(payment, id="cs_test_strange", metadata={})

    assert post(strange) == 200

    event = ProviderEvent.objects.get()
    assert "cs_test_strange: 40.00 AZN" in event.error
    # It waits for a person, whom the reconciler tells.
    assert event.handled_at is None
    assert on_hand(payment) == 1


@pytest.mark.parametrize("number", ["0", "-1", "9" * 40, "²", "abc", ""])
def test_a_strange_session_with_strange_metadata_is_noted(payment: Payment, post: Post, number: str) -> None:
    strange = completed(payment, id="cs_test_strange", metadata={"order": "ZZZZ9999", "payment": number})

    assert post(strange) == 200

    assert "cs_test_strange" in ProviderEvent.objects.get().error
    assert on_hand(payment) == 1


@pytest.mark.parametrize("number", ["0", "-1", "9" * 40, "²", "abc", ""])
def test_a_paid_session_that_names_an_order_is_its_money_whatever_else_it_carries(
    payment: Payment, post: Post, number: str
) -> None:
    strange = completed(payment, id="cs_test_strange", metadata={"order": payment.order.code, "payment": number})

    assert {post(strange) for _time in range(2)} == {200}

    paid = payment.order.payments.get(provider_reference="cs_test_strange")
    payment.refresh_from_db()
    assert (paid.captured_amount, payment.status) == (payment.amount, Payment.Status.EXPIRED)
    assert Order.objects.get().status == Order.Status.PAID
    assert on_hand(payment) == 0
    assert ProviderEvent.objects.get().handled_at is not None


def test_a_session_whose_name_the_shop_never_heard_is_found_by_what_it_was_told(payment: Payment, post: Post) -> None:
    """The shop died between asking Stripe and writing down the answer."""
    event = completed(payment)
    Payment.objects.filter(pk=payment.pk).update(provider_reference="", status=Payment.Status.STARTED)

    assert post(event) == 200

    assert_sold_once(payment)
    assert payment.provider_reference == "cs_test_1"


def test_a_session_whose_name_is_written_down_while_it_is_looked_for_is_found(payment: Payment, post: Post) -> None:
    event = expired(payment)
    Payment.objects.filter(pk=payment.pk).update(provider_reference="", status=Payment.Status.STARTED)

    def named_after_the_first_look(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
        answer = execute(sql, *args)
        if sql.startswith("SELECT") and '"provider_reference" =' in sql:
            payment.save(update_fields=["provider_reference"])
        return answer

    with connection.execute_wrapper(named_after_the_first_look):
        assert post(event) == 200

    payment.refresh_from_db()
    assert (payment.status, ProviderEvent.objects.get().error) == (Payment.Status.EXPIRED, "")


def test_what_another_shop_told_is_not_believed(payment: Payment, post: Post) -> None:
    Payment.objects.filter(pk=payment.pk).update(provider_reference="")
    other = completed(payment, metadata={"order": "OTHER", "payment": str(payment.pk)})

    assert post(other) == 200

    payment.refresh_from_db()
    assert payment.status == Payment.Status.OPEN


def test_a_kind_that_is_of_no_concern_is_kept_and_answered(post: Post) -> None:
    assert post(event_of("customer.created", {"id": "cus_1", "object": "customer"})) == 200

    assert ProviderEvent.objects.get().handled_at is not None


def test_a_declined_card_is_kept_and_leaves_the_payment_open(payment: Payment, post: Post) -> None:
    assert post(declined(payment)) == 200

    payment.refresh_from_db()
    assert payment.status == Payment.Status.OPEN
    assert ProviderEvent.objects.get().type == "payment_intent.payment_failed"


@pytest.mark.parametrize(
    "header",
    ["", "nonsense", "t=1", "v1=ab", "t=x,v1=ab", "t=1,v1=ab", "t=99999999999,v1=ab", "t=1,v1=ə", "=,=,="],
)
def test_a_bad_signature_is_turned_away(payment: Payment, client: Client, header: str) -> None:
    answer = client.post(
        reverse("payment_webhook", args=["stripe"]),
        json.dumps(completed(payment)),
        content_type="application/json",
        headers={"stripe-signature": header},
    )

    assert answer.status_code == 400
    assert not ProviderEvent.objects.exists()
    assert on_hand(payment) == 1


def test_the_signature_of_another_is_turned_away(payment: Payment, post: Post) -> None:
    assert post(completed(payment), secret="whsec_of_another") == 400
    assert not ProviderEvent.objects.exists()


def test_no_secret_lets_nobody_in(payment: Payment, post: Post, settings: Settings) -> None:
    settings.STRIPE_WEBHOOK_SECRET = ""

    assert post(completed(payment), secret="") == 400


@pytest.mark.parametrize(("age", "status"), [(290, 200), (310, 400)])
def test_an_old_signature_is_turned_away(payment: Payment, post: Post, age: int, status: int) -> None:
    assert post(completed(payment), age=age) == status


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[", b"{"])
def test_a_body_that_is_no_event_is_turned_away(client: Client, settings: Settings, body: bytes) -> None:
    now = int(time.time())
    text = body.decode(errors="replace")
    header = signature(text, secret=settings.STRIPE_WEBHOOK_SECRET, timestamp=now)

    answer = client.post(
        reverse("payment_webhook", args=["stripe"]),
        body,
        content_type="application/json",
        headers={"stripe-signature": header},
    )

    assert answer.status_code == 400


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_only_a_post_is_an_event(client: Client, method: str) -> None:
    assert getattr(client, method)(reverse("payment_webhook", args=["stripe"])).status_code == 405


def test_no_language_and_no_cookie(payment: Payment, client: Client, post: Post) -> None:
    assert reverse("payment_webhook", args=["stripe"]) == "/payments/stripe/webhook/"
    post(completed(payment))
    assert not client.cookies


def test_a_failure_is_noted_and_the_next_delivery_does_it(
    payment: Payment, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = completed(payment)

    def broken(*args: object) -> None:
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(payments, "apply_status", broken)
        assert post(event) == 500

    kept = ProviderEvent.objects.get()
    assert kept.handled_at is None
    assert "the disk is full" in kept.error
    assert on_hand(payment) == 1

    assert post(event) == 200

    assert_sold_once(payment)
    kept.refresh_from_db()
    assert kept.error == ""


class TestPaidAfterTheHoldRanOut:
    @pytest.fixture(autouse=True)
    def _hold_ran_out(self, payment: Payment) -> None:
        long_ago = timezone.now() - timedelta(hours=1)
        Hold.objects.update(expires_at=long_ago)
        Payment.objects.update(expires_at=long_ago)

    def test_a_piece_that_is_free_is_sold(self, payment: Payment, post: Post) -> None:
        assert post(completed(payment)) == 200

        assert_sold_once(payment)

    def test_a_piece_that_is_free_is_sold_though_the_order_had_expired(
        self, payment: Payment, post: Post, stand_in: StandIn
    ) -> None:
        expiry.expire_order(payment.order.pk)
        payment.order.refresh_from_db()
        assert payment.order.status == Order.Status.EXPIRED

        assert post(completed(payment)) == 200

        assert_sold_once(payment)

    def test_a_piece_that_is_gone_is_refunded_and_the_buyer_is_told(
        self, payment: Payment, post: Post, stand_in: StandIn
    ) -> None:
        Stock.objects.update(on_hand=0)
        stand_in.account.intents["pi_1"] = {"id": "pi_1", "amount_received": 4000, "currency": "azn"}

        assert {post(completed(payment)) for _time in range(3)} == {200}

        payment.refresh_from_db()
        payment.order.refresh_from_db()
        assert payment.order.status == Order.Status.EXPIRED
        assert on_hand(payment) == 0
        refund = Refund.objects.get()
        assert (refund.amount, refund.done_at) == (payment.amount, None)
        assert jobs("orders.send_refund") == 1
        assert OrderMail.objects.filter(kind=OrderMail.Kind.PAID_TOO_LATE).count() == 1
        # The money has not moved yet: no provider is called before the commit.
        assert stand_in.requests == []

        refunds.send(refund.pk)
        refunds.send(refund.pk)

        refund.refresh_from_db()
        assert refund.done_at is not None
        assert list(stand_in.account.refunds) == [refund.provider_reference]
        assert kinds(payment).count("refunded") == 1

    def test_a_piece_that_another_holds_now_is_refunded(self, payment: Payment, post: Post) -> None:
        stock.hold(bag_with(payment.order.lines.get().variant))

        assert post(completed(payment)) == 200

        payment.order.refresh_from_db()
        assert payment.order.status == Order.Status.EXPIRED
        assert Refund.objects.get().reason == Refund.Reason.PIECE_GONE
        assert on_hand(payment) == 1


def test_receive_takes_values_and_no_request(payment: Payment, settings: Settings) -> None:
    body = json.dumps(completed(payment))
    header = signature(body, secret=settings.STRIPE_WEBHOOK_SECRET, timestamp=int(time.time()))

    webhooks.receive("stripe", body=body.encode(), headers={"Stripe-Signature": header})

    assert_sold_once(payment)
