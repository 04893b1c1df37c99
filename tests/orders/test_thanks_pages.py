"""Writing to the maker of a piece, from the order's page; by role, and whatever is typed."""

from typing import Any

import pytest
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from artisans import thanks
from artisans.models import Artisan, Thanks
from catalog.models import Variant
from orders import payments, refunds, returns, thanking
from orders.models import Order
from orders.models.order import OrderQuerySet
from tests.factories import ArtisanFactory, UserFactory, made_by, order_of, piece, worker
from tests.orders.test_emails import read, written
from tests.orders.test_returns import received
from tests.racing import after_all_have_come, all_at_once

pytestmark = pytest.mark.django_db
threaded = pytest.mark.django_db(transaction=True, serialized_rollback=True)

WORDS = {"words": "Çox gözəldir, sağ olun"}


def by(*artisans: Artisan, **fields: Any) -> Variant:
    variant = piece(**fields)
    made_by(variant.product, *(artisans or (ArtisanFactory.create(),)))
    return variant


@pytest.fixture
def order() -> Order:
    return received(by(), language="en")


def address(order: Order, name: str = "write_thanks") -> str:
    return reverse(f"orders:{name}", args=[order.code, order.secret, order.lines.all()[0].pk])


def english(address: str) -> str:
    return f"/en{address.removeprefix('/en')}"


def said(client: Client, address: str) -> str:
    return " ".join(client.get(english(address)).content.decode().split())


def test_whoever_has_the_link_writes_and_reads_it_on_the_order(client: Client) -> None:
    first, second = ArtisanFactory.create(), ArtisanFactory.create()
    order = received(by(first, second), language="ru")
    assert "Say thank you" in said(client, order.get_absolute_url().removeprefix("/ru"))
    page = client.post(english(address(order)), {**WORDS, "may_be_public": "on"}, follow=True)
    text = page.content.decode()
    assert "We read your words and pass them on." in text
    assert WORDS["words"] in text
    assert "Say thank you" not in text
    one = Thanks.objects.get()
    assert set(one.artisans.all()) == {first, second}
    assert (one.words, one.language, one.may_be_public, one.state) == (WORDS["words"], "en", True, "waiting")
    assert (one.order_code, one.sku) == (order.code, order.lines.get().sku)
    assert (one.piece_az, one.piece_ru, one.piece_en) == ("Firuzəyi badyə", "Бирюзовая чаша", "Turquoise bowl")  # type: ignore[attr-defined]


def test_without_a_tick_it_is_not_for_everybody(client: Client, order: Order) -> None:
    client.post(address(order), WORDS)
    assert not Thanks.objects.get().may_be_public


@pytest.mark.parametrize(
    ("decide", "sentence"),
    [
        (lambda pk: None, "We read your words before we pass them on."),
        (lambda pk: thanks.pass_on(pk, actor=worker()), "Passed on to the maker, without your name."),
        (lambda pk: thanks.pass_on(pk, actor=worker(), is_shown=True), "They also stand on the maker"),
        (lambda pk: thanks.decline(pk, actor=worker()), "We did not pass these words on."),
    ],
)
def test_the_order_says_what_became_of_it(client: Client, order: Order, decide: Any, sentence: str) -> None:
    client.post(address(order), {**WORDS, "may_be_public": "on"})
    decide(Thanks.objects.get().pk)
    assert sentence in said(client, order.get_absolute_url())


def test_what_was_taken_back_is_gone_and_can_be_written_anew(client: Client, order: Order) -> None:
    client.post(address(order), WORDS)
    page = client.post(english(address(order, "take_back_thanks")), follow=True).content.decode()
    assert "Your words are deleted." in page
    assert not Thanks.objects.exists()
    assert "deleted" not in client.post(english(address(order, "take_back_thanks")), follow=True).content.decode()
    client.post(address(order), WORDS)
    assert Thanks.objects.count() == 1


def test_reading_writes_nothing(client: Client, order: Order) -> None:
    assert client.get(address(order)).status_code == 200
    assert client.get(address(order, "take_back_thanks")).status_code == 405
    assert not Thanks.objects.exists()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({}, "Write a few words."),
        ({"words": "   \r\n "}, "Write a few words."),
        ({"words": "ə" * 5000}, "Write at most 500 letters; these are 5000."),
        ({"words": "Sağ\x00ol"}, "Null characters are not allowed."),
    ],
)
def test_what_is_not_right_is_said_and_stays_in_the_field(
    client: Client, order: Order, typed: dict[str, str], sentence: str
) -> None:
    page = client.post(english(address(order)), {**typed, "may_be_public": "on"}).content.decode()
    assert sentence in page
    assert typed.get("words", "").strip() in page
    assert "checked" in page
    assert not Thanks.objects.exists()


def test_a_new_line_is_one_letter_however_it_is_sent(client: Client, order: Order) -> None:
    client.post(address(order), {"words": "a\r\n" * 249 + "ab"})
    assert len(Thanks.objects.get().words) == 500


def test_what_is_typed_is_text(client: Client, order: Order) -> None:
    client.post(address(order), {"words": "<script>alert(1)</script>"})
    assert "&lt;script&gt;alert(1)" in said(client, order.get_absolute_url())


