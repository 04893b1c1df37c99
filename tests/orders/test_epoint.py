"""Epoint, over real HTTP: opening, callbacks, and asking; and what its API cannot tell."""

import base64
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from dostshop.demo.epoint_stand_in.callbacks import signature, signed
from dostshop.demo.epoint_stand_in.server import EpointStandIn
from orders import expiry, payments, reconciling, refunds, stock
from orders.models import Order, OrderEvent, Payment, ProviderEvent, Reconciliation, Refund, Stock
from orders.providers import ProviderState, ProviderStatus, ProviderUnavailable
from orders.providers.epoint import MOST_FAILURES, Epoint
from tests.factories import bag_with, order_of, piece
from tests.orders.test_checkout_pages import PICKUP, enter, submit

pytestmark = pytest.mark.django_db

KEY = "private-key-of-tests"
NOBODY = "http://127.0.0.1:9/api/1"


@pytest.fixture
def payment(epoint: EpointStandIn) -> Payment:
    """Open at Epoint, for the last piece of its kind."""
    order = order_of(piece(price="40.00"), provider="epoint", language="ru")
    return payments.start(order.payments.get())


@pytest.fixture
def _no_stripe(settings: Settings) -> None:
    """Epoint alone is asked for its payments."""
    settings.STRIPE_SECRET_KEY = ""


def at_epoint(epoint: EpointStandIn, payment: Payment) -> dict[str, Any]:
    return epoint.account.payment(payment.provider_reference)


def pay(epoint: EpointStandIn, payment: Payment) -> dict[str, Any]:
    """Returns what the callback tells of it."""
    with epoint.account.lock:
        epoint.account.pay(at_epoint(epoint, payment))
    return epoint.post.sent[-1]


def post(client: Client, form: dict[str, str]) -> int:
    client.raise_request_exception = False
    kind = "application/x-www-form-urlencoded"
    return client.post("/payments/epoint/webhook/", urlencode(form), content_type=kind).status_code


def callback(client: Client, told: dict[str, Any], *, key: str = KEY) -> int:
    return post(client, signed(told, private_key=key))


def assert_sold_once(payment: Payment) -> None:
    payment.refresh_from_db()
    payment.order.refresh_from_db()
    assert (payment.status, payment.captured_amount) == ("paid", payment.amount)
    assert payment.provider_charge == payment.provider_reference
    assert payment.order.status == Order.Status.PAID
    assert Stock.objects.get().on_hand == 0
    assert payment.order.events.filter(kind=OrderEvent.Kind.PAID).count() == 1
    assert not Refund.objects.exists()


def assert_nothing_sold(payment: Payment) -> None:
    payment.order.refresh_from_db()
    assert payment.order.status == Order.Status.AWAITING_PAYMENT
    assert Stock.objects.get().on_hand == 1


# --- Opening ---


def test_without_keys_it_is_neither_offered_nor_heard(client: Client) -> None:
    enter(client, piece())
    assert 'value="epoint"' not in client.get("/checkout/").content.decode()
    assert callback(client, {"status": "success"}) == 404


@pytest.mark.parametrize(
    ("prefix", "choice"),
    [("", "Kartla, Epoint vasitəsilə"), ("/ru", "Картой через Epoint"), ("/en", "By card, through Epoint")],
)
def test_the_checkout_leads_to_its_page(client: Client, epoint: EpointStandIn, prefix: str, choice: str) -> None:
    enter(client, piece(), prefix=prefix)
    assert choice in client.get(f"{prefix}/checkout/").content.decode()
    address = submit(client, {**PICKUP, "payment": "epoint"}, prefix).url
    order = Order.objects.get()
    payment = order.payments.get()
    assert address == f"{epoint.page_origin}/pay/{payment.provider_reference}"
    [asked] = epoint.requests
    page = f"http://localhost:8000{order.get_absolute_url()}"
    told = asked.parameters
    assert told.pop("description").startswith(("Sifariş", "Заказ", "Order"))
    assert told == {
        "public_key": "i000000001",
        "amount": 38.0,
        "currency": "AZN",
        "language": order.language,
        "order_id": f"{order.code}-{payment.pk}-{payment.idempotency_key.hex[:8]}",
        "success_redirect_url": f"{page}?paid=1",
        "error_redirect_url": page,
    }


