"""Money back from the page of an order: by the centre's staff, in dialogs, with a sentence for every refusal."""

import html
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from artisans.models import Branch
from dostshop import money
from dostshop.accounts.models import Role
from orders import payments, refunds, returns, stock
from orders.models import Order, OrderEvent, Refund, Stock
from orders.providers import OutcomeUnknown, ProviderRefund, RefundState
from tests.admin.conftest import BRANCH_WORK, english, signed_in, staff
from tests.factories import UserFactory, hand_out, order_of, piece, worker
from tests.orders import toys
from tests.orders.test_refunds import three_sent
from tests.orders.test_returns import received

REFUNDS = ("add_refund", "view_refund", "view_order", "change_order", "change_stock")


@pytest.fixture
def order(db: None) -> Order:
    """Three at 12.50 and 5.00 for the post, paid by card."""
    return three_sent()


@pytest.fixture
def centre(db: None) -> Client:
    return signed_in(staff(Role.CENTRE_STAFF, *REFUNDS))


def take(client: Client, step: str, order: Order, **typed: Any) -> str:
    url = english(f"orders_order_{step}", order.pk)
    if step == "refund":
        typed.setdefault("seen", str(refunds.refunded(order)))
    elif step == "restock":
        typed.setdefault("seen", stock.put_back(order))
    page = client.post(url, {"_form_submitted": "on", **typed}, follow=True)
    order.refresh_from_db()
    return page.content.decode()


def units(order: Order, number: int, *, name: str = "units") -> dict[str, int]:
    return {f"{name}_{order.lines.get().pk}": number}


def offered(client: Client, order: Order) -> list[str]:
    page = client.get(english("orders_order_change", order.pk))
    return [str(button["title"]) for button in page.context["actions_detail"]]


def dialog(client: Client, step: str, pk: int) -> str:
    return html.unescape(client.get(english(step, pk)).content.decode()).replace("\xa0", " ")


def test_the_dialog_says_what_everything_costs(centre: Client, order: Order) -> None:
    take(centre, "refund", order, **units(order, 1), reason="returned")
    page = dialog(centre, "orders_order_refund", order.pk)
    assert 'value="30,00 ₼"' in page
    assert "12,50 ₼ each: refund, at most 2" in page
    assert "The delivery cost 5,00 ₼; at most 5,00 ₼ goes back." in page
    assert 'value="30,00 ₼"' in dialog(centre, "orders_order_call_off", order.pk)


@pytest.mark.parametrize("step", ["refund", "call_off"])
def test_no_reason_is_chosen_beforehand(centre: Client, order: Order, step: str) -> None:
    assert '<option value="" selected>' in dialog(centre, f"orders_order_{step}", order.pk)
    assert "required" in take(centre, step, order, **units(order, 1))
    assert not Refund.objects.exists()


@pytest.mark.parametrize(
    ("number", "reason", "delivery"), [(3, "damaged", "5.00"), (2, "damaged", None), (3, "", None)]
)
def test_the_delivery_is_offered_where_nothing_stays_and_it_is_our_fault(
    centre: Client, order: Order, number: int, reason: str, delivery: str | None
) -> None:
    hand_out(order)
    wish = {order.lines.get().pk: number}
    told = returns.Told(wish, reason or "changed_mind", "Zəng")
    [returned] = returns.record(order.pk, told=told, actor=worker())
    returns.accept(returned.pk, actor=worker())
    page = centre.get(english("orders_return_refund", returned.pk))
    form = page.context["form"]
    assert form["delivery"].initial == (delivery and Decimal(delivery))
    assert form["price"].initial == money.text(Decimal("12.50") * number)
    assert "The delivery cost 5,00" in form["delivery"].help_text


def test_lines_show_what_came_and_went_back(centre: Client, order: Order) -> None:
    page = centre.get(english("orders_order_change", order.pk)).content.decode()
    for heading in ("refunded", "in returns", "back in stock"):
        assert heading in page.casefold(), heading


