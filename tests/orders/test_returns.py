"""Pieces that come back: who may ask for what and until when; nothing is asked back, refunded or restocked twice."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.test import Client
from django.utils import timezone, translation

from artisans.models import Branch
from catalog.models import Variant
from dostshop.accounts.models import Role, User
from orders import bag as bags
from orders import emails, payments, refunds, returns
from orders.delivery import delivery_for
from orders.models import LineItem, Order, OrderMail, Refund, Return, Stock
from orders.providers import ProviderState, ProviderStatus
from orders.steps import NotPossible
from tests.admin.conftest import staff as member
from tests.factories import BranchFactory, bag_with, delivery_method, hand_out, order_of, piece, place, worker
from tests.racing import after_all_have_come, all_at_once

pytestmark = pytest.mark.django_db
threaded = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture(autouse=True)
def _sentences_are_azerbaijani() -> Iterator[None]:
    """A request of another test leaves its language behind."""
    with translation.override("az"):
        yield


@pytest.fixture
def staff() -> User:
    return worker()


def received(*variants: Variant, days_ago: int = 0, quantity: int = 1, **changes: Any) -> Order:
    """Paid, and handed over so many days ago."""
    order = place(bag_with(*variants, quantity=quantity), **changes)
    payment = order.payments.get()
    payments.apply_status(payment.pk, ProviderStatus(ProviderState.PAID, payment.amount, "AZN", f"pi_{payment.pk}"))
    hand_out(order)
    earlier = timedelta(days=days_ago)
    order.fulfilments.update(
        handed_over_at=F("handed_over_at") - earlier, returnable_until=F("returnable_until") - earlier
    )
    order.refresh_from_db()
    return order


def three_of_a_kind(**changes: Any) -> Order:
    return received(piece(on_hand=3, kind="small_series", price="12.50"), quantity=3, **changes)


def ask(order: Order, units: int = 1, *, reason: str = "changed_mind") -> Return:
    [returned] = returns.ask(order.pk, units={order.lines.get().pk: units}, reason=reason)
    return returned


def counts(order: Order) -> tuple[int, int, int]:
    """Units asked back, refunded, back on the shelf."""
    line = order.lines.get()
    return line.asked_back_quantity, line.refunded_quantity, line.restocked_quantity


def test_from_the_wish_to_the_money_and_the_shelf(staff: User) -> None:
    order = three_of_a_kind()
    returned = ask(order, 2)
    assert counts(order) == (2, 0, 0)
    returns.accept(returned.pk, actor=staff, answer="Gətirə bilərsiniz.")
    returns.receive(returned.pk, actor=staff)
    refund = returns.refund(returned.pk, actor=staff)
    assert (refund.amount, refund.reason) == (Decimal("25.00"), Refund.Reason.RETURNED)
    assert counts(order) == (0, 2, 0)
    returns.restock(returned.pk, units={returned.lines.get().pk: 1}, actor=staff)
    assert counts(order) == (0, 2, 1)
    assert Stock.objects.get().on_hand == 1
    returned.refresh_from_db()
    assert returned.state == Return.State.REFUNDED
    kinds = ["return_asked", "return_accepted", "return_received", "refund_decided", "restocked"]
    assert [event.kind for event in order.events.all()][-5:] == kinds


def test_the_buyer_hears_of_each_step_once(staff: User) -> None:
    order = three_of_a_kind()
    first, second = ask(order), ask(order)
    returns.accept(first.pk, actor=staff)
    returns.refuse(second.pk, actor=staff, answer="İşlədilib.")
    returns.receive(first.pk, actor=staff)
    told = order.mails.exclude(about="").values_list("kind", "about")
    assert list(told) == [
        (OrderMail.Kind.RETURN_ASKED, f"return-{first.pk}"),
        (OrderMail.Kind.RETURN_ASKED, f"return-{second.pk}"),
        (OrderMail.Kind.RETURN_ACCEPTED, f"return-{first.pk}"),
        (OrderMail.Kind.RETURN_REFUSED, f"return-{second.pk}"),
        (OrderMail.Kind.RETURN_RECEIVED, f"return-{first.pk}"),
    ]


@pytest.mark.parametrize("is_refunded", [True, False])
def test_the_mail_of_receipt_promises_no_money_that_went_before(
    staff: User, client: Client, *, is_refunded: bool
) -> None:
    order = received(piece(), language="en")
    returned = ask(order)
    returns.accept(returned.pk, actor=staff)
    if is_refunded:
        returns.refund(returned.pk, actor=staff)
    address = f"/en{order.get_absolute_url().removeprefix('/en')}"
    early = "goes back to you already, before the pieces have reached us"
    assert (early in client.get(address).content.decode()) == is_refunded
    returns.receive(returned.pk, actor=staff)
    assert early not in client.get(address).content.decode()
    message = emails.compose(order.mails.get(kind=OrderMail.Kind.RETURN_RECEIVED))
    for body in (str(message.body), str(message.alternatives[0][0])):
        assert ("We will look at them and give you back the money" in body) != is_refunded
        assert ("We decided on the money for them before" in body) == is_refunded


def test_the_last_day_is_the_fourteenth_after_the_day_of_receipt() -> None:
    assert ask(received(piece(), days_ago=14))
    with pytest.raises(returns.NotReturnable, match=r"qaytarmaq olardı"):
        ask(received(piece(), days_ago=15))
    assert Return.objects.count() == 1


def test_a_parcel_is_on_its_way_first() -> None:
    """Sent on a Monday, it has come on the Monday after at the latest."""
    method = delivery_method(days_min=2, days_max=5)
    variant = piece()
    option = delivery_for(bags.lines(bag_with(variant))).get(f"post-{method.pk}")
    order = place(bag_with(variant), option=option, address="Nizami 1", city="Bakı", country="AZ")
    assert returns.last_day(order, left_on=date(2026, 3, 2)) == date(2026, 3, 23)


@pytest.mark.parametrize(
    "fields", [{"kind": "food"}, {"is_personalised": True}], ids=["food", "made for one buyer alone"]
)
def test_what_is_not_taken_back_says_so(fields: dict[str, Any]) -> None:
    order = received(piece(**fields))
    [offer] = returns.offers(order)
    assert "bizə yazın" in offer.why_not
    with pytest.raises(returns.NotReturnable, match="bizə yazın"):
        ask(order)
    assert not Return.objects.exists()


def test_the_promise_of_the_day_of_sale_stands() -> None:
    variant = piece()
    order = received(variant)
    variant.product.is_personalised = True
    variant.product.save()
    assert ask(order)


def test_nothing_is_returned_before_it_was_received() -> None:
    order = order_of(piece())
    with pytest.raises(returns.NotReturnable):
        ask(order)
    payment = order.payments.get()
    payments.apply_status(payment.pk, ProviderStatus(ProviderState.PAID, payment.amount, "AZN", "pi_1"))
    with pytest.raises(returns.NotReturnable):
        ask(order)
    assert counts(order) == (0, 0, 0)


@pytest.mark.parametrize("units", [{}, {0: 1}, {"own": 0}, {"own": -1}, {"own": 4}])
def test_what_makes_no_sense_changes_nothing(units: dict[Any, int]) -> None:
    order = three_of_a_kind()
    wish = {order.lines.get().pk if key == "own" else key: number for key, number in units.items()}
    with pytest.raises(returns.NotReturnable):
        returns.ask(order.pk, units=wish, reason="changed_mind")
    assert counts(order) == (0, 0, 0)
    assert not Return.objects.exists()


def test_a_unit_is_asked_back_once_and_again_after_a_refusal(staff: User) -> None:
    order = received(piece())
    first = ask(order)
    with pytest.raises(returns.NotReturnable):
        ask(order)
    returns.refuse(first.pk, actor=staff, answer="Şəkil göndərin.")
    assert ask(order).state == Return.State.ASKED


def test_what_is_asked_back_is_refunded_by_its_return_alone(staff: User) -> None:
    order = three_of_a_kind()
    returned = ask(order, 2)
    line = order.lines.get()
    with pytest.raises(refunds.MoreThanBought):
        refunds.decide(order.pk, what=refunds.Sum({line.pk: 2}), reason=Refund.Reason.GOODWILL)
    returns.accept(returned.pk, actor=staff)
    returns.refund(returned.pk, actor=staff, besides=refunds.Sum(deduction=Decimal("5.00"), to_buyer="Etiketi yoxdur"))
    with pytest.raises(NotPossible):
        returns.refund(returned.pk, actor=staff)
    assert [refund.amount for refund in Refund.objects.all()] == [Decimal("20.00")]


def test_what_was_refunded_without_a_return_is_not_asked_back() -> None:
    order = received(piece())
    refunds.decide(order.pk, what=refunds.Sum({order.lines.get().pk: 1}), reason=Refund.Reason.FAULTY)
    with pytest.raises(returns.NotReturnable):
        ask(order)


def test_a_refund_that_cannot_be_leaves_the_return_as_it_was(staff: User) -> None:
    order = received(piece())
    returned = ask(order)
    returns.accept(returned.pk, actor=staff)
    with pytest.raises(refunds.MoreThanBought):
        returns.refund(returned.pk, actor=staff, besides=refunds.Sum(delivery=Decimal("1.00")))
    with pytest.raises(refunds.NothingToRefund):
        returns.refund(returned.pk, actor=staff, besides=refunds.Sum(deduction=Decimal("38.00")))
    returned.refresh_from_db()
    assert returned.state == Return.State.ACCEPTED
    assert counts(order) == (1, 0, 0)


def test_what_is_our_fault_is_refunded_as_such(staff: User) -> None:
    returned = ask(received(piece()), reason="damaged")
    returns.accept(returned.pk, actor=staff)
    assert returns.refund(returned.pk, actor=staff).reason == Refund.Reason.FAULTY


def test_who_got_another_piece_reads_that_and_not_that_it_was_damaged(staff: User) -> None:
    order = received(piece())
    returned = ask(order, reason="wrong_piece")
    returns.accept(returned.pk, actor=staff)
    refund = returns.refund(returned.pk, actor=staff)
    mail = OrderMail.objects.create(order=order, kind=OrderMail.Kind.REFUNDED, about=f"refund-{refund.pk}")
    body = str(emails.compose(mail).body)
    assert "Sifariş etdiyiniz əşyanın yerinə başqası gəlib. Üzr istəyirik." in body
    assert "zədəli" not in body
    assert order.invoices.get(refund=refund).content["reason"] == "başqa əşya gəlib"


def test_steps_out_of_turn_say_why_and_change_nothing(staff: User) -> None:
    order = received(piece())
    returned = ask(order)
    row = returned.lines.get()
    for step in (
        partial(returns.receive, returned.pk, actor=staff),
        partial(returns.refund, returned.pk, actor=staff),
        partial(returns.refuse, returned.pk, actor=staff, answer="  "),
        partial(returns.restock, returned.pk, units={row.pk: 1}, actor=staff),
    ):
        with pytest.raises(NotPossible):
            step()
    returns.accept(returned.pk, actor=staff)
    returns.receive(returned.pk, actor=staff)
    for step in (
        partial(returns.accept, returned.pk, actor=staff),
        partial(returns.receive, returned.pk, actor=staff),
        partial(returns.refuse, returned.pk, actor=staff, answer="Yox"),
        partial(returns.restock, returned.pk, units={row.pk: 2}, actor=staff),
        partial(returns.restock, returned.pk, units={}, actor=staff),
    ):
        with pytest.raises(NotPossible):
            step()
    assert counts(order) == (1, 0, 0)
    assert Stock.objects.get().on_hand == 0


def test_a_piece_goes_back_on_the_shelf_once(staff: User) -> None:
    order = received(piece())
    returned = ask(order)
    returns.accept(returned.pk, actor=staff)
    returns.receive(returned.pk, actor=staff)
    restock = partial(returns.restock, returned.pk, units={returned.lines.get().pk: 1}, actor=staff)
    restock()
    with pytest.raises(NotPossible):
        restock()
    assert Stock.objects.get().on_hand == 1


def test_the_database_refuses_what_the_code_would_let_through() -> None:
    order = three_of_a_kind()
    with pytest.raises(IntegrityError, match="orders_lineitem_asked_back_within_sold"):
        LineItem.objects.filter(order=order).update(asked_back_quantity=3, refunded_quantity=1)


def of_two_branches(*, is_sent: bool) -> Order:
    variants = [piece(), piece(branch__slug="barda")]
    if not is_sent:
        return received(*variants)
    method = delivery_method()
    option = delivery_for(bags.lines(bag_with(*variants))).get(f"post-{method.pk}")
    return received(*variants, option=option, address="Nizami 1", city="Bakı", country="AZ")


@pytest.mark.parametrize("is_sent", [True, False], ids=["sent", "picked up"])
def test_a_return_belongs_to_the_branch_to_which_it_goes(*, is_sent: bool) -> None:
    order = of_two_branches(is_sent=is_sent)
    asked = returns.ask(order.pk, units={line.pk: 1 for line in order.lines.all()}, reason="damaged")
    branches = [returned.branch.slug for returned in asked]
    assert branches == (["baku", "barda"] if is_sent else ["baku"])
    assert order.mails.filter(kind="return_asked").count() == len(asked)
    for returned in asked:
        returns.accept(returned.pk, actor=worker())
        letter = emails.compose(order.mails.get(kind="return_accepted", about=f"return-{returned.pk}"))
        [(html, _type)] = letter.alternatives
        for body in (str(letter.body), str(html)):
            assert f"{returned.branch.name}" in body
            assert f"{returned.branch.address}" in body


def test_nobody_is_told_to_send_pieces_nowhere(staff: User) -> None:
    order = received(piece())
    returned = ask(order)
    # The languages' columns are no fields of the model to its types.
    nowhere: dict[str, Any] = {"offers_pickup": False, "address_az": None, "address_ru": None, "address_en": None}
    Branch.objects.filter(pk=returned.branch_id).update(**nowhere)
    with pytest.raises(NotPossible, match="ünvan"):
        returns.accept(returned.pk, actor=staff)
    returned.refresh_from_db()
    assert returned.state == Return.State.ASKED
    assert not order.mails.filter(kind="return_accepted").exists()


def test_pieces_come_in_where_the_return_belongs() -> None:
    returned = ask(received(piece()))
    returns.accept(returned.pk, actor=worker())
    barda, baku = (member(Role.BRANCH_STAFF, branch=BranchFactory.create(slug=slug)) for slug in ("barda", "baku"))
    with pytest.raises(NotPossible):
        returns.receive(returned.pk, actor=barda)
    returned.refresh_from_db()
    assert returned.received_at is None
    returns.receive(returned.pk, actor=baku)


@pytest.mark.parametrize("fields", [{"kind": "food"}, {"is_personalised": True}, {}], ids=["food", "for one", "late"])
def test_staff_write_down_what_the_buyer_told_them(staff: User, fields: dict[str, Any]) -> None:
    order = received(piece(**fields), days_ago=0 if fields else 40)
    wish: dict[str, Any] = {"units": {order.lines.get().pk: 1}, "reason": "damaged"}
    with pytest.raises(returns.NotReturnable):
        returns.ask(order.pk, **wish)
    for note in ("", "  "):
        with pytest.raises(NotPossible):
            returns.record(order.pk, told=returns.Told(**wish, note=note), actor=staff)
    assert not Return.objects.exists()
    told = returns.Told(**wish, note="Zəng etdi, şəkil göndərdi")
    [returned] = returns.record(order.pk, told=told, actor=staff)
    assert (returned.state, returned.note) == (Return.State.ASKED, "Zəng etdi, şəkil göndərdi")
    event = order.events.get(kind="return_asked")
    assert (event.actor, event.data["note"]) == (staff, returned.note)
    with pytest.raises(NotPossible):
        returns.record(order.pk, told=returns.Told(**wish, note="Yenə"), actor=staff)
    assert counts(order) == (1, 0, 0)


def test_what_has_not_left_cannot_come_back(staff: User) -> None:
    order = order_of(piece(), provider="branch")
    payments.mark_paid(order.pk, actor=staff)
    told = returns.Told({order.lines.get().pk: 1}, "damaged", "Zəng")
    with pytest.raises(NotPossible):
        returns.record(order.pk, told=told, actor=staff)
    assert not Return.objects.exists()


@threaded
def test_one_unit_is_asked_back_once_by_many_at_once() -> None:
    order = received(piece())
    results = all_at_once([partial(ask, order) for _ in range(4)])
    assert sorted(type(result).__name__ for result in results) == ["NotReturnable"] * 3 + ["Return"]
    assert counts(order) == (1, 0, 0)


@threaded
def test_without_the_lock_the_same_race_meets_the_databases_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the race of the test above is real."""
    order = received(piece())
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *_args, **_options: self.all())
    monkeypatch.setattr(returns, "_wanted", after_all_have_come(returns._wanted, callers=4))
    results = all_at_once([partial(ask, order) for _ in range(4)])
    assert sorted(type(result).__name__ for result in results) == ["IntegrityError"] * 3 + ["Return"]


