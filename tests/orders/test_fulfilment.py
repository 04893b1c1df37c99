from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.db.models import F
from django.test import Client
from django.utils import timezone, translation
from pytest_django import DjangoAssertNumQueries

from artisans.models import Branch
from dostshop.accounts.models import Role, User
from dostshop.locks import Busy
from orders import cancelling, emails, fulfilment, payments, refunds, returns, work
from orders.models import Fulfilment, Order, OrderEvent, Refund
from orders.providers import ProviderRefund, RefundState
from orders.steps import NotPossible
from tests.admin.conftest import staff as member
from tests.factories import BranchFactory, HolidayFactory, order_of, piece, worker
from tests.orders.test_work_pages import parcel, two_parcels

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> User:
    return worker()


def of_two_branches(**changes: str) -> Order:
    barda: Branch = BranchFactory.create(slug="barda")
    return order_of(piece(), piece(branch=barda), provider="branch", **changes)


def test_an_order_splits_by_the_branch_that_holds_the_pieces() -> None:
    order = of_two_branches()
    assert [part.branch.slug for part in order.fulfilments.order_by("branch__position")] == ["baku", "barda"]
    assert all(part.lines.count() == 1 for part in order.fulfilments.all())


def test_the_buyer_hears_once_when_everything_lies_at_the_pickup_branch(staff: User) -> None:
    first, second = of_two_branches().fulfilments.all()
    fulfilment.mark_ready(first.pk, actor=staff)
    assert not first.order.mails.filter(kind="ready").exists()
    fulfilment.mark_ready(second.pk, actor=staff)
    assert not first.order.mails.filter(kind="ready").exists()
    fulfilment.mark_arrived(second.pk, actor=staff)
    assert first.order.mails.filter(kind="ready").count() == 1