def test_who_holds_the_money_says_that_it_went_back(settings: Settings, db: None) -> None:
    settings.BANK_IBAN = "AZ39DOST00000000000000000001"
    baku = signed_in(staff(Role.BRANCH_STAFF, *BRANCH_WORK, branch=Branch.objects.get(slug="baku")))
    barda = signed_in(staff(Role.BRANCH_STAFF, *BRANCH_WORK, branch=Branch.objects.get(slug="barda")))
    accountant = signed_in(staff(Role.ACCOUNTANT, "view_order", "view_refund", "confirm_transfer"))
    holders = {"transfer": (accountant, (baku, barda)), "branch": (baku, (accountant, barda))}
    for provider, (holder, others) in holders.items():
        # Bərdə prepares a part of it, and so sees it.
        order = order_of(piece(), piece(branch__slug="barda"), provider=provider)
        payments.mark_paid(order.pk, actor=worker(), amount=order.total if provider == "transfer" else None)
        refund = refunds.decide(order.pk, what=refunds.Sum(goodwill=Decimal(1)), reason=Refund.Reason.GOODWILL)
        for other in others:
            assert "Money given back by hand" not in offered(other, order)
            take(other, "give_back_by_hand", order, refund=refund.pk)
            other.post(english("orders_refund_give_back", refund.pk), {"_form_submitted": "on"})
            refund.refresh_from_db()
            assert refund.done_at is None, provider
        assert "Money given back by hand" in offered(holder, order)
        assert "Given back by hand" in take(holder, "give_back_by_hand", order, refund=refund.pk)
        refund.refresh_from_db()
        assert refund.is_by_hand, provider


def test_units_delivery_goodwill_and_what_is_kept_back(centre: Client, order: Order) -> None:
    typed = {"delivery": "5,00", "goodwill": "2", "deduction": "1.50", "reason": "faulty", "note": "Çat var"}
    refused = take(centre, "refund", order, **units(order, 2), **typed)
    assert "Something is kept back: write to the buyer why." in refused
    assert not Refund.objects.exists()
    page = take(centre, "refund", order, to_buyer="Qulpu qırılıb", **units(order, 2), **typed)
    assert f"Refund decided: {order.code}" in page
    refund = Refund.objects.get()
    assert (refund.amount, refund.delivery_amount) == (Decimal("30.50"), Decimal("5.00"))
    assert (refund.note, refund.to_buyer) == ("Çat var", "Qulpu qırılıb")
    assert refund.decided_by_id == int(centre.session["_auth_user_id"])
    assert ProcrastinateJob.objects.get(task_name="orders.send_refund").args == {"refund_pk": refund.pk}
    # The shelf is another decision.
    assert Stock.objects.get().on_hand == 2
    assert "Çat var" in page


def test_the_money_and_the_shelf_in_one_go(centre: Client, order: Order) -> None:
    take(centre, "refund", order, **units(order, 2), **units(order, 1, name="shelf"), reason="returned")
    assert (Refund.objects.get().amount, Stock.objects.get().on_hand) == (Decimal("25.00"), 3)
    assert f"Put back on the shelf: {order.code}" in take(centre, "restock", order, **units(order, 1, name="shelf"))
    assert Stock.objects.get().on_hand == 4


def test_what_the_buyer_is_still_to_get_is_not_offered_for_the_shelf(centre: Client, order: Order) -> None:
    assert "Put back on the shelf" not in offered(centre, order)
    refused = take(centre, "refund", order, **units(order, 1), **units(order, 2, name="shelf"), reason="returned")
    assert "The buyer is still to get some of these pieces" in refused
    assert not Refund.objects.exists()
    take(centre, "refund", order, **units(order, 1), reason="returned")
    assert "Put back on the shelf" in offered(centre, order)
    assert "at most 1" in centre.get(english("orders_order_restock", order.pk)).content.decode()
    assert "less than or equal to 1" in take(centre, "restock", order, **units(order, 2, name="shelf"))
    assert Stock.objects.get().on_hand == 2