def refunded_by_four() -> tuple[Order, list[object]]:
    order = received(piece())
    staff = worker()
    returned = ask(order)
    returns.accept(returned.pk, actor=staff)
    return order, all_at_once([partial(returns.refund, returned.pk, actor=staff) for _ in range(4)])


@threaded
def test_four_people_refund_a_return_once() -> None:
    order, results = refunded_by_four()
    assert sorted(type(result).__name__ for result in results) == ["NotPossible"] * 3 + ["Refund"]
    assert counts(order) == (0, 1, 0)


@threaded
def test_without_the_lock_four_who_refund_a_return_meet_the_databases_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the race of the test above is real."""
    monkeypatch.setattr(returns, "_let_go", after_all_have_come(returns._let_go, callers=4))
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *_args, **_options: self.all())
    _order, results = refunded_by_four()
    assert any(isinstance(result, IntegrityError) for result in results), results


def received_back(order: Order, staff: User) -> Return:
    returned = ask(order)
    returns.accept(returned.pk, actor=staff)
    returns.receive(returned.pk, actor=staff)
    returned.refresh_from_db()
    return returned


def test_what_the_buyer_broke_is_closed_without_money(staff: User) -> None:
    order = three_of_a_kind(language="en")
    returned = received_back(order, staff)
    with pytest.raises(NotPossible):
        returns.close(returned.pk, actor=staff, answer=" ")
    assert Return.objects.in_state(Return.State.RECEIVED).get() == returned
    returns.close(returned.pk, actor=staff, answer="The handle was broken after it came.")
    returned.refresh_from_db()
    assert returned.state == Return.State.CLOSED
    assert Return.objects.in_state(Return.State.CLOSED).get() == returned
    assert not Return.objects.in_state(Return.State.RECEIVED)
    assert counts(order) == (0, 0, 0)
    body = str(emails.compose(order.mails.get(kind=OrderMail.Kind.RETURN_CLOSED)).body)
    assert "no money goes back for them" in body
    assert "The handle was broken after it came." in body
    assert order.events.get(kind="return_closed").data["note"] == "The handle was broken after it came."
    for step in (returns.refund, partial(returns.close, answer="Again.")):
        with pytest.raises(NotPossible):
            step(returned.pk, actor=staff)
    assert not Refund.objects.exists()


def test_what_was_given_for_goodwill_before_is_closed_and_the_piece_is_for_sale(staff: User) -> None:
    order = received(piece(price="38.00"))
    returned = received_back(order, staff)
    refunds.decide(order.pk, what=refunds.Sum(goodwill=Decimal("38.00")), reason="goodwill", actor=staff)
    with pytest.raises(refunds.NothingToRefund):
        returns.refund(returned.pk, actor=staff)
    returns.close(returned.pk, actor=staff, answer="Pulu artıq qaytarmışıq.")
    returns.restock(returned.pk, units={returned.lines.get().pk: 1}, actor=staff)
    assert (counts(order), Stock.objects.get().on_hand) == ((0, 0, 1), 1)


def test_only_what_came_can_be_closed(staff: User) -> None:
    returned = ask(three_of_a_kind())
    for state in (Return.State.ASKED, Return.State.ACCEPTED):
        returned.refresh_from_db()
        assert returned.state == state
        with pytest.raises(NotPossible):
            returns.close(returned.pk, actor=staff, answer="Sınıb.")
        if state == Return.State.ASKED:
            returns.accept(returned.pk, actor=staff)
    with pytest.raises(IntegrityError), transaction.atomic():
        Return.objects.update(closed_at=timezone.now(), answer="Sınıb.")
