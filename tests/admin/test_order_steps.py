"""An order in the admin: read, moved on by the shop's own steps, never edited and never deleted."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from artisans.models import Branch
from dostshop import money
from dostshop.accounts.models import Role
from orders import cancelling, expiry, payments, stock
from orders.models import LineItem, Order, OrderEvent, Payment, Refund, Stock
from tests.admin.conftest import BRANCH_WORK, english, signed_in, staff
from tests.factories import UserFactory, order_of, piece


@pytest.fixture
def order(db: None) -> Order:
    return order_of(piece(), provider="branch")


def take(client: Client, step: str, order: Order, **typed: str) -> str:
    """Confirms the step's dialog, in English, and returns the page that follows."""
    url = english(f"orders_order_{step}", order.pk)
    page = client.post(url, {"_form_submitted": "on", **typed}, follow=True)
    order.refresh_from_db()
    return page.content.decode()


def test_from_the_order_to_the_buyers_hands(administrator: Client, order: Order) -> None:
    assert f"Marked as paid: {order.code}" in take(administrator, "mark_paid", order)
    assert order.status == Order.Status.PAID
    assert f"Marked as packed: {order.code}" in take(administrator, "mark_ready", order)
    assert order.fulfilments.get().ready_at is not None
    assert f"Handed over: {order.code}" in take(administrator, "hand_over", order, code=str(order.pickup_code))
    assert order.status == Order.Status.COMPLETED


def test_nothing_is_handed_over_without_the_code_or_a_reason(administrator: Client, order: Order) -> None:
    take(administrator, "mark_paid", order)
    assert "Type the pickup code, or say why" in take(administrator, "hand_over", order)
    assert "This is not the pickup code" in take(administrator, "hand_over", order, code="AAAAA", note="hurry")
    assert order.status == Order.Status.PAID
    page = take(administrator, "hand_over", order, note="showed the identity card")
    assert order.status == Order.Status.COMPLETED
    assert "without the pickup code: showed the identity card" in page


def test_staff_do_not_read_the_code(administrator: Client, order: Order) -> None:
    page = administrator.get(english("orders_order_change", order.pk)).content.decode()
    assert str(order.pickup_code) not in page
    assert order.get_absolute_url() not in page
    assert "View on site" not in page


def test_what_staff_did_is_written_down_with_who_did_it(administrator: Client, order: Order) -> None:
    take(administrator, "mark_paid", order)
    assert order.events.get(kind=OrderEvent.Kind.PAID).actor_id == int(administrator.session["_auth_user_id"])


def test_cancelling_frees_the_piece(administrator: Client, order: Order) -> None:
    assert f"Cancelled: {order.code}" in take(administrator, "cancel", order)
    assert order.status == Order.Status.CANCELLED
    assert order.holds.filter(released_at=None).count() == 0


def test_a_step_that_is_not_possible_says_why_and_changes_nothing(administrator: Client, order: Order) -> None:
    assert "is not paid" in take(administrator, "hand_over", order, code=str(order.pickup_code))
    assert order.status == Order.Status.AWAITING_PAYMENT
    payments.mark_paid(order.pk, actor=UserFactory.create())
    events = order.events.count()
    assert "does not wait for money that staff take" in take(administrator, "mark_paid", order)
    assert "Only an order that waits for its payment can be cancelled" in take(administrator, "cancel", order)
    assert order.status == Order.Status.PAID
    assert order.events.count() == events


def offered(client: Client, order: Order) -> list[str]:
    """The buttons above the order, in English."""
    page = client.get(english("orders_order_change", order.pk))
    return [str(button["title"]) for button in page.context["actions_detail"]]


def test_only_steps_that_are_possible_are_offered(administrator: Client, order: Order) -> None:
    paid, ready, handed_over = "Mark as paid", "Mark as packed", "Mark as handed over"
    refund, call_off = "Refund", "Cancel and refund"
    assert offered(administrator, order) == [paid, ready, "Cancel the order"]
    take(administrator, "mark_ready", order)
    assert offered(administrator, order) == [paid, "Cancel the order"]
    take(administrator, "mark_paid", order)
    assert offered(administrator, order) == [handed_over, refund, call_off]
    take(administrator, "hand_over", order, code=str(order.pickup_code))
    assert offered(administrator, order) == [refund, "Write down a return"]