@pytest.mark.parametrize("amount", ["0.01", "12.30", "19.99", "1234.56", "99999999.99"])
def test_sums_keep_every_qepik_on_the_wire(epoint: EpointStandIn, amount: str) -> None:
    payment = order_of(piece(), provider="epoint").payments.get()
    payment.amount = Decimal(amount)
    reference = Epoint().start(payment).reference
    assert epoint.account.payment(reference)["amount"] == amount


@pytest.mark.parametrize("trouble", ["fails", "hangs", "is down"])
def test_the_order_outlives_an_outage_and_opens_under_another_name(
    client: Client, epoint: EpointStandIn, settings: Settings, trouble: str
) -> None:
    if trouble == "fails":
        epoint.faults.failures = 1
    elif trouble == "hangs":
        epoint.faults.hang_seconds = 30
        settings.EPOINT_TIMEOUT_SECONDS = 1
    else:
        settings.EPOINT_API_URL = NOBODY
    enter(client, piece(), prefix="/en")
    address = submit(client, {**PICKUP, "payment": "epoint"}, "/en").url
    order = Order.objects.get()
    assert address == order.get_absolute_url()
    assert "the payment page does not answer" in client.get(address).content.decode()

    epoint.faults.hang_seconds = 0
    settings.EPOINT_API_URL = epoint.api_url
    page = client.post(f"{address}pay/", {"provider": "epoint"}).url  # type: ignore[attr-defined]
    payment = order.payments.get()
    assert page == payment.redirect_url == f"{epoint.page_origin}/pay/{payment.provider_reference}"
    # One that nobody was sent to, where the first request was heard.
    assert len(epoint.account.payments) == (2 if trouble == "hangs" else 1)


def test_going_back_and_forth_opens_one_page(client: Client, epoint: EpointStandIn) -> None:
    enter(client, piece())
    first = submit(client, {**PICKUP, "payment": "epoint"}).url
    order = Order.objects.get()
    assert client.post(f"{order.get_absolute_url()}pay/", {"provider": "epoint"}).url == first  # type: ignore[attr-defined]
    assert len(epoint.account.payments) == 1


def test_two_ways_to_pay_by_card_are_told_apart(client: Client, epoint: EpointStandIn) -> None:
    order = order_of(piece(), provider="epoint", language="en")
    page = client.get(order.get_absolute_url()).content.decode()
    assert ">Pay by card</button>" in page
    assert ">Pay by card through Epoint</button>" in page


# --- Callbacks ---


def test_a_callback_sells_the_piece(client: Client, payment: Payment, epoint: EpointStandIn) -> None:
    assert callback(client, pay(epoint, payment)) == 200
    assert_sold_once(payment)
    event = ProviderEvent.objects.get()
    assert (event.provider, event.type, event.error) == ("epoint", "success", "")


def test_the_same_callback_ten_times_is_one_sale(client: Client, payment: Payment, epoint: EpointStandIn) -> None:
    told = pay(epoint, payment)
    assert {callback(client, told) for _ in range(10)} == {200}
    assert_sold_once(payment)
    assert ProviderEvent.objects.count() == 1


@pytest.mark.parametrize("order", [("failed", "success"), ("success", "failed")])
def test_callbacks_in_any_order(
    client: Client, payment: Payment, epoint: EpointStandIn, order: tuple[str, str]
) -> None:
    told = pay(epoint, payment)
    assert [callback(client, {**told, "status": status}) for status in order] == [200, 200]
    assert_sold_once(payment)


