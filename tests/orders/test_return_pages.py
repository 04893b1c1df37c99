"""Giving pieces back on the order's page; by role."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from orders import returns
from orders.models import Order, Return
from tests.factories import UserFactory, order_of, piece, worker
from tests.orders.test_returns import of_two_branches, received

pytestmark = pytest.mark.django_db


@pytest.fixture
def order() -> Order:
    return received(piece())


def address(order: Order) -> str:
    return reverse("orders:ask_return", args=[order.code, order.secret])


def wish(order: Order, **changes: Any) -> dict[str, Any]:
    return {f"units_{order.lines.get().pk}": "on", "reason": "changed_mind", "text": "Rəngi başqadır", **changes}


def test_whoever_has_the_link_asks_and_sees_the_request(client: Client, order: Order) -> None:
    assert address(order) in client.get(order.get_absolute_url()).content.decode()
    page = client.post(address(order), wish(order), follow=True)
    returned = Return.objects.get()
    assert (returned.text, returned.reason, returned.lines.get().quantity) == ("Rəngi başqadır", "changed_mind", 1)
    text = page.content.decode()
    assert page.redirect_chain[-1][0] == order.get_absolute_url()
    assert "notice--success" in text
    assert "Müraciətinizə baxıb" in text
    # Everything is asked back: there is nothing more to ask.
    assert address(order) not in text


def test_pieces_of_two_branches_are_two_returns_and_the_page_says_so(client: Client) -> None:
    order = of_two_branches(is_sent=True)
    barda = order.fulfilments.get(branch__slug="barda")
    later = timezone.localdate() + timedelta(days=90)
    order.fulfilments.filter(pk=barda.pk).update(returnable_until=later)
    # Each piece has its own day.
    page = client.get(f"/en{order.get_absolute_url()}").content.decode()
    days = order.fulfilments.values_list("returnable_until", flat=True)
    assert len(set(days)) == 2
    assert all(f"until {day.day} {day:%B %Y}" in page for day in days if day)
    assert "Each branch answers for its own" in client.get(f"/en{order.get_absolute_url()}return/").content.decode()
    wish_of_all = {f"units_{line.pk}": "on" for line in order.lines.all()}
    asked = client.post(f"/en{order.get_absolute_url()}return/", {**wish_of_all, "reason": "damaged"}, follow=True)
    assert "you get an answer from each" in asked.content.decode()
    assert set(Return.objects.values_list("branch__slug", flat=True)) == {"baku", "barda"}
    other = f"/en{received(piece()).get_absolute_url()}return/"
    assert "Each branch answers for its own" not in client.get(other).content.decode()


def test_who_asked_is_written_down_where_it_is_known(order: Order) -> None:
    client = Client()
    user = UserFactory.create()
    client.force_login(user)
    client.post(address(order), wish(order))
    assert order.events.get(kind="return_asked").actor == user


def test_another_shoppers_link_opens_nothing(client: Client, order: Order) -> None:
    other = order_of(piece())
    forged = reverse("orders:ask_return", args=[order.code, other.secret])
    signed_in = Client()
    signed_in.force_login(UserFactory.create())
    for browser in (client, signed_in):
        assert browser.get(forged).status_code == 404
        assert browser.post(forged, wish(order)).status_code == 404
    assert not Return.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [{"reason": ""}, {"reason": "because"}, {"text": "x" * 1001}, {"units": ""}, {"units": "4"}, {"units": "x"}],
)
def test_what_is_not_right_is_said_and_nothing_written(client: Client, changes: dict[str, str]) -> None:
    order = received(piece(on_hand=3, kind="small_series"), quantity=3)
    units = changes.pop("units", "2")
    data = wish(order, **{f"units_{order.lines.get().pk}": units}, **changes)
    page = client.post(address(order), data)
    assert page.status_code == 200
    assert "error-summary" in page.content.decode()
    assert not Return.objects.exists()


def test_after_fifteen_days_the_page_says_so(client: Client) -> None:
    order = received(piece(), days_ago=15)
    assert address(order) not in client.get(order.get_absolute_url()).content.decode()
    page = client.post(address(order), wish(order)).content.decode()
    assert "qaytarmaq olardı" in page
    assert not Return.objects.exists()


def test_what_cannot_be_returned_stands_beside_what_can(client: Client) -> None:
    order = received(piece(), piece(kind="food"))
    page = client.get(address(order)).content.decode()
    assert page.count('name="units_') == 1
    assert "Ərzaq geri götürülmür" in page


def test_the_answer_of_staff_is_shown_as_text(client: Client, order: Order) -> None:
    [returned] = returns.ask(order.pk, units={order.lines.get().pk: 1}, reason="damaged")
    returns.refuse(returned.pk, actor=worker(), answer="<b>Şəkil</b> göndərin")
    page = client.get(order.get_absolute_url()).content.decode()
    assert "&lt;b&gt;Şəkil&lt;/b&gt; göndərin" in page


def test_the_page_says_where_to_send_what_was_accepted(client: Client, order: Order) -> None:
    client.post(address(order), wish(order))
    returns.accept(Return.objects.get().pk, actor=worker())
    page = client.get(f"/en{order.get_absolute_url()}").content.decode()
    assert "to Baku – DOST Centre, Sınaq küçəsi 1, or bring them there, by " in page
    assert f"code {order.code} in the parcel." in page


def test_the_page_pays_the_post_for_what_came_damaged(client: Client, order: Order) -> None:
    assert "we pay for the post" in client.get(f"/en{address(order)}").content.decode()
    client.post(address(order), wish(order, reason="damaged"))
    returns.accept(Return.objects.get().pk, actor=worker())
    page = client.get(f"/en{order.get_absolute_url()}").content.decode()
    assert "as they came, to Baku – DOST Centre, Sınaq küçəsi 1, or bring them there, by " in page
    assert "We pay for the post: keep its receipt." in page
    assert "unused" not in page


def test_an_order_that_is_not_paid_tells_nothing_of_returns(client: Client) -> None:
    order = order_of(piece())
    assert "returns-title" not in client.get(order.get_absolute_url()).content.decode()


def test_the_buyer_reads_what_happened_and_nothing_of_the_works(client: Client, order: Order) -> None:
    [returned] = returns.ask(order.pk, units={order.lines.get().pk: 1}, reason="damaged")
    returns.accept(returned.pk, actor=UserFactory.create(is_staff=True, is_superuser=True, email="worker@example.com"))
    page = client.get(f"/en{order.get_absolute_url()}").content.decode()
    told = page[page.index("happened-title") :]
    sentences = [
        "You placed the order.",
        "Paid: ",
        "Handed over to you at ",
        "You asked to return",
        "We accepted the return",
    ]
    assert [told.index(one) for one in sentences] == sorted(told.index(one) for one in sentences)
    assert "worker@example.com" not in page


def test_the_page_asks_the_database_a_fixed_number_of_times(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in (1, 4):
        order = received(*(piece() for _ in range(number)))
        with django_assert_num_queries(3):
            client.get(address(order))


def test_the_order_page_with_returns_and_refunds_keeps_its_budget(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in (1, 3):
        order = received(*(piece() for _ in range(number)))
        for line in order.lines.all():
            [returned] = returns.ask(order.pk, units={line.pk: 1}, reason="damaged")
            returns.accept(returned.pk, actor=worker())
            returns.refund(returned.pk, actor=worker())
        with django_assert_num_queries(12):
            client.get(order.get_absolute_url())