def refused(client: Client, order: Order, sentence: str) -> None:
    """The page says why, offers nothing, and takes nothing."""
    for page in (client.get(english(address(order))), client.post(english(address(order)), WORDS)):
        text = page.content.decode()
        assert page.status_code == 200
        assert sentence in text
        assert "<textarea" not in text


def test_before_the_piece_is_handed_over_nothing_is_written(client: Client) -> None:
    order = order_of(by(), provider="branch")
    sentence = "You can write to the maker once you have the piece."
    refused(client, order, sentence)
    payments.mark_paid(order.pk, actor=worker())
    refused(client, order, sentence)
    assert "A few words to the maker" not in said(client, order.get_absolute_url())
    assert not Thanks.objects.exists()


def test_twice_is_refused(client: Client, order: Order) -> None:
    client.post(address(order), WORDS)
    refused(client, order, "You have written about this piece already.")
    assert Thanks.objects.count() == 1


def test_of_what_goes_back_nothing_is_written(client: Client, order: Order) -> None:
    returns.ask(order.pk, units={order.lines.get().pk: 1}, reason="damaged")
    refused(client, order, "You have given this piece back")
    refunded = received(by())
    refunds.decide(refunded.pk, what=refunds.Sum({refunded.lines.get().pk: 1}), reason="returned")
    refused(client, refunded, "You have given this piece back")
    assert not Thanks.objects.exists()


def test_of_two_pieces_one_may_go_back(client: Client) -> None:
    order = received(by(on_hand=2, kind="small_series"), quantity=2)
    returns.ask(order.pk, units={order.lines.get().pk: 1}, reason="damaged")
    client.post(address(order), WORDS)
    assert Thanks.objects.count() == 1


def test_where_nobody_is_named_there_is_nobody_to_thank(client: Client) -> None:
    order = received(piece())
    refused(client, order, "We do not know who made this piece")
    assert "A few words to the maker" not in said(client, order.get_absolute_url())


def test_other_links_open_nothing(client: Client, order: Order) -> None:
    other = received(by())
    line, theirs = order.lines.get().pk, other.lines.get().pk
    member = Client()
    member.force_login(UserFactory.create())
    for browser in (client, member):
        for parts in (
            [order.code, other.secret, line],
            [order.code, order.secret, theirs],
            [order.code, order.secret, 0],
        ):
            write = reverse("orders:write_thanks", args=parts)
            assert browser.get(write).status_code == 404
            assert browser.post(write, WORDS).status_code == 404
    assert not Thanks.objects.exists()
    client.post(address(other), WORDS)
    forged = reverse("orders:take_back_thanks", args=[order.code, order.secret, theirs])
    client.post(forged)
    assert client.post(reverse("orders:take_back_thanks", args=[other.code, order.secret, theirs])).status_code == 404
    assert Thanks.objects.count() == 1


def test_a_form_from_elsewhere_writes_nothing(order: Order) -> None:
    browser = Client(enforce_csrf_checks=True)
    for name in ("write_thanks", "take_back_thanks"):
        assert browser.post(address(order, name), WORDS).status_code == 403
    assert not Thanks.objects.exists()


def test_the_pages_are_kept_by_no_cache(client: Client, order: Order) -> None:
    assert "no-store" in client.get(address(order))["Cache-Control"]


def test_the_query_counts(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for number in (1, 4):
        order = received(*(by() for _ in range(number)))
        for line in order.lines.all()[1:]:
            thanking.send(order.pk, line_pk=line.pk, words="Sağ olun", language="az")
        page = address(order)
        with django_assert_num_queries(12):
            client.get(order.get_absolute_url())
        with django_assert_num_queries(3):
            client.get(page)


@pytest.mark.parametrize("language", ["az", "ru", "en"])
def test_the_mail_that_all_is_handed_over_says_where_to_write(language: str) -> None:
    sentences = {"az": "bir neçə söz yazın", "ru": "напишите несколько слов", "en": "write a few words"}
    letter = written(order_of(by(), provider="branch", language=language), "handed_over")
    assert all(sentences[language] in part for part in read(letter)[1:])
    letter = written(order_of(piece(), provider="branch", language=language), "handed_over")
    assert not any(sentences[language] in part for part in read(letter))


@threaded
def test_two_tabs_write_once(order: Order) -> None:
    line = order.lines.get().pk
    calls = [lambda: thanking.send(order.pk, line_pk=line, words="Sağ olun", language="az")] * 2
    results = all_at_once(calls)
    assert [type(result) for result in results if isinstance(result, Exception)] == [thanking.NotThankable]
    assert Thanks.objects.count() == 1


@threaded
def test_without_the_lock_the_second_tab_gets_no_sentence(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    monkeypatch.setattr(OrderQuerySet, "locked", lambda rows, pk: rows.get(pk=pk))
    monkeypatch.setattr(thanks, "send", after_all_have_come(thanks.send, callers=2))
    line = order.lines.get().pk
    calls = [lambda: thanking.send(order.pk, line_pk=line, words="Sağ olun", language="az")] * 2
    results = all_at_once(calls)
    assert [type(result) for result in results if isinstance(result, Exception)] == [IntegrityError]