def test_the_page_that_the_buyer_comes_back_to_decides_nothing(client: Client, payment: Payment) -> None:
    assert client.get(f"{payment.order.get_absolute_url()}?paid=1").status_code == 200
    assert_nothing_sold(payment)


def test_a_declined_card_is_said_and_may_be_tried_again(
    client: Client, payment: Payment, epoint: EpointStandIn
) -> None:
    with epoint.account.lock:
        epoint.account.decline(at_epoint(epoint, payment), outcome="declined")
    assert callback(client, epoint.post.sent[-1]) == 200
    assert_nothing_sold(payment)
    address = payment.order.get_absolute_url()
    assert "Оплата не прошла" in client.get(address).content.decode()
    again = client.post(f"{address}pay/", {"provider": "epoint"}).url  # type: ignore[attr-defined]
    second = payment.order.payments.last()
    assert second is not None
    assert again == second.redirect_url
    assert second.provider_reference != payment.provider_reference
    assert callback(client, pay(epoint, second)) == 200
    assert_sold_once(second)


def test_a_callback_that_comes_before_the_answer_was_written_is_known(
    client: Client, payment: Payment, epoint: EpointStandIn
) -> None:
    """The shop died between asking Epoint and writing down the payment's name."""
    told = pay(epoint, payment)
    Payment.objects.update(provider_reference="", status=Payment.Status.STARTED)
    assert callback(client, told) == 200
    assert_sold_once(payment)


@pytest.mark.parametrize("amount", [39.99, 40.01, 0.4, 4000, "39.99"])
def test_another_sum_pays_for_nothing_and_goes_back(
    client: Client, payment: Payment, epoint: EpointStandIn, amount: object
) -> None:
    assert callback(client, {**pay(epoint, payment), "amount": amount}) == 200
    assert_nothing_sold(payment)
    assert Refund.objects.get().amount == Decimal(str(amount))
    assert payment.order.events.filter(kind=OrderEvent.Kind.WRONG_AMOUNT).count() == 1


def test_another_currency_pays_for_nothing(client: Client, payment: Payment, epoint: EpointStandIn) -> None:
    assert callback(client, {**pay(epoint, payment), "currency": "USD"}) == 200
    assert_nothing_sold(payment)
    assert payment.order.events.get(kind=OrderEvent.Kind.WRONG_AMOUNT).data["currency"] == "USD"


@pytest.mark.parametrize("amount", [None, "", 0, -40, "forty", "NaN", "Infinity"])
def test_paid_without_a_sum_is_kept_for_a_person(
    client: Client, payment: Payment, epoint: EpointStandIn, amount: object
) -> None:
    assert callback(client, {**pay(epoint, payment), "amount": amount}) == 500
    assert_nothing_sold(payment)
    event = ProviderEvent.objects.get()
    assert event.handled_at is None
    assert "the sum is" in event.error


@pytest.mark.usefixtures("_no_stripe")
@pytest.mark.parametrize(
    "changes",
    [
        {"order_id": "ZZZZ9999-1-aaaaaaaa", "transaction": "te9999999999"},
        {"order_id": "nonsense", "transaction": "te9999999999"},
        {"order_id": "A-²-b", "transaction": "te9999999999"},
    ],
)
def test_a_payment_of_nobody_is_kept_for_a_person_and_answered(
    client: Client, payment: Payment, epoint: EpointStandIn, changes: dict[str, str]
) -> None:
    told = pay(epoint, payment)
    at_epoint(epoint, payment)["status"] = "new"
    assert callback(client, {**told, **changes}) == 200
    assert_nothing_sold(payment)
    assert "te9999999999: 40.0 AZN" in ProviderEvent.objects.get(handled_at=None).error
    assert reconcile() == [Reconciliation.Finding.UNKNOWN_PAYMENT]
    assert ProviderEvent.objects.exclude(handled_at=None).exists()
    assert reconcile() == []


