import pytest

from artisans.models import Branch
from dostshop.accounts.models import User
from orders import cancelling, emails, fulfilment, payments
from orders.models import Order
from tests.factories import BranchFactory, UserFactory, order_of, piece

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> User:
    user: User = UserFactory.create(is_staff=True)
    return user


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


def test_ready_twice_is_refused_with_a_sentence(staff: User) -> None:
    [part] = order_of(piece(), provider="branch").fulfilments.all()
    fulfilment.mark_ready(part.pk, actor=staff)
    with pytest.raises(fulfilment.NotPossible, match=part.order.code):
        fulfilment.mark_ready(part.pk, actor=staff)


def test_unpaid_pieces_are_not_handed_over(staff: User) -> None:
    [part] = order_of(piece(), provider="branch").fulfilments.all()
    with pytest.raises(fulfilment.NotPossible):
        fulfilment.hand_over(part.pk, actor=staff)
    part.refresh_from_db()
    assert part.handed_over_at is None


def test_a_cancelled_order_is_not_prepared(staff: User) -> None:
    [part] = order_of(piece()).fulfilments.all()
    cancelling.cancel(part.order_id)
    with pytest.raises(fulfilment.NotPossible):
        fulfilment.mark_ready(part.pk, actor=staff)


def test_the_last_hand_over_completes_the_order(staff: User) -> None:
    order = of_two_branches()
    payments.mark_paid(order.pk, actor=staff)
    first, second = order.fulfilments.all()
    fulfilment.hand_over(first.pk, actor=staff)
    order.refresh_from_db()
    assert order.status == Order.Status.PAID
    fulfilment.hand_over(second.pk, actor=staff)
    order.refresh_from_db()
    assert order.status == Order.Status.COMPLETED
    assert order.events.last().actor == staff  # type: ignore[union-attr]


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
    with pytest.raises(fulfilment.NotPossible, match="hazır"):
        fulfilment.mark_arrived(part.pk, actor=staff)
    fulfilment.mark_ready(part.pk, actor=staff)
    fulfilment.mark_arrived(part.pk, actor=staff)
    with pytest.raises(fulfilment.NotPossible, match=part.order.code):
        fulfilment.mark_arrived(part.pk, actor=staff)
    assert part.order.events.filter(kind="arrived").count() == 1