def test_a_second_press_puts_nothing_more_on_the_shelf(centre: Client, order: Order) -> None:
    take(centre, "refund", order, **units(order, 2), reason="returned")
    assert 'name="seen" value="0"' in centre.get(english("orders_order_restock", order.pk)).content.decode()
    typed = {**units(order, 1, name="shelf"), "seen": 0}
    assert f"Put back on the shelf: {order.code}" in take(centre, "restock", order, **typed)
    assert "put back on the shelf since you opened the form" in take(centre, "restock", order, **typed)
    assert Stock.objects.get().on_hand == 3


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({}, "The sum is zero"),
        ({"deduction": "1"}, "The sum is zero"),
        ({"goodwill": "42.51"}, "More would go back than was paid"),
        ({"goodwill": "1.234"}, "two digits at most after the comma"),
        ({"goodwill": "-1"}, "Type a sum of at least 0 manat."),
        ({"goodwill": "1e9"}, "digits"),
        ({"delivery": "5.01"}, "less than or equal to 5"),
        ({"units": 4}, "less than or equal to 3"),
        ({"units": "x"}, "whole number"),
        ({"reason": "paid_twice"}, "Select a valid choice"),
    ],
)
def test_what_cannot_go_back_says_why_and_changes_nothing(
    centre: Client, order: Order, typed: dict[str, Any], sentence: str
) -> None:
    wanted = {"reason": "returned", **typed}
    if "units" in wanted:
        wanted.update(units(order, wanted.pop("units")))
    assert sentence in take(centre, "refund", order, **wanted)
    assert not Refund.objects.exists()
    assert order.lines.get().refunded_quantity == 0


@pytest.mark.parametrize(
    ("step", "typed", "place"),
    [
        ("refund", {"goodwill": "42.51"}, "goodwill"),
        ("refund", {"units": "1", "deduction": "12,50"}, "deduction"),
        ("refund", {"units": "1", "shelf": "2"}, "shelf"),
        # Nothing is there that it could be about.
        ("refund", {"delivery": "0"}, "__all__"),
    ],
)
def test_what_is_refused_is_shown_again_with_what_was_typed(
    centre: Client, order: Order, step: str, typed: dict[str, Any], place: str
) -> None:
    names = {name: f"{name}_{order.lines.get().pk}" for name in ("units", "shelf")}
    wanted = {names.get(name, name): value for name, value in typed.items()}
    sent = {"_form_submitted": "on", "reason": "returned", "note": "Çat var", "seen": "0.00", **wanted}
    for headers in ({}, {"HX-Request": "true"}):
        page = centre.post(english(f"orders_order_{step}", order.pk), sent, headers=headers)
        form = page.context["form"]
        assert list(form.errors) == [names.get(place, place)]
        assert {name: form[name].value() for name in sent} == sent
        assert 'role="alert"' in page.content.decode()
    assert not Refund.objects.exists()
    assert "Refund decided" in take(centre, step, order, **units(order, 1), reason="returned")


def test_what_was_decided_by_old_numbers_is_decided_anew(centre: Client, order: Order) -> None:
    """The page says what happened meanwhile; shown again, the dialog would give the same a second time."""
    typed = {"_form_submitted": "on", "goodwill": "5", "reason": "goodwill", "seen": "0.00"}
    address = english("orders_order_refund", order.pk)
    for _press in range(2):
        assert centre.post(address, typed).headers["Location"] == english("orders_order_change", order.pk)
    assert Refund.objects.get().amount == Decimal("5.00")


def test_a_step_that_can_no_longer_be_taken_leaves_to_the_page(centre: Client, order: Order) -> None:
    typed = {"_form_submitted": "on", "reason": "cancelled"}
    address = english("orders_order_call_off", order.pk)
    for _press in range(2):
        assert centre.post(address, typed).headers["Location"] == english("orders_order_change", order.pk)
    assert Refund.objects.get().amount == Decimal("42.50")


def test_what_is_kept_back_of_a_return_is_typed_again_at_its_field(centre: Client, order: Order) -> None:
    hand_out(order)
    told = returns.Told({order.lines.get().pk: 1}, "changed_mind", "Zəng")
    [returned] = returns.record(order.pk, told=told, actor=worker())
    returns.accept(returned.pk, actor=worker())
    typed = {"_form_submitted": "on", "deduction": "12,50", "note": "Ləkə", "before_it_came": "on"}
    page = centre.post(english("orders_return_refund", returned.pk), typed)
    form = page.context["form"]
    assert "The sum is zero" in form.errors["deduction"][0]
    assert (form["deduction"].value(), form["note"].value()) == ("12,50", "Ləkə")
    assert not Refund.objects.exists()


