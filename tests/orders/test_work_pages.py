"""The branches' work list, parts, pick list and packing slip; by role."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from artisans.models import Branch
from dostshop.accounts.models import Role
from orders import fulfilment, payments, refunds, work
from orders.delivery import DeliveryOption
from orders.models import Bag, DeliveryMethod, Fulfilment, Order, Refund
from orders.providers import ProviderState, ProviderStatus
from tests.admin.conftest import BRANCH_WORK, signed_in, staff
from tests.factories import (
    BranchFactory,
    UserFactory,
    bag_with,
    delivery_method,
    hand_out,
    order_of,
    piece,
    place,
    worker,
)
from tests.orders.conftest import of

pytestmark = pytest.mark.django_db

PAGES = ("/staff/", "/staff/pick-list/", "/staff/counter/")


def paid(order: Order) -> Order:
    payments.mark_paid(order.pk, actor=UserFactory.create())
    order.refresh_from_db()
    return order


def parcel(*, branch: str = "baku", quantity: int = 1, **changes: str) -> Fulfilment:
    """A part of a paid order that goes by post."""
    variant = piece(branch=BranchFactory.create(slug=branch), on_hand=quantity, kind="small_series")
    return by_post(bag_with(variant, quantity=quantity), **changes).fulfilments.get()


def two_parcels(**changes: str) -> list[Fulfilment]:
    """The parts of a paid order that goes by post from two branches."""
    pieces = [piece(branch=BranchFactory.create(slug=branch)) for branch in ("baku", "barda")]
    return list(by_post(bag_with(*pieces), **changes).fulfilments.select_related("order", "branch"))


def by_post(bag: Bag, **changes: str) -> Order:
    """A paid order that goes by post."""
    method = delivery_method()
    option = DeliveryOption(f"post-{method.pk}", method.name, "", method.rates.get().price, method=method)
    address = {"address": "Nizami 1", "city": "Gəncə", "country": "AZ"}
    order = place(bag, option=option, **address, **changes)
    charge = f"pi_{order.pk}"
    payments.apply_status(order.payments.get().pk, ProviderStatus(ProviderState.PAID, order.total, "azn", charge))
    return order


def text(client: Client, address: str) -> str:
    page = client.get(address)
    assert page.status_code == 200, address
    return " ".join(page.content.decode().split())


def titles(client: Client, address: str = "/en/staff/") -> dict[str, list[str]]:
    """The codes by section."""
    sections = client.get(address).context["sections"]
    return {str(section.title): [part.order.code for part in section.parts] for section in sections}


@pytest.mark.parametrize("address", PAGES)
def test_who_is_not_signed_in_is_asked_to(client: Client, address: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/accounts/login/?next={address}")


@pytest.mark.parametrize("address", PAGES)
def test_there_is_no_such_page_for_others(address: str) -> None:
    baku = Branch.objects.get(slug="baku")
    shopper = UserFactory.create()
    instructor = staff(Role.INSTRUCTOR, *BRANCH_WORK, branch=baku)
    reader = staff(Role.ACCOUNTANT, "view_order")
    no_admin = staff(Role.BRANCH_STAFF, *BRANCH_WORK, branch=baku)
    no_admin.is_staff = False
    no_admin.save()
    for user in (shopper, instructor, reader, no_admin):
        assert signed_in(user).get(address).status_code == 404, user
    for user in (staff(Role.BRANCH_STAFF, *BRANCH_WORK, branch=baku), staff(Role.CENTRE_STAFF, *BRANCH_WORK)):
        answer = signed_in(user).get(address)
        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]


def test_the_way_to_the_work_is_in_the_menu_of_staff_alone(baku: Client) -> None:
    assert 'href="/staff/"' in text(baku, "/orders/mine/")
    assert 'href="/staff/"' not in text(signed_in(UserFactory.create()), "/orders/mine/")
    assert 'href="/staff/"' in text(baku, "/admin/")


def test_the_list_says_what_is_next(baku: Client) -> None:
    unpaid_by_card = order_of(piece())
    to_prepare, ready = order_of(piece(), provider="branch"), order_of(piece(), provider="branch")
    fulfilment.mark_ready(ready.fulfilments.get().pk, actor=worker())
    to_ship = parcel()
    fulfilment.mark_ready(to_ship.pk, actor=worker())
    assert titles(baku) == {
        "To prepare": [to_prepare.code],
        "To ship": [to_ship.order.code],
        "Ready, waiting for the buyer": [ready.code],
    }
    assert unpaid_by_card.code not in text(baku, "/en/staff/")


def test_overdue_comes_first_and_only_where_staff_are_late(baku: Client) -> None:
    late, ready, punctual = (order_of(piece(), provider="branch") for _number in range(3))
    fulfilment.mark_ready(ready.fulfilments.get().pk, actor=worker())
    yesterday = timezone.localdate() - timedelta(days=1)
    Fulfilment.objects.filter(order__in=[late, ready]).update(due_on=yesterday)
    assert list(titles(baku).items()) == [
        ("Overdue", [late.code]),
        ("To prepare", [punctual.code]),
        ("Ready, waiting for the buyer", [ready.code]),
    ]


def test_what_waits_for_its_buyer_says_since_when(baku: Client) -> None:
    order = order_of(piece(), provider="branch")
    fulfilment.mark_all_ready(order.pk, actor=worker())
    Fulfilment.objects.update(arrived_at=datetime(2026, 3, 5, 9, tzinfo=UTC))
    page = text(baku, "/en/staff/")
    assert "here since 5 March" in page
    assert 'href="/en/staff/delivery/"' in page


def test_what_was_handed_over_or_called_off_is_no_work(baku: Client) -> None:
    done = paid(order_of(piece(), provider="branch"))
    hand_out(done)
    off = order_of(piece(), provider="branch")
    off.move_to(Order.Status.CANCELLED)
    assert titles(baku) == {}
    assert "Nothing is to be done now." in text(baku, "/en/staff/")


def test_each_branch_sees_its_own_work_and_the_centre_all(baku: Client, barda: Client, centre: Client) -> None:
    order = order_of(piece(branch__slug="barda"), provider="branch")
    [part] = order.fulfilments.all()
    assert titles(barda) == {"To prepare": [order.code]}
    assert titles(baku) == {}
    assert titles(centre) == titles(centre, "/en/staff/?branch=barda") == {"To prepare": [order.code]}
    assert titles(centre, "/en/staff/?branch=baku") == {}
    # A branch of others is not chosen by its address.
    assert titles(baku, "/en/staff/?branch=barda") == {}

    fulfilment.mark_ready(part.pk, actor=worker())
    assert titles(barda) == titles(centre) == {"To bring to the pickup branch": [order.code]}
    assert titles(baku) == {"Expected from another branch": [order.code]}

    fulfilment.mark_arrived(part.pk, actor=worker())
    assert titles(barda) == {}
    assert titles(baku) == titles(centre) == {"Ready, waiting for the buyer": [order.code]}


def test_a_part_of_another_branch_is_not_found(barda: Client) -> None:
    part = order_of(piece(), provider="branch").fulfilments.get()
    assert barda.get(f"/staff/parts/{part.pk}/").status_code == 404
    assert barda.get(f"/staff/parts/{part.pk}/packing-slip/").status_code == 404
    for step in ("ready", "arrived", "ship"):
        assert barda.post(f"/staff/parts/{part.pk}/{step}/").status_code == 404
    part.refresh_from_db()
    assert (part.ready_at, part.arrived_at, part.handed_over_at) == (None, None, None)


def test_a_split_order_travels_to_the_pickup_branch(baku: Client, barda: Client) -> None:
    order = order_of(piece(branch__slug="barda"), provider="branch")
    [part] = order.fulfilments.all()
    address = f"/en/staff/parts/{part.pk}/"
    # Neither prepares what the other keeps, nor receives what goes to the other.
    assert baku.post(f"{address}arrived/", follow=True).status_code == 200
    part.refresh_from_db()
    assert part.arrived_at is None
    assert barda.post(f"{address}ready/").status_code == 302
    assert barda.post(f"{address}arrived/").status_code == 404
    assert "it is marked as arrived there" in text(barda, address)
    assert "To bring to Baku – DOST Centre</h2>" in text(barda, address)
    assert "Expected from Bərdə – DOST Evi</h2>" in text(baku, address)
    assert not order.mails.filter(kind="ready").exists()
    assert "It has arrived here" in text(baku, address)
    baku.post(f"{address}arrived/")
    assert order.fulfilments.exclude(arrived_at=None).exists()
    assert order.mails.filter(kind="ready").count() == 1


def test_the_pickup_branch_does_not_prepare_what_another_keeps(baku: Client) -> None:
    part = order_of(piece(branch__slug="barda"), provider="branch").fulfilments.get()
    assert baku.get(f"/staff/parts/{part.pk}/").status_code == 200
    assert baku.post(f"/staff/parts/{part.pk}/ready/").status_code == 404
    part.refresh_from_db()
    assert part.ready_at is None


def test_what_was_given_back_is_no_work(baku: Client) -> None:
    part = parcel(quantity=3)
    line = part.lines.get()
    address = f"/en/staff/parts/{part.pk}/"
    refunds.decide(part.order_id, what=refunds.Sum({line.pk: 2}), reason=Refund.Reason.GOODWILL)
    for page in ("/en/staff/", "/en/staff/pick-list/", address, f"{address}packing-slip/"):
        assert "3 ×" not in text(baku, page), page
    refunds.decide(part.order_id, what=refunds.Sum({line.pk: 1}), reason=Refund.Reason.GOODWILL)
    assert titles(baku) == {}
    assert "Nothing is to be prepared now." in text(baku, "/en/staff/pick-list/")
    assert "Packed and ready" not in text(baku, address)
    said = baku.post(f"{address}ready/", follow=True).content.decode()
    assert "is no longer wanted" in said
    part.refresh_from_db()
    assert part.ready_at is None
    shown = text(Client(), f"/en{part.order.get_absolute_url()}")
    assert "We pack the pieces and send them." not in shown
    assert "The order is cancelled." in shown


def test_what_waits_for_a_card_has_no_step_and_shows_no_code(baku: Client) -> None:
    for provider in ("stripe", "transfer"):
        order = order_of(piece(), provider=provider)
        part = order.fulfilments.get()
        address = f"/en/staff/parts/{part.pk}/"
        assert "Packed and ready" not in text(baku, address)
        assert "is not paid" in baku.post(f"{address}ready/", follow=True).content.decode()
        assert str(order.pickup_code) not in text(Client(), order.get_absolute_url())
    at_the_till = order_of(piece(), provider="branch")
    assert str(at_the_till.pickup_code) in text(Client(), at_the_till.get_absolute_url())


def test_a_refusal_takes_the_focus(baku: Client) -> None:
    part = parcel()
    ready = f"/en/staff/parts/{part.pk}/ready/"
    done = baku.post(ready, follow=True).content.decode()
    assert "autofocus" not in done
    page = baku.post(ready, follow=True).content.decode()
    assert re.search(r'notice--error" tabindex="-1" autofocus>[^<]*is marked as ready already', page)


def test_what_nobody_fetches_has_a_section_of_its_own_and_hides_no_work(
    baku: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orders.views.work.MOST_SHOWN", 2)
    waiting = [paid(order_of(piece(), provider="branch")) for _number in range(3)]
    for order in waiting:
        fulfilment.mark_ready(order.fulfilments.get().pk, actor=worker())
    Fulfilment.objects.update(due_on=date(2020, 1, 2), arrived_at=timezone.now() - timedelta(days=8))
    urgent = order_of(piece(), provider="branch")
    Fulfilment.objects.filter(order=urgent).update(due_on=date(2031, 1, 2))
    assert titles(baku) == {
        "To prepare": [urgent.code],
        "Not fetched for long": [order.code for order in waiting[:2]],
    }
    page = text(baku, "/en/staff/")
    assert 'Not fetched for long <span class="soft">(3)</span>' in page
    assert "Here are the 2 most urgent." in page


def test_a_packing_slip_of_two_parcels_says_which_it_is_and_what_comes_in_the_other(baku: Client) -> None:
    here, there = two_parcels(language="en")
    there.lines.update(name="Red rug")
    slip = text(baku, f"/en/staff/parts/{here.pk}/packing-slip/")
    assert "Parcel 1 of 2" in slip
    assert "Red rug (" in slip.split("In the other parcels:")[1]


def give_back(part: Fulfilment) -> None:
    what = refunds.Sum({line.pk: line.quantity for line in part.lines.all()})
    refunds.decide(part.order_id, what=what, reason=Refund.Reason.GOODWILL)


def test_what_was_sent_stays_on_its_packing_slip_when_its_money_goes_back(baku: Client) -> None:
    here, there = two_parcels(language="en")
    fulfilment.ship(here.pk, carrier="", tracking_number="", actor=UserFactory.create(is_superuser=True))
    give_back(here)

    slip = text(baku, f"/en/staff/parts/{here.pk}/packing-slip/")
    assert "Parcel 1 of 2" in slip
    assert f"{here.lines.get().sku}</td>" in slip

    give_back(there)
    barda = of("barda")
    assert barda.get(f"/en/staff/parts/{there.pk}/packing-slip/").status_code == 404
    assert "packing-slip" not in text(barda, f"/en/staff/parts/{there.pk}/")


def test_the_gift_note_goes_with_one_parcel(baku: Client, barda: Client) -> None:
    here, there = two_parcels(language="ru", gift_note="С днём рождения")
    first = text(baku, f"/en/staff/parts/{here.pk}/packing-slip/")
    second = text(barda, f"/en/staff/parts/{there.pk}/packing-slip/")
    assert 'class="gift-card"' in first
    assert "С днём рождения" not in second
    hint = "The gift note is printed with the other parcel, from "
    assert hint not in first
    assert re.search(rf'not-on-paper" lang="en">{hint}', second)


def test_a_packing_slip_speaks_to_staff_where_it_is_not_printed(baku: Client) -> None:
    part = order_of(piece(), provider="branch", language="ru").fulfilments.get()
    slip = text(baku, f"/en/staff/parts/{part.pk}/packing-slip/")
    assert re.search(rf'lang="en"><a href="/en/staff/parts/{part.pk}/">Order {part.order.code}</a>', slip)
    assert ">Print</button>" in slip


def test_pieces_and_delivery_are_named_in_the_language_of_staff(baku: Client) -> None:
    part = parcel(language="ru")
    names: dict[str, Any] = {"name_ru": "По стране", "name_en": "Within the country"}
    DeliveryMethod.objects.update(**names)
    Order.objects.update(delivery_name="По стране")
    for address in ("/en/staff/", f"/en/staff/parts/{part.pk}/"):
        page = text(baku, address)
        assert "Turquoise bowl" in page
        assert "Within the country" in page
        assert "Бирюзовая" not in page
    # A method that is no longer there, or has another name by now, is named as the buyer read it.
    DeliveryMethod.objects.update(**(names | {"name_ru": "Почтой"}))
    assert '<span lang="ru">По стране</span>' in text(baku, "/en/staff/")


def test_what_is_picked_up_is_not_shipped(baku: Client) -> None:
    part = paid(order_of(piece(), provider="branch")).fulfilments.get()
    page = baku.post(f"/en/staff/parts/{part.pk}/ship/", {"carrier": "Azərpoçt"}, follow=True).content.decode()
    assert "it is not sent" in page
    part.refresh_from_db()
    assert part.handed_over_at is None


def test_the_pick_list_names_what_to_fetch(baku: Client, centre: Client) -> None:
    order = paid(order_of(piece(name_en="Blue bowl"), piece(name_en="Red rug"), provider="branch"))
    line = order.lines.order_by("pk").last()
    assert line is not None
    refunds.decide(order.pk, what=refunds.Sum({line.pk: 1}), reason=Refund.Reason.CANCELLED, actor=UserFactory.create())
    other = order_of(piece(name_en="Silver ring", branch__slug="barda"), provider="branch")
    page = text(baku, "/en/staff/pick-list/")
    assert "Blue bowl" in page
    # Given back, so nobody waits for it.
    assert "Red rug" not in page
    assert other.code not in page
    assert other.code in text(centre, "/en/staff/pick-list/")
    assert other.code not in text(centre, "/en/staff/pick-list/?branch=baku")


@pytest.mark.parametrize(("note", "has_prices"), [("", True), ("Ad günün mübarək", False)])
def test_a_presents_packing_slip_tells_no_price(baku: Client, note: str, *, has_prices: bool) -> None:
    order = order_of(piece(), provider="branch", gift_note=note, language="ru")
    slip = text(baku, f"/en/staff/parts/{order.fulfilments.get().pk}/packing-slip/")
    assert ("38,00" in slip) is has_prices
    assert note in slip
    # In the buyer's language, whoever prints it.
    assert "Бирюзовая чаша" in slip
    assert '<html lang="ru">' in slip


def test_the_list_looks_up_the_delivery_of_what_it_shows_alone() -> None:
    parts = [parcel() for _number in range(3)]
    with CaptureQueriesContext(connection) as asked:
        [section] = work.sections(None, most=1)
    assert (section.parts, section.count) == (parts[:1], 3)
    [looked_up] = [query["sql"] for query in asked if "orders_deliverymethod" in query["sql"]]
    assert f'"orders_fulfilment"."id" IN ({parts[0].pk})' in looked_up


def test_the_work_pages_query_counts(baku: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """The same for one order and for many."""
    for _round in range(2):
        order = order_of(*(piece() for _number in range(3)), provider="branch")
        part = f"/staff/parts/{order.fulfilments.get().pk}/"
        counted = {"/staff/": 11, "/staff/pick-list/": 9, part: 9, f"{part}packing-slip/": 11, "/staff/counter/": 5}
        counted["/staff/guide/"] = 2
        for address, queries in counted.items():
            with django_assert_num_queries(queries):
                baku.get(address)


def test_days_are_shown_to_the_shopper_and_to_staff(baku: Client) -> None:
    order = order_of(piece(), provider="branch")
    Order.objects.filter(pk=order.pk).update(promised_on=date(2031, 3, 19))
    Fulfilment.objects.filter(order=order).update(due_on=date(2031, 3, 18))
    assert "Ready for pickup from about 19 March (Wednesday)." in text(Client(), f"/en{order.get_absolute_url()}")
    assert "18 March" in text(baku, "/en/staff/")
    sent = parcel()
    Order.objects.filter(pk=sent.order_id).update(promised_on=date(2031, 3, 19))
    address = f"/en{sent.order.get_absolute_url()}"
    assert "We send the pieces by about 19 March (Wednesday)." in text(Client(), address)
    # Packed is not sent.
    fulfilment.mark_ready(sent.pk, actor=worker())
    assert "We send the pieces by about 19 March (Wednesday)." in text(Client(), address)


def test_a_promise_that_is_past_is_not_told_as_one_to_come() -> None:
    picked_up, sent = paid(order_of(piece(), provider="branch")), parcel().order
    Order.objects.update(promised_on=timezone.localdate() - timedelta(days=1))
    for order in (picked_up, sent):
        page = text(Client(), f"/en{order.get_absolute_url()}")
        assert "it takes a little longer" in page
        assert "by about" not in page
        assert "from about" not in page
