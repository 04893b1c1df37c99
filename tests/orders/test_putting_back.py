"""What is packed for nobody, and pieces that came in at another branch: where they lie, and when they are for sale."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import translation

from dostshop.accounts.models import Role, User
from orders import cancelling, fulfilment, refunds, returns, stock
from orders.models import Fulfilment, Order, Refund, Return, Stock
from orders.steps import NotPossible
from tests.admin.conftest import BRANCH_WORK, english, staff
from tests.factories import BranchFactory, hand_out, order_of, piece, worker
from tests.orders.test_work_pages import paid, text, titles

pytestmark = pytest.mark.django_db


def of(slug: str) -> User:
    return staff(Role.BRANCH_STAFF, *BRANCH_WORK, branch=BranchFactory.create(slug=slug))


def answer(client: Client, address: str) -> str:
    return client.post(address, follow=True).content.decode()


def packed(*, branch: str, arrived: bool = False, provider: str = "branch") -> Fulfilment:
    """The part of an order that is picked up in Baku, kept and packed at this branch."""
    order = order_of(piece(branch=BranchFactory.create(slug=branch)), provider=provider)
    part: Fulfilment = order.fulfilments.select_related("order").get()
    fulfilment.mark_ready(part.pk, actor=worker())
    if arrived:
        fulfilment.mark_arrived(part.pk, actor=worker())
    return part


def run_out(part: Fulfilment) -> None:
    part.order.move_to(Order.Status.EXPIRED)


def call_off(part: Fulfilment) -> None:
    paid(part.order)
    cancelling.call_off(part.order_id, actor=worker())


def give_back(part: Fulfilment) -> None:
    paid(part.order)
    what = refunds.everything_left(part.order)
    refunds.decide(part.order_id, what=what, reason=Refund.Reason.NOT_AVAILABLE, actor=worker())


@pytest.mark.parametrize("end", [run_out, call_off, give_back])
def test_what_is_packed_for_nobody_is_put_back_where_it_was_kept(
    baku: Client, barda: Client, centre: Client, end: Callable[[Fulfilment], None]
) -> None:
    part = packed(branch="barda", arrived=True)
    end(part)
    to_put_back = {"To put back": [part.order.code]}
    assert titles(baku) == titles(barda) == titles(centre) == to_put_back
    assert "Packed, and lies at " in text(baku, "/en/staff/")
    # Its own branch alone says that it is home.
    page = f"/en/staff/parts/{part.pk}/"
    assert "they are put back there." in text(baku, page)
    assert "Unpacked, and back in its place" not in text(baku, page)
    assert baku.post(f"{page}put-back/").status_code == 404
    with translation.override("en"), pytest.raises(NotPossible, match="send them there"):
        fulfilment.put_back(part.pk, actor=of("baku"))
    assert "Unpacked, and back in its place" in text(barda, page)
    barda.post(f"{page}put-back/")
    assert titles(baku) == titles(barda) == {}
    event = part.order.events.get(kind="put_back")
    assert (event.actor_id, event.data) == (int(barda.session["_auth_user_id"]), {"branch": "barda"})
    assert "There is nothing to prepare or to hand over." in text(barda, page)
    assert "Nothing of order" in answer(barda, f"{page}put-back/")
    assert part.order.events.filter(kind="put_back").count() == 1


def test_what_is_still_wanted_is_not_put_back(baku: Client) -> None:
    part = packed(branch="baku")
    assert "is still wanted" in answer(baku, f"/en/staff/parts/{part.pk}/put-back/")
    part.refresh_from_db()
    assert part.ready_at is not None
    assert titles(baku) == {"Ready, waiting for the buyer": [part.order.code]}


def test_what_was_put_back_and_is_paid_after_all_is_prepared_anew(baku: Client) -> None:
    part = packed(branch="baku")
    run_out(part)
    fulfilment.put_back(part.pk, actor=worker())
    paid(part.order)
    assert titles(baku) == {"To prepare": [part.order.code]}


def came_in(*, branch: str = "barda") -> Return:
    """A return received in Baku, where it was fetched, of a piece that this branch sells."""
    order = paid(order_of(piece(branch=BranchFactory.create(slug=branch)), provider="branch"))
    hand_out(order)
    [returned] = returns.ask(order.pk, units={order.lines.get().pk: 1}, reason="changed_mind")
    returns.accept(returned.pk, actor=of("baku"))
    returns.receive(returned.pk, actor=of("baku"))
    returned.refresh_from_db()
    return returned


def offered(client: Client, returned: Return) -> list[str]:
    page = client.get(english("orders_return_change", returned.pk))
    return [str(one["title"]) for one in page.context["actions_detail"]]


def test_a_returned_piece_is_for_sale_once_it_lies_at_its_own_branch(baku: Client, barda: Client) -> None:
    returned = came_in()
    units = {returned.lines.get().pk: 1}
    assert offered(baku, returned) == []
    assert (
        str(BranchFactory.create(slug="barda"))
        in baku.get(english("orders_return_change", returned.pk)).content.decode()
    )
    with translation.override("en"), pytest.raises(NotPossible, match=r"is sold by Bərdə .*: send it there"):
        returns.restock(returned.pk, units=units, actor=of("baku"))
    assert Stock.objects.get().on_hand == 0
    assert offered(barda, returned) == ["Put back on the shelf"]
    typed = {"_form_submitted": "on", "seen": 0, f"row_{returned.lines.get().pk}": 1}
    barda.post(english("orders_return_restock", returned.pk), typed)
    assert Stock.objects.get().on_hand == 1


def test_the_branch_that_sells_a_piece_does_not_decide_on_its_return(barda: Client) -> None:
    order = paid(order_of(piece(branch=BranchFactory.create(slug="barda")), provider="branch"))
    hand_out(order)
    [returned] = returns.ask(order.pk, units={order.lines.get().pk: 1}, reason="changed_mind")
    assert offered(barda, returned) == []
    steps: list[Callable[[], object]] = [
        lambda: returns.accept(returned.pk, actor=of("barda")),
        lambda: returns.refuse(returned.pk, actor=of("barda"), answer="İşlədilib."),
        lambda: returns.receive(returned.pk, actor=of("barda")),
        lambda: returns.refund(returned.pk, actor=of("barda")),
        lambda: returns.close(returned.pk, actor=of("barda"), answer="İşlədilib."),
    ]
    for step in steps:
        with translation.override("en"), pytest.raises(NotPossible, match="comes in at another branch"):
            step()
    returned.refresh_from_db()
    assert returned.state == Return.State.ASKED


def test_a_branch_writes_down_and_cancels_only_what_is_its_work() -> None:
    order = paid(order_of(piece(branch=BranchFactory.create(slug="barda")), provider="branch"))
    hand_out(order)
    told = returns.Told({order.lines.get().pk: 1}, "damaged", "Zəng etdi")
    # It was fetched in Baku, and goes back there.
    with translation.override("en"), pytest.raises(NotPossible, match="goes back to another branch"):
        returns.record(order.pk, told=told, actor=of("barda"))
    assert returns.record(order.pk, told=told, actor=of("baku"))
    waiting = order_of(piece(), provider="branch")
    with translation.override("en"), pytest.raises(NotPossible, match="is the work of other branches"):
        cancelling.cancel_for_buyer(waiting.pk, actor=of("barda"))
    waiting.refresh_from_db()
    assert waiting.status == Order.Status.AWAITING_PAYMENT
    cancelling.cancel_for_buyer(waiting.pk, actor=of("baku"))
    waiting.refresh_from_db()
    assert waiting.status == Order.Status.CANCELLED


def test_an_order_gives_back_to_the_shelf_only_what_never_left_and_is_their_own(baku: Client, barda: Client) -> None:
    order = paid(order_of(piece(), piece(branch=BranchFactory.create(slug="barda")), provider="branch"))
    line = order.lines.get(fulfilment__branch__slug="barda")
    refunds.decide(order.pk, what=refunds.Sum({line.pk: 1}), reason=Refund.Reason.NOT_AVAILABLE)
    page = english("orders_order_change", order.pk)
    for client, titles_of_shelf in [(baku, []), (barda, ["Put back on the shelf"])]:
        actions = [str(one["title"]) for one in client.get(page).context["actions_detail"]]
        assert [title for title in actions if "shelf" in title] == titles_of_shelf
    with translation.override("en"), pytest.raises(NotPossible, match="is sold by Bərdə"):
        stock.restock(order.pk, units={line.pk: 1}, actor=of("baku"))
    assert Stock.objects.get(pk=line.variant_id).on_hand == 0
    stock.restock(order.pk, units={line.pk: 1}, actor=of("barda"))
    assert Stock.objects.get(pk=line.variant_id).on_hand == 1


def test_what_the_buyer_has_goes_on_the_shelf_by_its_return_alone() -> None:
    order = paid(order_of(piece(), provider="branch"))
    hand_out(order)
    order.refresh_from_db()
    units = {order.lines.get().pk: 1}
    assert not any(stock.restockable(order, actor=worker()).values())
    with pytest.raises(stock.WasHandedOver):
        stock.restock(order.pk, units=units, actor=worker())
    assert Stock.objects.get().on_hand == 0