def test_what_waits_for_a_card_can_only_be_cancelled(administrator: Client) -> None:
    assert offered(administrator, order_of(piece())) == ["Cancel the order"]


@pytest.fixture
def transferred(settings: Settings, db: None) -> Order:
    settings.BANK_IBAN = "AZ39DOST00000000000000000001"
    return order_of(piece(), provider="transfer")


def type_sum(client: Client, order: Order, amount: str) -> str:
    url = english("orders_order_mark_paid", order.pk)
    page = client.post(url, {"_form_submitted": "on", "amount": amount}, follow=True)
    order.refresh_from_db()
    return page.content.decode()


def test_the_sum_of_a_transfer_is_typed(administrator: Client, transferred: Order) -> None:
    url = english("orders_order_mark_paid", transferred.pk)
    assert "The sum that came" in administrator.get(url).content.decode()
    assert f"Marked as paid: {transferred.code}" in type_sum(administrator, transferred, "38.00")
    assert transferred.status == Order.Status.PAID


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [
        ("37.99", "are missing"),
        ("38.01", "If 0,01 ₼ too much came, say so below"),
        ("500", "If 462,00 ₼ too much came, say so below"),
        ("-38", "Type a sum of at least 0.01 manat."),
        ("0.00", "Type a sum of at least 0.01 manat."),
        ("", "Type a sum in manat."),
        ("38.001", "two digits at most after the comma"),
        ("9" * 40, "digits"),
        ("NaN", "Type the sum in digits"),
        ("all", "Type the sum in digits"),
    ],
)
def test_another_sum_of_a_transfer_is_refused(
    administrator: Client, transferred: Order, amount: str, sentence: str
) -> None:
    page = type_sum(administrator, transferred, amount)
    assert sentence in page
    # What was typed stands there still.
    assert f'value="{amount}"' in page if amount else 'name="amount"' in page
    assert transferred.status == Order.Status.AWAITING_PAYMENT


def test_the_sum_may_be_typed_as_people_here_write_it(administrator: Client, transferred: Order) -> None:
    url = reverse("admin:orders_order_mark_paid", args=[transferred.pk])
    administrator.post(url, {"_form_submitted": "on", "amount": "38,00"})
    transferred.refresh_from_db()
    assert transferred.status == Order.Status.PAID


def test_who_says_that_more_came_books_it_and_is_told_what_to_send_back(
    administrator: Client, transferred: Order
) -> None:
    url = english("orders_order_mark_paid", transferred.pk)
    typed = {"_form_submitted": "on", "amount": "40", "is_more": "on"}
    page = administrator.post(url, typed, follow=True).content.decode()
    assert "The order is paid. It costs 38,00 ₼, and 40,00 ₼ came: 2,00 ₼ are booked" in page
    transferred.refresh_from_db()
    assert transferred.status == Order.Status.PAID
    assert "Money given back by hand" in offered(administrator, transferred)
    assert Refund.objects.get().amount == Decimal("2.00")


def take_back_sum(client: Client, order: Order, amount: str) -> str:
    url = english("orders_order_take_back_sum", order.pk)
    return client.post(url, {"_form_submitted": "on", "amount": amount}, follow=True).content.decode()


def test_a_sum_typed_at_the_wrong_order_is_taken_back(administrator: Client, transferred: Order) -> None:
    assert "This sum did not come" not in offered(administrator, transferred)
    type_sum(administrator, transferred, "35.00")
    assert "This sum did not come" in offered(administrator, transferred)
    url = english("orders_order_take_back_sum", transferred.pk)
    assert 'value="35,00 ₼"' in administrator.get(url).content.decode()
    assert "Somebody has typed another sum meanwhile" in take_back_sum(administrator, transferred, "34.00")
    page = take_back_sum(administrator, transferred, "35.00")
    assert f"Taken back: {transferred.code}" in page
    assert "–35,00 ₼" in page or "-35,00 ₼" in page
    assert "This sum did not come" not in offered(administrator, transferred)


def test_who_may_not_type_sums_takes_none_back(administrator: Client, transferred: Order) -> None:
    type_sum(administrator, transferred, "35.00")
    centre = signed_in(staff(Role.CENTRE_STAFF, *BRANCH_WORK))
    assert "This sum did not come" not in offered(centre, transferred)
    take_back_sum(centre, transferred, "35.00")
    assert payments.typed_sum(transferred) == Decimal("35.00")
    accountant = signed_in(staff(Role.ACCOUNTANT, "view_order", "confirm_transfer"))
    assert "Taken back" in take_back_sum(accountant, transferred, "35.00")