def test_our_order_paid_under_another_transaction_is_paid(
    client: Client, payment: Payment, epoint: EpointStandIn
) -> None:
    """A second page for the same order, of which the shop never heard."""
    told = {**pay(epoint, payment), "transaction": "te0000000009"}
    assert {callback(client, told) for _ in range(3)} == {200}
    paid = payment.order.payments.get(provider_reference="te0000000009")
    assert_sold_once(paid)
    payment.refresh_from_db()
    assert payment.status == "expired"
    assert not payment.captured_amount
    assert ProviderEvent.objects.get().handled_at is not None


@pytest.mark.parametrize("told", [{}, {"status": "success"}, {"status": "later", "transaction": "te1"}, {"a": ["b"]}])
def test_what_says_nothing_of_a_payment_changes_nothing(client: Client, payment: Payment, told: dict[str, Any]) -> None:
    assert callback(client, told) == 200
    assert_nothing_sold(payment)


def test_the_shops_own_signed_request_is_no_callback(client: Client, payment: Payment, epoint: EpointStandIn) -> None:
    """Both directions are signed with the same key."""
    assert post(client, epoint.requests[0].form) == 200
    assert_nothing_sold(payment)


@pytest.mark.parametrize("key", ["", "another", KEY.upper()])
def test_the_signature_of_another_is_turned_away(
    client: Client, payment: Payment, epoint: EpointStandIn, key: str
) -> None:
    assert callback(client, pay(epoint, payment), key=key) == 400
    assert_nothing_sold(payment)
    assert not ProviderEvent.objects.exists()


@pytest.mark.parametrize("broken", ["", "Ə", "AAAA", "%%%", "="])
def test_a_forged_form_is_turned_away(client: Client, payment: Payment, epoint: EpointStandIn, broken: str) -> None:
    form = signed(pay(epoint, payment), private_key=KEY)
    for forged in ({**form, "signature": broken}, {**form, "data": broken}, {"data": form["data"]}, {}):
        assert post(client, forged) == 400
    assert_nothing_sold(payment)


@pytest.mark.parametrize("text", ["[]", "1", "null", "{", "not json"])
def test_a_signed_body_that_is_no_object_is_turned_away(client: Client, epoint: EpointStandIn, text: str) -> None:
    data = base64.b64encode(text.encode()).decode()
    form = {"data": data, "signature": signature(data, private_key=KEY)}
    assert post(client, form) == 400


def test_the_signature_is_the_one_that_is_described() -> None:
    """base64_encode(sha1($private_key . $data . $private_key, 1)), worked out by openssl."""
    assert signature("eyJhIjoxfQ==", private_key=KEY) == "LRv5qdGgzoparYvyeAOsAfMpu7s="


# --- Late ---


def run_out(order: Order) -> None:
    past = timezone.now() - timedelta(hours=1)
    Payment.objects.filter(order=order).update(expires_at=past)
    order.holds.update(expires_at=past)


def test_paid_late_and_still_free_is_sold(client: Client, payment: Payment, epoint: EpointStandIn) -> None:
    run_out(payment.order)
    expiry.expire_order(payment.order_id)
    assert Order.objects.get().status == Order.Status.EXPIRED
    assert callback(client, pay(epoint, payment)) == 200
    assert_sold_once(payment)


def test_paid_late_and_gone_goes_back(client: Client, payment: Payment, epoint: EpointStandIn) -> None:
    run_out(payment.order)
    stock.hold(bag_with(payment.order.lines.get().variant))
    assert callback(client, pay(epoint, payment)) == 200
    refund = Refund.objects.get()
    assert refund.reason == Refund.Reason.PIECE_GONE
    refunds.send(refund_pk=refund.pk)
    assert epoint.account.back(at_epoint(epoint, payment)) == payment.amount