def test_what_somebody_refunded_meanwhile_is_not_refunded_again(
    centre: Client, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dialog was in time and the lock was not; then nothing goes back on the shelf either."""
    decide = refunds.decide

    def too_late(order_pk: int, **options: Any) -> Refund:
        decide(order_pk, what=refunds.everything_left(order), reason=Refund.Reason.GOODWILL)
        return decide(order_pk, **options)

    monkeypatch.setattr(refunds, "decide", too_late)
    typed = {**units(order, 1), **units(order, 1, name="shelf"), "reason": "returned"}
    assert "was refunded since you opened the form" in take(centre, "refund", order, **typed)
    assert Refund.objects.count() == 1
    assert Stock.objects.get().on_hand == 2


@pytest.mark.parametrize(
    ("reason", "shelf", "on_hand"),
    [
        ("cancelled", None, 5),
        ("not_available", None, 2),
        ("cancelled", 0, 2),
        ("cancelled", 1, 3),
        ("not_available", 2, 4),
    ],
)
def test_a_paid_order_is_called_off_with_its_money(
    centre: Client, order: Order, reason: str, shelf: int | None, on_hand: int
) -> None:
    """What is left empty goes back on the shelf, but for what cannot be delivered."""
    typed = {} if shelf is None else units(order, shelf, name="shelf")
    page = take(centre, "call_off", order, reason=reason, note="Qırılıb", **typed)
    assert f"Cancelled and refunded: {order.code}" in page
    assert order.status == Order.Status.CANCELLED
    assert Refund.objects.get().amount == Decimal("42.50")
    assert Stock.objects.get().on_hand == on_hand


def test_what_was_refunded_is_not_offered_for_the_shelf_when_the_rest_is_called_off(
    centre: Client, order: Order
) -> None:
    take(centre, "refund", order, **units(order, 2), reason="faulty")
    dialog = centre.get(english("orders_order_call_off", order.pk)).content.decode()
    assert "back on the shelf, at most 1" in dialog
    refused = take(centre, "call_off", order, reason="cancelled", **units(order, 2, name="shelf"))
    assert "less than or equal to 1" in refused
    assert order.status == Order.Status.PAID


def test_a_second_click_gives_nothing_more(centre: Client, order: Order) -> None:
    dialog = centre.get(english("orders_order_refund", order.pk)).content.decode()
    assert 'name="seen" value="0' in dialog
    typed = {"goodwill": "5", "reason": "goodwill", "seen": "0.00"}
    assert f"Refund decided: {order.code}" in take(centre, "refund", order, **typed)
    assert "refunded since you opened the form" in take(centre, "refund", order, **typed)
    assert Refund.objects.get().amount == Decimal("5.00")


def test_what_was_handed_over_is_not_called_off(centre: Client, db: None) -> None:
    order = received(piece())
    assert "Only a paid order of which nothing was handed over" in take(centre, "call_off", order, reason="cancelled")
    assert not Refund.objects.exists()


def test_steps_are_offered_where_they_are_possible(centre: Client, order: Order) -> None:
    assert offered(centre, order_of(piece())) == ["Cancel the order"]
    assert offered(centre, order)[-2:] == ["Refund", "Cancel and refund"]
    done = received(piece())
    assert offered(centre, done) == ["Refund"]
    take(centre, "refund", done, **units(done, 1), reason="returned")
    assert offered(centre, done) == []


def test_a_refund_that_failed_is_tried_again_or_given_by_hand(centre: Client, order: Order, settings: Settings) -> None:
    toys.use(settings, toys.Refuses)
    take(centre, "refund", order, **units(order, 1), reason="returned")
    refund = Refund.objects.get()
    refunds.send(refund_pk=refund.pk)
    assert offered(centre, order)[-2:] == ["Money given back by hand", "Try the refund again"]
    again = take(centre, "try_refund_again", order, refund=refund.pk)
    assert f"The provider is asked again: {order.code}" in again
    assert order.events.last().kind == OrderEvent.Kind.REFUND_TRIED  # type: ignore[union-attr]
    refunds.send(refund_pk=refund.pk)
    assert f"Given back by hand: {order.code}" in take(centre, "give_back_by_hand", order, refund=refund.pk)
    refund.refresh_from_db()
    assert refund.done_at is not None
    assert order.mails.filter(kind="refunded").count() == 1
    # Of what is done there is nothing to choose.
    assert "Select a valid choice" in take(centre, "give_back_by_hand", order, refund=refund.pk)


class Unknown(toys.Toy):
    def refund(self, refund: Refund) -> ProviderRefund:
        raise OutcomeUnknown("Toy: status 503")


@pytest.fixture
def unknown(order: Order, settings: Settings) -> Refund:
    toys.use(settings, Unknown)
    refund = refunds.decide(order.pk, what=refunds.Sum(goodwill=Decimal(1)), reason=Refund.Reason.GOODWILL)
    refunds.send(refund_pk=refund.pk)
    refund.refresh_from_db()
    return refund


@pytest.mark.parametrize(("answer", "said"), [("yes", "The money went"), ("no", "The provider is asked again")])
def test_what_nobody_knows_is_answered_on_the_orders_page(
    centre: Client, order: Order, unknown: Refund, answer: str, said: str
) -> None:
    assert offered(centre, order)[-1] == "Did the refund go?"
    assert "Try the refund again" not in offered(centre, order)
    assert "This field is required" in take(centre, "say_whether_refund_went", order, refund=unknown.pk)
    page = take(centre, "say_whether_refund_went", order, refund=unknown.pk, has_gone=answer)
    assert f"{said}: {order.code}" in page
    unknown.refresh_from_db()
    assert (unknown.done_at is not None, unknown.failure) == (answer == "yes", "")


@pytest.mark.parametrize(("answer", "is_done"), [("yes", True), ("no", False)])
def test_what_nobody_knows_is_answered_on_the_refunds_page(
    centre: Client, unknown: Refund, answer: str, is_done: bool
) -> None:
    change = english("orders_refund_change", unknown.pk)
    page = centre.get(change)
    assert [str(one["title"]) for one in page.context["actions_detail"]] == ["Did the refund go?"]
    assert "look at the payment provider whether the money went" in page.content.decode()
    assert "Toy: status 503" in page.content.decode()
    step = english("orders_refund_say_whether_it_went", unknown.pk)
    assert "Have you looked at the payment provider?" in centre.get(step).content.decode()
    assert centre.post(step, {"_form_submitted": "on"}).status_code == 200
    centre.post(step, {"_form_submitted": "on", "has_gone": answer})
    unknown.refresh_from_db()
    assert (unknown.done_at is not None) == is_done


@pytest.mark.parametrize("step", ["try_again_chosen", "give_back_chosen"])
def test_what_nobody_knows_is_not_answered_for_many_at_once(centre: Client, unknown: Refund, step: str) -> None:
    chosen = {"action": step, "_selected_action": [unknown.pk]}
    answer = centre.post(english("orders_refund_changelist"), chosen, follow=True).content.decode()
    assert "Nobody knows whether this money went" in answer
    unknown.refresh_from_db()
    assert (unknown.failure, unknown.done_at) == (Refund.Failure.UNKNOWN, None)


@pytest.mark.parametrize("number", ["abc", "0", "99999999999999999999"])
def test_what_is_no_refund_is_not_found(centre: Client, db: None, number: str) -> None:
    page = centre.get(english("orders_refund_change", number), follow=True)
    assert f"with ID “{number}” doesn’t exist" in html.unescape(page.content.decode())
    step = english("orders_refund_try_again", number)
    assert centre.post(step, {"_form_submitted": "on"}).status_code == 404


def test_the_list_of_refunds_tells_what_waits_for_a_person(centre: Client, order: Order) -> None:
    failed = refunds.decide(order.pk, what=refunds.Sum(goodwill=Decimal(1)), reason=Refund.Reason.GOODWILL)
    under_way = refunds.decide(order.pk, what=refunds.Sum(goodwill=Decimal(2)), reason=Refund.Reason.GOODWILL)
    refunds.apply(
        failed.payment_id, ProviderRefund("re_1", RefundState.FAILED, Decimal(1), str(failed.idempotency_key))
    )
    page = english("orders_refund_changelist")
    shown = {
        outcome: list(centre.get(page, {"outcome": outcome}).context["cl"].result_list)
        for outcome in ("person", "failed", "unknown", "under_way", "done")
    }
    assert shown == {"person": [failed], "failed": [failed], "unknown": [], "under_way": [under_way], "done": []}
    chosen = {"action": "give_back_chosen", "_selected_action": [failed.pk, under_way.pk]}
    answer = centre.post(page, chosen, follow=True).content.decode()
    assert f"Given back by hand: {failed}" in answer
    assert f"{under_way}: This refund is done, or the payment provider is at it" in answer
    under_way.refresh_from_db()
    assert under_way.done_at is None


def test_one_refund_has_a_page_with_its_steps(centre: Client, order: Order) -> None:
    refund = refunds.decide(order.pk, what=refunds.Sum({order.lines.get().pk: 2}), reason=Refund.Reason.RETURNED)
    change = english("orders_refund_change", refund.pk)
    assert not centre.get(change).context["actions_detail"]
    told = ProviderRefund("re_1", RefundState.FAILED, refund.amount, str(refund.idempotency_key))
    refunds.apply(refund.payment_id, told)
    page = centre.get(change)
    assert [str(one["title"]) for one in page.context["actions_detail"]] == [
        "Money given back by hand",
        "Try the refund again",
    ]
    assert order.code in page.content.decode()
    answer = centre.post(english("orders_refund_try_again", refund.pk), {"_form_submitted": "on"}, follow=True)
    assert f"The provider is asked again: {refund}" in answer.content.decode()


@pytest.mark.parametrize("step", ["refund", "call_off", "try_refund_again", "say_whether_refund_went"])
def test_branch_staff_refund_nothing(order: Order, baku_staff: Client, step: str) -> None:
    url = reverse(f"admin:orders_order_{step}", args=[order.pk])
    typed = {"_form_submitted": "on", "reason": "returned", **units(order, 1)}
    assert baku_staff.get(url).status_code == 403
    assert baku_staff.post(url, typed).status_code == 403
    assert not Refund.objects.exists()


def test_of_another_branchs_order_not_even_the_names_are_told(order: Order) -> None:
    """Somebody of a branch who was given the right to refund."""
    barda = Branch.objects.get(slug="barda")
    client = signed_in(staff(Role.BRANCH_STAFF, *BRANCH_WORK, *REFUNDS, branch=barda))
    for step in ("refund", "call_off", "restock", "give_back_by_hand", "try_refund_again", "say_whether_refund_went"):
        url = reverse(f"admin:orders_order_{step}", args=[order.pk])
        assert order.lines.get().name not in client.get(url).content.decode()
        assert client.post(url, {"_form_submitted": "on", **units(order, 1)}).status_code == 404
    assert not Refund.objects.exists()


def test_events_say_why_and_by_whom(centre: Client, order: Order) -> None:
    take(centre, "refund", order, **units(order, 1), **units(order, 1, name="shelf"), reason="faulty", note="Çat var")
    page = centre.get(english("orders_order_change", order.pk))
    events = next(one for one in page.context["inline_admin_formsets"] if one.opts.model is OrderEvent)
    told = {event.kind: events.opts.details(event) for event in order.events.all()}
    name = order.lines.get().name
    assert told["refund_decided"].endswith("damaged or not as described, Çat var")
    assert told["restocked"] == f"1 × {name}"


def test_what_is_made_to_order_has_no_shelf(centre: Client, db: None) -> None:
    order = received(piece(kind="made_to_order", lead_time_days=5, on_hand=0))
    assert "shelf_" not in centre.get(english("orders_order_refund", order.pk)).content.decode()


def test_more_than_sold_never_reaches_the_shelf(order: Order) -> None:
    actor = UserFactory.create(is_staff=True)
    with pytest.raises(stock.MoreThanSold):
        stock.restock(order.pk, units={order.lines.get().pk: 4}, actor=actor)
    assert Stock.objects.get().on_hand == 2


def test_an_order_that_was_refunded_as_a_whole_is_cancelled_and_offers_the_shelf(centre: Client, order: Order) -> None:
    take(centre, "refund", order, **units(order, 3), delivery="5.00", reason="not_available")
    assert order.status == Order.Status.CANCELLED
    assert offered(centre, order) == ["Put back on the shelf"]
    assert f"Put back on the shelf: {order.code}" in take(centre, "restock", order, **units(order, 3, name="shelf"))
    assert offered(centre, order) == []