def test_a_till_asks_for_no_sum(administrator: Client, order: Order) -> None:
    page = administrator.get(english("orders_order_mark_paid", order.pk)).content.decode()
    assert "The sum that came" not in page


def take_further(client: Client, order: Order, amount: str, *, booked_before: str) -> str:
    url = english("orders_order_take_further_transfer", order.pk)
    typed = {"_form_submitted": "on", "amount": amount, "booked_before": booked_before}
    return client.post(url, typed, follow=True).content.decode()


def test_a_further_transfer_is_booked_once_and_goes_back(administrator: Client, transferred: Order) -> None:
    assert "Enter a further transfer" not in offered(administrator, transferred)
    type_sum(administrator, transferred, "38.00")
    assert "Enter a further transfer" in offered(administrator, transferred)
    dialog = administrator.get(english("orders_order_take_further_transfer", transferred.pk)).content.decode()
    assert 'name="booked_before" value="38.00"' in dialog
    assert "Booked, to be sent back by hand" in take_further(administrator, transferred, "12,50", booked_before="38.00")
    assert "Somebody has booked money" in take_further(administrator, transferred, "12,50", booked_before="38.00")
    refund = Refund.objects.get()
    assert (refund.reason, refund.amount) == (Refund.Reason.PAID_TWICE, Decimal("12.50"))


@pytest.mark.parametrize("amount", ["0", "-1", "1.001", "much", ""])
def test_a_transfer_of_no_sum_is_not_booked(administrator: Client, transferred: Order, amount: str) -> None:
    cancelling.cancel(transferred.pk)
    take_further(administrator, transferred, amount, booked_before="0.00")
    assert not Refund.objects.exists()


def test_who_does_not_read_the_bank_statement_books_no_transfer(transferred: Order) -> None:
    cancelling.cancel(transferred.pk)
    centre = signed_in(staff(Role.CENTRE_STAFF, *BRANCH_WORK))
    assert "Enter a further transfer" not in offered(centre, transferred)
    take_further(centre, transferred, "38.00", booked_before="0.00")
    assert not Refund.objects.exists()
    accountant = signed_in(staff(Role.ACCOUNTANT, "view_order", "confirm_transfer"))
    take_further(accountant, transferred, "38.00", booked_before="0.00")
    assert Refund.objects.get().reason == Refund.Reason.PAID_CANCELLED


def test_a_transfer_is_not_marked_among_many(administrator: Client, transferred: Order) -> None:
    data = {"action": "mark_paid_chosen", "_selected_action": [transferred.pk]}
    page = administrator.post(english("orders_order_changelist"), data, follow=True).content.decode()
    assert "type the sum that came" in page
    transferred.refresh_from_db()
    assert transferred.status == Order.Status.AWAITING_PAYMENT


def test_a_transfer_for_a_piece_that_was_sold_meanwhile_is_booked(administrator: Client, transferred: Order) -> None:
    stock.release_order(transferred)
    Stock.objects.update(on_hand=0)
    url = english("orders_order_mark_paid", transferred.pk)
    page = administrator.post(url, {"_form_submitted": "on", "amount": "38.00"}, follow=True).content.decode()
    assert "The money is booked: send it back" in page
    assert Refund.objects.get().reason == Refund.Reason.PIECE_GONE


def test_money_that_comes_late_can_still_be_taken(administrator: Client, order: Order) -> None:
    take(administrator, "mark_ready", order)
    Payment.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    expiry.expire_order(order_pk=order.pk)
    assert offered(administrator, order) == ["Mark as paid"]


def test_money_for_a_cancelled_order_is_not_taken(administrator: Client, order: Order) -> None:
    cancelling.cancel(order.pk)
    assert offered(administrator, order) == []


def test_a_piece_sold_meanwhile_cannot_be_paid_for(administrator: Client, order: Order) -> None:
    stock.release_order(order)
    Stock.objects.update(on_hand=0)
    assert "was sold meanwhile" in take(administrator, "mark_paid", order)
    assert order.status == Order.Status.AWAITING_PAYMENT