def test_before_an_order_expires_epoint_is_asked(payment: Payment, epoint: EpointStandIn) -> None:
    pay(epoint, payment)
    run_out(payment.order)
    expiry.expire_order(payment.order_id)
    assert_sold_once(payment)


# --- Asking ---


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("new", ProviderState.OPEN),
        ("success", ProviderState.PAID),
        ("failed", ProviderState.FAILED),
        ("error", ProviderState.FAILED),
        ("returned", ProviderState.PAID),
    ],
)
def test_every_word_of_epoints_has_its_meaning(
    payment: Payment, epoint: EpointStandIn, status: str, state: ProviderState
) -> None:
    at_epoint(epoint, payment)["status"] = status
    assert Epoint().fetch_status(payment).state == state


def test_a_word_without_a_meaning_leaves_all_as_it_is(payment: Payment, epoint: EpointStandIn) -> None:
    at_epoint(epoint, payment)["status"] = "pondering"
    with pytest.raises(ProviderUnavailable):
        payments.check(payment)
    assert_nothing_sold(payment)


def later() -> datetime:
    return timezone.now() + timedelta(seconds=1)


def reconcile() -> list[str]:
    return [found["kind"] for found in reconciling.reconcile(settled_before=later()).findings]


def test_a_dropped_callback_is_made_up_for(payment: Payment, epoint: EpointStandIn, settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY = ""
    pay(epoint, payment)
    assert reconcile() == [Reconciliation.Finding.PAYMENT_MISSED]
    assert_sold_once(payment)
    assert reconcile() == []


def test_a_dropped_callback_of_an_order_that_was_given_up_is_made_up_for(
    payment: Payment, epoint: EpointStandIn, settings: Settings
) -> None:
    """Epoint's page stays open after the shop has closed the payment."""
    settings.STRIPE_SECRET_KEY = ""
    run_out(payment.order)
    expiry.expire_order(payment.order_id)
    pay(epoint, payment)
    assert reconcile() == [Reconciliation.Finding.PAYMENT_MISSED]
    assert_sold_once(payment)
    assert reconcile() == []


def test_a_payment_that_epoint_does_not_know_hinders_no_other(
    payment: Payment, epoint: EpointStandIn, settings: Settings
) -> None:
    settings.STRIPE_SECRET_KEY = ""
    known = payments.start(order_of(piece(), provider="epoint").payments.get())
    Payment.objects.update(status=Payment.Status.EXPIRED)
    del epoint.account.payments[payment.provider_reference]
    reports = list(Epoint().recent(timezone.now() - timedelta(days=1)))
    assert [report.reference for report in reports] == [known.provider_reference]


def test_a_payment_that_makes_trouble_hinders_no_other(
    payment: Payment, epoint: EpointStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = payments.start(order_of(piece(), provider="epoint").payments.get())
    Payment.objects.update(status=Payment.Status.EXPIRED)
    real = Epoint.fetch_status

    def troubled(self: Epoint, asked: Payment) -> ProviderStatus:
        if asked.pk == payment.pk:
            raise KeyError("unforeseen")
        return real(self, asked)

    monkeypatch.setattr(Epoint, "fetch_status", troubled)
    told = Epoint().recent(timezone.now() - timedelta(days=1))
    assert next(told).reference == known.provider_reference
    with pytest.raises(ProviderUnavailable, match="unforeseen"):
        next(told)


def test_an_epoint_that_does_not_answer_is_not_asked_about_every_payment(
    payment: Payment, epoint: EpointStandIn, settings: Settings
) -> None:
    for _number in range(MOST_FAILURES + 2):
        payments.start(order_of(piece(), provider="epoint").payments.get())
    Payment.objects.update(status=Payment.Status.EXPIRED)
    asked = len(epoint.requests)
    epoint.faults.failures = 100
    with pytest.raises(ProviderUnavailable):
        list(Epoint().recent(timezone.now() - timedelta(days=1)))
    assert len(epoint.requests) - asked == MOST_FAILURES