def test_whether_all_is_there_is_asked_once(staff: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    first, second = of_two_branches().fulfilments.all()
    with django_assert_num_queries(12):
        fulfilment.mark_ready(first.pk, actor=staff)
    fulfilment.mark_ready(second.pk, actor=staff)
    with django_assert_num_queries(18):
        fulfilment.mark_arrived(second.pk, actor=staff)


def test_ready_twice_is_refused_with_a_sentence(staff: User) -> None:
    [part] = order_of(piece(), provider="branch").fulfilments.all()
    fulfilment.mark_ready(part.pk, actor=staff)
    with pytest.raises(NotPossible, match=part.order.code):
        fulfilment.mark_ready(part.pk, actor=staff)


@pytest.mark.parametrize(
    ("number", "promised", "sentence"),
    [
        ("", {"country": "DE"}, "Abroad a parcel goes with a number only"),
        ("", {"has_tracking": True}, "The buyer was promised a tracking number"),
        ("R" * 10_000, {}, "at most 40 characters; this has 10000"),
        ("RR<1>", {}, "Latin letters, digits"),
    ],
)
def test_a_number_with_which_no_parcel_goes_is_refused_without_a_form_too(
    staff: User, number: str, promised: dict[str, Any], sentence: str
) -> None:
    part = parcel()
    Order.objects.update(**promised)
    with translation.override("en"), pytest.raises(NotPossible, match=sentence):
        fulfilment.ship(part.pk, carrier="Azərpoçt", tracking_number=number, actor=staff)
    part.refresh_from_db()
    assert (part.handed_over_at, part.tracking_number) == (None, "")
    fulfilment.ship(part.pk, carrier="Azərpoçt", tracking_number="RR1", actor=staff)
    with translation.override("en"), pytest.raises(NotPossible, match=sentence):
        fulfilment.correct_number(part.pk, carrier="DHL", tracking_number=number, actor=staff)
    part.refresh_from_db()
    assert (part.carrier, part.tracking_number) == ("Azərpoçt", "RR1")


def test_unpaid_pieces_are_not_handed_over(staff: User) -> None:
    [part] = order_of(piece(), provider="branch").fulfilments.all()
    with pytest.raises(NotPossible):
        fulfilment.hand_over(part.order_id, code=str(part.order.pickup_code), actor=staff)
    part.refresh_from_db()
    assert part.handed_over_at is None


def test_a_cancelled_order_is_not_prepared(staff: User) -> None:
    [part] = order_of(piece()).fulfilments.all()
    cancelling.cancel(part.order_id)
    with pytest.raises(NotPossible):
        fulfilment.mark_ready(part.pk, actor=staff)


def test_the_last_hand_over_completes_the_order(staff: User) -> None:
    order = of_two_branches()
    payments.mark_paid(order.pk, actor=staff)
    _here, there = order.fulfilments.all()
    fulfilment.hand_over(order.pk, code=str(order.pickup_code), actor=staff)
    order.refresh_from_db()
    assert order.status == Order.Status.PAID
    fulfilment.mark_ready(there.pk, actor=staff)
    fulfilment.mark_arrived(there.pk, actor=staff)
    fulfilment.hand_over(order.pk, code=str(order.pickup_code), actor=staff)
    order.refresh_from_db()
    assert order.status == Order.Status.COMPLETED
    assert order.events.last().actor == staff  # type: ignore[union-attr]


@pytest.mark.parametrize("provider", ["stripe", "transfer"])
def test_what_is_not_paid_for_is_not_packed(staff: User, provider: str) -> None:
    order = order_of(piece(), provider=provider)
    [part] = order.fulfilments.all()
    with pytest.raises(NotPossible):
        fulfilment.mark_ready(part.pk, actor=staff)
    # Paid once at the till and waiting there, then paid back: nobody brings it any more.
    Fulfilment.objects.filter(pk=part.pk).update(ready_at=timezone.now())
    with pytest.raises(NotPossible):
        fulfilment.mark_arrived(part.pk, actor=staff)
    part.refresh_from_db()
    assert part.arrived_at is None
    assert not order.mails.filter(kind="ready").exists()


def refund(order: Order, *, of: Fulfilment | None = None, units: int = 1) -> None:
    lines = order.lines.all() if of is None else of.lines.all()
    what = refunds.Sum({line.pk: units for line in lines})
    refunds.decide(order.pk, what=what, reason=Refund.Reason.NOT_AVAILABLE, actor=worker())


def test_what_was_given_back_is_neither_packed_nor_handed_over(staff: User) -> None:
    order = order_of(piece(), piece(branch__slug="barda"), provider="branch")
    part, other = order.fulfilments.all()
    payments.mark_paid(order.pk, actor=staff)
    refund(order, of=part)
    with pytest.raises(NotPossible, match="qaytarılıb"):
        fulfilment.mark_ready(part.pk, actor=staff)
    # With the last of it, the order is cancelled.
    refund(order, of=other)
    for given_back in (part, other):
        with pytest.raises(NotPossible, match="artıq tələb olunmur"):
            fulfilment.mark_ready(given_back.pk, actor=staff)
    with pytest.raises(NotPossible, match="artıq tələb olunmur"):
        fulfilment.hand_over(order.pk, code=str(order.pickup_code), actor=staff)
    assert list(order.fulfilments.values_list("ready_at", "handed_over_at")) == [(None, None)] * 2


def test_what_was_given_back_at_the_provider_is_no_longer_wanted(staff: User) -> None:
    part = parcel()
    payment = part.order.payments.get()
    refunds.apply(payment.pk, ProviderRefund("re_1", RefundState.DONE, payment.captured_amount, ""))
    assert not work.to_do(None).exists()
    with pytest.raises(NotPossible):
        fulfilment.ship(part.pk, carrier="Azərpoçt", tracking_number="RR1", actor=staff)
    part.refresh_from_db()
    assert part.handed_over_at is None
    assert not part.order.mails.filter(kind="shipped").exists()


def test_what_is_handed_over_before_the_rest_is_told_with_what_still_comes(staff: User, client: Client) -> None:
    order = of_two_branches(language="en")
    payments.mark_paid(order.pk, actor=staff)
    here, there = order.fulfilments.all()
    here.lines.update(name="Blue bowl")
    there.lines.update(name="Red rug")
    fulfilment.hand_over(order.pk, code=str(order.pickup_code), actor=staff)
    told = [
        "You have these pieces",
        "Blue bowl",
        "If you did not pick them up yourself",
        "These are not here yet",
        f"Red rug ({there.branch.name})",
    ]
    for letter in letters(order, "handed_over"):
        assert [letter.index(one) for one in told] == sorted(letter.index(one) for one in told)
    page = client.get(order.get_absolute_url()).content.decode()
    left = page.split("You have a part of the pieces already.")[1].split("</ul>")[0]
    assert "Red rug" in left
    assert "Blue bowl" not in left
    fulfilment.mark_ready(there.pk, actor=staff)
    fulfilment.mark_arrived(there.pk, actor=staff)
    for letter in letters(order, "ready"):
        assert "Red rug" in letter
        assert "Blue bowl" not in letter
    fulfilment.hand_over(order.pk, code=str(order.pickup_code), actor=staff)
    assert [mail.about for mail in order.mails.filter(kind="handed_over")] == [f"part-{here.pk}", ""]
    page = client.get(order.get_absolute_url()).content.decode()
    assert f"{there.branch.name}: packed." in page
    assert "You have a part" not in page


def test_a_part_is_not_told_any_more_once_all_was_handed_over(staff: User, mailoutbox: list[EmailMessage]) -> None:
    order = of_two_branches()
    payments.mark_paid(order.pk, actor=staff)
    _here, there = order.fulfilments.all()
    fulfilment.hand_over(order.pk, code=str(order.pickup_code), actor=staff)
    refund(order, of=there)
    of_a_part, of_all = order.mails.filter(kind="handed_over").order_by("pk")
    for mail in (of_a_part, of_all):
        emails.send(mail.pk)
    assert [mail.extra_headers["Message-ID"] for mail in mailoutbox] == [
        emails.compose(of_all).extra_headers["Message-ID"]
    ]


def test_each_of_two_parcels_is_told_with_what_comes_in_the_other(staff: User, client: Client) -> None:
    first, second = two_parcels(language="en")
    order = first.order
    second.lines.update(name="Red rug")
    fulfilment.ship(first.pk, carrier="Azərpoçt", tracking_number="RR1", actor=staff)
    for letter in letters(order, "shipped"):
        rest = letter[letter.index("The rest comes in another parcel") :]
        assert f"Red rug ({second.branch.name})" in rest.split("Order ")[0]
    page = " ".join(client.get(order.get_absolute_url()).content.decode().split())
    sent, waiting = page.split("Parcel 1 of 2")[1].split("Parcel 2 of 2")
    assert "RR1" in sent
    assert "not sent yet" in waiting
    assert "Red rug" in waiting.split("</ul>")[0]
    fulfilment.ship(second.pk, carrier="Azərpoçt", tracking_number="RR2", actor=staff)
    last = order.mails.get(kind="shipped", about=f"part-{second.pk}")
    assert "The rest comes" not in str(emails.compose(last).body)


def letters(order: Order, kind: str) -> list[str]:
    """The text and the HTML of the last such mail."""
    message = emails.compose(order.mails.filter(kind=kind).latest("pk"))
    return [str(message.body), str(message.alternatives[0][0])]


def test_an_order_is_complete_once_the_rest_was_given_back(staff: User) -> None:
    order = of_two_branches()
    payments.mark_paid(order.pk, actor=staff)
    _here, there = order.fulfilments.all()
    fulfilment.hand_over(order.pk, code=str(order.pickup_code), actor=staff)
    refund(order, of=there)
    order.refresh_from_db()
    assert order.status == Order.Status.COMPLETED
    assert order.mails.filter(kind="handed_over", about="").count() == 1


def test_what_was_given_back_is_not_waited_for(staff: User) -> None:
    """One of two branches is ready; the other's piece is refunded: the buyer can come."""
    order = of_two_branches()
    payments.mark_paid(order.pk, actor=staff)
    here, there = order.fulfilments.all()
    fulfilment.mark_ready(here.pk, actor=staff)
    assert not order.mails.filter(kind="ready").exists()
    refund(order, of=there)
    assert order.mails.filter(kind="ready").count() == 1
    fulfilment.hand_over(order.pk, code=str(order.pickup_code), actor=staff)
    order.refresh_from_db()
    assert order.status == Order.Status.COMPLETED


def test_the_mail_of_a_parcel_counts_what_is_in_it(staff: User) -> None:
    part = parcel(quantity=3)
    refund(part.order, units=2)
    fulfilment.ship(part.pk, carrier="Azərpoçt", tracking_number="RR1", actor=staff)
    message = emails.compose(part.order.mails.get(kind="shipped"))
    [(html, _type)] = message.alternatives
    for body in (str(message.body), str(html)):
        letter = body[: body.index("RR1")]
        assert "Firuzəyi badyə" in letter
        assert "3 ×" not in letter


def test_each_step_is_for_the_branch_whose_it_is() -> None:
    order = of_two_branches()
    payments.mark_paid(order.pk, actor=worker())
    here, there = order.fulfilments.all()
    baku, barda = (member(Role.BRANCH_STAFF, branch=part.branch) for part in (here, there))
    steps: list[Callable[[User], None]] = [
        lambda actor: fulfilment.mark_ready(there.pk, actor=actor),
        lambda actor: fulfilment.mark_arrived(there.pk, actor=actor),
        lambda actor: fulfilment.hand_over(order.pk, code=str(order.pickup_code), actor=actor),
    ]
    for step, theirs, others in zip(steps, (barda, baku, baku), (baku, barda, barda), strict=True):
        events = order.events.count()
        with pytest.raises(NotPossible):
            step(others)
        assert order.events.count() == events
        step(theirs)
    sent = parcel()
    with pytest.raises(NotPossible):
        fulfilment.ship(sent.pk, carrier="X", tracking_number="", actor=barda)
    sent.refresh_from_db()
    assert sent.handed_over_at is None


def test_a_wrong_number_is_corrected_with_a_mail_each_time(staff: User) -> None:
    part = parcel()
    with pytest.raises(NotPossible):
        fulfilment.correct_number(part.pk, carrier="Azərpoçt", tracking_number="RR1", actor=staff)
    fulfilment.ship(part.pk, carrier="Azərpoçt", tracking_number="RR1", actor=staff)
    for number in ("RR2", "RR3"):
        fulfilment.correct_number(part.pk, carrier="Azərpoçt", tracking_number=number, actor=staff)
    with pytest.raises(NotPossible):
        fulfilment.correct_number(part.pk, carrier="Azərpoçt", tracking_number="RR3", actor=staff)
    part.refresh_from_db()
    assert part.tracking_number == "RR3"
    assert [event.data["tracking_number"] for event in part.order.events.filter(kind="number_corrected")] == [
        "RR2",
        "RR3",
    ]
    mails = part.order.mails.filter(kind="number_corrected")
    assert mails.count() == 2
    for mail in mails:
        message = emails.compose(mail)
        [(html, _type)] = message.alternatives
        assert "RR3" in str(message.body)
        assert "RR3" in str(html)


def test_the_day_to_return_it_is_told_once(staff: User) -> None:
    part = parcel()
    fulfilment.ship(part.pk, carrier="Azərpoçt", tracking_number="", actor=staff)
    part.refresh_from_db()
    told = part.returnable_until
    today = timezone.localdate()
    HolidayFactory.create(first_day=today, last_day=today + timedelta(days=40))
    [offer] = returns.offers(part.order)
    assert offer.until == told


def test_the_day_of_receipt_never_shortens_the_time_to_return(staff: User) -> None:
    part = parcel()
    today = timezone.localdate()
    with pytest.raises(NotPossible):
        fulfilment.record_receipt(part.pk, day=today, actor=staff)
    fulfilment.ship(part.pk, carrier="Azərpoçt", tracking_number="", actor=staff)
    for day in (today - timedelta(days=1), today + timedelta(days=1)):
        with pytest.raises(NotPossible):
            fulfilment.record_receipt(part.pk, day=day, actor=staff)
    before = Fulfilment.objects.get(pk=part.pk)
    assert before.received_on is None
    fulfilment.record_receipt(part.pk, day=today, actor=staff)
    after = Fulfilment.objects.get(pk=part.pk)
    assert (after.received_on, after.returnable_until) == (today, before.returnable_until)
    assert part.order.events.get(kind="delivered").actor == staff
    with pytest.raises(NotPossible):
        fulfilment.record_receipt(part.pk, day=today, actor=staff)


def test_a_parcel_that_came_late_can_be_returned_longer(staff: User) -> None:
    part = parcel()
    fulfilment.ship(part.pk, carrier="Azərpoçt", tracking_number="", actor=staff)
    earlier, today = timedelta(days=60), timezone.localdate()
    Fulfilment.objects.filter(pk=part.pk).update(
        handed_over_at=F("handed_over_at") - earlier, returnable_until=F("returnable_until") - earlier
    )
    fulfilment.record_receipt(part.pk, day=today, actor=staff)
    part.refresh_from_db()
    assert part.returnable_until == today + timedelta(days=returns.DAYS_TO_RETURN)


def test_an_order_is_packed_as_a_whole_or_not_at_all(staff: User, monkeypatch: pytest.MonkeyPatch) -> None:
    order = of_two_branches()
    record, done = Order.record, []

    def fails_at_the_second(self: Order, kind: str, **data: Any) -> OrderEvent:
        done.append(kind)
        if len(done) > 1:
            raise Busy
        return record(self, kind, **data)

    monkeypatch.setattr(Order, "record", fails_at_the_second)
    with pytest.raises(Busy):
        fulfilment.mark_all_ready(order.pk, actor=staff)
    assert not order.fulfilments.exclude(ready_at=None).exists()


@pytest.mark.parametrize("language", ["az", "ru", "en"])
def test_the_mail_that_all_is_ready_brings_the_pickup_code(staff: User, language: str) -> None:
    order = order_of(piece(), provider="branch", language=language)
    fulfilment.mark_ready(order.fulfilments.get().pk, actor=staff)
    message = emails.compose(order.mails.get(kind="ready"))
    [(html, _type)] = message.alternatives
    for body in (str(message.body), str(html)):
        assert str(order.pickup_code) in body


def test_a_piece_travels_only_to_where_it_is_picked_up(staff: User) -> None:
    barda: Branch = BranchFactory.create(slug="barda")
    [part] = order_of(piece(branch=barda), provider="branch").fulfilments.all()
    with pytest.raises(NotPossible, match="hazır"):
        fulfilment.mark_arrived(part.pk, actor=staff)
    fulfilment.mark_ready(part.pk, actor=staff)
    fulfilment.mark_arrived(part.pk, actor=staff)
    with pytest.raises(NotPossible, match=part.order.code):
        fulfilment.mark_arrived(part.pk, actor=staff)
    assert part.order.events.filter(kind="arrived").count() == 1