def test_many_at_once_each_with_its_own_outcome(administrator: Client, order: Order) -> None:
    cancelled = order_of(piece(), provider="branch")
    cancelling.cancel(cancelled.pk, actor=UserFactory.create())
    data = {"action": "mark_ready_chosen", "_selected_action": [order.pk, cancelled.pk]}
    page = administrator.post(english("orders_order_changelist"), data, follow=True).content.decode()
    assert f"Marked as packed: {order.code}" in page
    assert f"{cancelled.code} is no longer wanted" in page


def test_a_dialog_asks_before_anything_happens(administrator: Client, order: Order) -> None:
    """Opening an address changes nothing, whoever sent the link."""
    url = english("orders_order_cancel", order.pk)
    assert "Cancel this order?" in administrator.get(url).content.decode()
    order.refresh_from_db()
    assert order.status == Order.Status.AWAITING_PAYMENT


def test_the_dialog_leaves_by_htmx_too(administrator: Client, order: Order) -> None:
    url = reverse("admin:orders_order_mark_paid", args=[order.pk])
    answer = administrator.post(url, {"_form_submitted": "on"}, headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == reverse("admin:orders_order_change", args=[order.pk])


def test_who_may_only_look_cannot_move_an_order_on(order: Order) -> None:
    client = signed_in(staff(Role.CENTRE_STAFF, "view_order"))
    page = client.get(english("orders_order_change", order.pk)).content.decode()
    assert order.email in page
    assert "Mark as paid" not in page
    url = reverse("admin:orders_order_mark_paid", args=[order.pk])
    assert client.post(url, {"_form_submitted": "on"}).status_code == 403
    data = {"action": "mark_paid_chosen", "_selected_action": [order.pk]}
    client.post(reverse("admin:orders_order_changelist"), data)
    order.refresh_from_db()
    assert order.status == Order.Status.AWAITING_PAYMENT


def test_nobody_edits_or_deletes_an_order(administrator: Client, order: Order) -> None:
    assert administrator.get(reverse("admin:orders_order_add")).status_code == 403
    assert administrator.get(reverse("admin:orders_order_delete", args=[order.pk])).status_code == 403
    change = reverse("admin:orders_order_change", args=[order.pk])
    assert administrator.post(change, {"email": "thief@example.com", "total": "0"}).status_code == 403
    delete = {"action": "delete_selected", "_selected_action": [order.pk], "post": "yes"}
    administrator.post(reverse("admin:orders_order_changelist"), delete)
    order.refresh_from_db()
    assert order.email != "thief@example.com"
    assert LineItem.objects.filter(order=order).count() == 1


def test_the_page_shows_money_refunds_and_what_happened(administrator: Client, order: Order) -> None:
    payment = order.payments.get()
    Refund.objects.create(payment=payment, amount="38.00", reason=Refund.Reason.PIECE_GONE)
    page = administrator.get(english("orders_order_change", order.pk)).content.decode()
    for shown in (order.email, "Firuzəyi badyə", "paid when the piece was gone", "to be given by hand", "placed"):
        assert shown in page, shown


def test_what_happened_is_told_in_words(administrator: Client, order: Order) -> None:
    take(administrator, "mark_ready", order)
    payments.mark_paid(order.pk, actor=UserFactory.create())
    order.record(OrderEvent.Kind.WRONG_AMOUNT, payment=4711, amount="5.00", currency="USD")
    order.record(OrderEvent.Kind.REFUNDED, refund=4712, amount="38.00", reason=Refund.Reason.PAID_TWICE)
    page = administrator.get(english("orders_order_change", order.pk))
    events = next(one for one in page.context["inline_admin_formsets"] if one.opts.model is OrderEvent)
    told = [events.opts.details(event) for event in order.events.all()]
    branch = Branch.objects.get(slug="baku").name
    price = money.text(order.total)
    assert told == [price, "at the branch, on pickup", branch, price, "5.00 USD", f"{price}, paid twice"]
    assert told[-1] in page.content.decode()


def test_the_page_asks_the_database_a_fixed_number_of_times(
    administrator: Client, order: Order, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    larger = order_of(*(piece() for _number in range(6)), provider="branch")
    # What a process asks once and remembers is not counted.
    administrator.get(reverse("admin:orders_order_change", args=[order.pk]))
    for one in (order, larger):
        with django_assert_num_queries(23):
            administrator.get(reverse("admin:orders_order_change", args=[one.pk]))
