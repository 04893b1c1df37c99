"""The order's page, the ways to it, and what can be done there; by role."""

import html
import re
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone, translation
from pytest_django import DjangoAssertNumQueries

from artisans.models import Branch
from orders import cancelling, emails, fulfilment, payments, refunds, stock
from orders.delivery import delivery_for
from orders.models import Order, Refund, Stock
from orders.providers import ProviderRefund, ProviderState, ProviderStatus, RefundState
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

pytestmark = pytest.mark.django_db


def verified(email: str, *, is_verified: bool = True) -> Client:
    """Signed in with this address."""
    user = UserFactory.create(email=email)
    user.emailaddress_set.create(email=email, verified=is_verified, primary=True)
    client = Client()
    client.force_login(user)
    return client


def pay(order: Order) -> None:
    payment = order.payments.get()
    payments.apply_status(payment.pk, ProviderStatus(ProviderState.PAID, payment.amount, "azn", "pi_1"))


def test_the_link_opens_the_order_for_whoever_has_it(client: Client) -> None:
    order = order_of(piece())
    response = client.get(order.get_absolute_url())
    assert response.status_code == 200
    assert order.code in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    assert 'content="noindex"' in response.content.decode()


@pytest.fixture
def going_back(client: Client) -> Refund:
    """Of an order paid by card."""
    order = order_of(piece(price="40.00"))
    pay(order)
    what = refunds.Sum(goodwill=Decimal("12.00"))
    return refunds.decide(order.pk, what=what, reason=Refund.Reason.GOODWILL)


def told(client: Client, refund: Refund) -> str:
    with translation.override("en"):
        page = client.get(refund.payment.order.get_absolute_url().replace("/orders/", "/en/orders/"))
    return page.content.decode()


def test_of_a_refund_that_failed_the_buyer_reads_no_promise(client: Client, going_back: Refund) -> None:
    assert "is on its way back to your card" in told(client, going_back)
    failed = ProviderRefund("re_1", RefundState.FAILED, going_back.amount, str(going_back.idempotency_key))
    refunds.apply(going_back.payment_id, failed)
    page = told(client, going_back)
    assert "is on its way back to your card" not in page
    assert "could not go back to your card yet" in page
    assert "did not work yet. We are seeing to it." in page


def test_what_was_given_by_hand_is_not_said_to_be_on_the_card(client: Client, going_back: Refund) -> None:
    failed = ProviderRefund("re_1", RefundState.FAILED, going_back.amount, str(going_back.idempotency_key))
    refunds.apply(going_back.payment_id, failed)
    refunds.mark_given_back(going_back.pk, actor=UserFactory.create(is_staff=True))
    page = told(client, going_back)
    assert "We gave you back" in page
    assert "went back to your card" not in page
    going_back.payment.order.language = "en"
    going_back.payment.order.save()
    letter = str(emails.compose(going_back.payment.order.mails.get(kind="refunded")).body)
    assert "could not send the money back the way it came, so we gave it to you ourselves" in letter
    assert "your bank" not in letter


def test_a_parcel_that_was_sent_stays_with_its_number_when_its_money_goes_back(client: Client) -> None:
    branches = [BranchFactory.create(slug=slug) for slug in ("baku", "barda")]
    method = delivery_method(up_to_weight_g=30_000)
    to = {"address": "Nizami 1", "city": "Gəncə", "country": "AZ"}
    bag = bag_with(*[piece(branch=branch, on_hand=3, kind="small_series") for branch in branches], quantity=3)
    order = place(bag, option=delivery_for(list(bag.lines.all())).get(f"post-{method.pk}"), **to)
    pay(order)
    sent, waiting = order.fulfilments.all()
    gone = sent.lines.get()

    def give_back(units: int) -> None:
        refunds.decide(order.pk, what=refunds.Sum({gone.pk: units}), reason=Refund.Reason.GOODWILL)

    give_back(1)
    fulfilment.ship(sent.pk, carrier="Azerpost", tracking_number="RR123456789AZ", actor=worker())
    give_back(2)

    sent.refresh_from_db()
    shown = " ".join(client.get(f"/en{order.get_absolute_url()}").content.decode().split())
    assert "Parcel 1 of 2" in shown
    assert "RR123456789AZ" in shown
    parcel = shown.split("Parcel 1 of 2")[1].split("Parcel 2 of 2")[0]
    assert f"2 × {gone.name}</span>" in parcel
    assert f"sent on {timezone.localtime(sent.handed_over_at):%-d %B}, Azerpost" in parcel
    # Of the three one was refunded before.
    assert "Refunded: 2" in parcel
    assert f"3 × {waiting.lines.get().name}</span>" in shown.split("Parcel 2 of 2")[1]


def test_the_buyer_reads_why_something_is_kept_back(client: Client) -> None:
    order = order_of(piece(), language="az")
    pay(order)
    what = refunds.Sum({order.lines.get().pk: 1}, deduction=Decimal("2.00"), to_buyer="<i>Etiketi</i> yoxdur")
    refund = refunds.decide(order.pk, what=what, reason=Refund.Reason.RETURNED)
    assert '<span lang="az">&lt;i&gt;Etiketi&lt;/i&gt; yoxdur</span>' in told(client, refund)


@pytest.mark.parametrize("language", ["az", "ru", "en"])
def test_what_happened_names_where_it_was_handed_over_and_whose_pieces(client: Client, language: str) -> None:
    order = order_of(*[piece(branch=BranchFactory.create(slug=slug)) for slug in ("baku", "barda")])
    pay(order)
    hand_out(order)
    prefix = "" if language == "az" else f"/{language}"
    page = client.get(f"{prefix}{order.get_absolute_url()}").content.decode()
    happened = html.unescape(page.split("happened-title")[2].split("</ol>")[0])
    sentences = re.findall(r"<span>([^<]*)</span>", happened)
    with translation.override(language):
        own, other = (part.branch.name for part in order.fulfilments.all())
    of_own, of_other = sentences[-2:]
    assert own in of_own
    assert other not in of_own
    # Handed over in Baku, though it came from elsewhere.
    assert of_other.index(own) < of_other.index(other)
    arrived = sentences[-3]
    assert own in arrived
    assert other in arrived


@pytest.mark.parametrize(("prefix", "sentence"), [("", "qablaşdırılıb."), ("/ru", "упаковано."), ("/en", "packed.")])
def test_what_a_branch_did_goes_on_in_small_letters_after_its_name(client: Client, prefix: str, sentence: str) -> None:
    order = order_of(*[piece(branch=BranchFactory.create(slug=slug)) for slug in ("baku", "barda")])
    pay(order)
    fulfilment.mark_ready(order.fulfilments.all()[1].pk, actor=worker())
    happened = client.get(f"{prefix}{order.get_absolute_url()}").context["happened"]
    assert happened[-1].text.endswith(f": {sentence}")


def test_what_waits_at_the_branch_comes_before_thanks(client: Client) -> None:
    order = order_of(piece(), language="en")
    pay(order)
    fulfilment.mark_all_ready(order.pk, actor=worker())
    page = " ".join(client.get(order.get_absolute_url()).content.decode().split())
    assert '<p class="lead"> Your pieces wait for you at Baku – DOST Centre. </p>' in page
    assert "<p>Thank you, the order is paid.</p>" in page


def test_forged_and_mistyped_links_open_nothing(client: Client) -> None:
    order, other = order_of(piece()), order_of(piece())
    link = order.get_absolute_url()
    forged = [
        link.replace(order.secret, other.secret),
        link.replace(order.secret, order.secret[:-1]),
        link.replace(order.secret, "x"),
        link.replace(order.secret, "Ə" * 43),
        link.replace(order.code, other.code),
        link.replace(order.code, "%00"),
        link.replace(order.secret, "%00"),
    ]
    for address in forged:
        assert client.get(address).status_code == 404, address
        for action in ("pay", "check", "cancel"):
            assert client.post(f"{address}{action}/").status_code == 404
    assert set(Order.objects.values_list("status", flat=True)) == {"awaiting_payment"}


def test_the_link_cannot_be_made_from_the_database_alone() -> None:
    order = order_of(piece())
    assert order.secret not in {str(getattr(order, field.attname)) for field in Order._meta.concrete_fields}
    assert len(order.secret) >= 40


def test_actions_are_posts(client: Client) -> None:
    order = order_of(piece())
    for action in ("pay", "check", "cancel"):
        assert client.get(f"{order.get_absolute_url()}{action}/").status_code == 405


def test_the_shopper_cancels_before_paying(client: Client) -> None:
    variant = piece()
    order = order_of(variant)
    page = client.post(f"{order.get_absolute_url()}cancel/", follow=True).content.decode()
    order.refresh_from_db()
    assert order.status == Order.Status.CANCELLED
    assert page.count("Sifariş ləğv edilib.") == 1
    assert stock.hold(bag_with(variant)) is not None


def test_what_is_cancelled_in_another_tab_is_said_to_be_so(client: Client) -> None:
    order = order_of(piece())
    for _tab in range(2):
        page = client.post(f"/en{order.get_absolute_url()}cancel/", follow=True).content.decode()
    assert "This order is cancelled already." in page
    assert "notice--error" not in page
    assert order.mails.filter(kind="cancelled").count() == 1


def test_a_cancelled_order_says_of_no_piece_that_it_was_given_back(client: Client) -> None:
    order = order_of(piece(price="40.00"), piece(price="12.00"), language="en")
    pay(order)
    line = order.lines.order_by("pk")[0]
    refunds.decide(order.pk, what=refunds.Sum({line.pk: 1}), reason=Refund.Reason.GOODWILL)
    assert client.get(order.get_absolute_url()).content.decode().count("Refunded: 1") == 1
    cancelling.call_off(order.pk, actor=worker())
    order.refresh_from_db()
    mail = emails.compose(order.mails.get(kind="cancelled"))
    for told in (client.get(order.get_absolute_url()).content, mail.body, mail.alternatives[0][0]):
        assert "Refunded:" not in str(told)


def test_a_paid_order_is_not_cancelled_on_its_page(client: Client) -> None:
    order = order_of(piece())
    pay(order)
    page = client.post(f"{order.get_absolute_url()}cancel/", follow=True).content.decode()
    order.refresh_from_db()
    assert order.status == Order.Status.PAID
    assert "notice--error" in page


def test_the_way_back_from_the_payment_page_decides_nothing(client: Client) -> None:
    variant = piece()
    order = order_of(variant)
    page = client.get(f"{order.get_absolute_url()}?paid=1").content.decode()
    order.refresh_from_db()
    assert order.status == Order.Status.AWAITING_PAYMENT
    assert Stock.objects.get(pk=variant.pk).on_hand == 1
    assert f"{order.get_absolute_url()}check/" in page
    pay(order)
    assert f"{order.get_absolute_url()}check/" not in client.get(f"{order.get_absolute_url()}?paid=1").content.decode()


@pytest.mark.parametrize("prefix", ["", "/ru", "/en"])
def test_every_state_has_its_page_in_every_language(client: Client, prefix: str) -> None:
    staff = worker()
    order = order_of(piece(), provider="branch")
    address = f"{prefix}{order.get_absolute_url()}"
    part = order.fulfilments.get()
    pages = [client.get(address).content.decode()]
    fulfilment.mark_ready(part.pk, actor=staff)
    payments.mark_paid(order.pk, actor=staff)
    pages.append(client.get(address).content.decode())
    fulfilment.hand_over(order.pk, code=str(order.pickup_code), actor=staff)
    pages.append(client.get(address).content.decode())
    leads = [re.findall(r'class="lead">(.*?)</p>', page, re.DOTALL) for page in pages]
    assert all(len(lead) == 1 for lead in leads)
    assert len({lead[0] for lead in leads}) == 3


def test_what_is_ready_is_not_promised_again(client: Client) -> None:
    order = order_of(piece(), provider="branch")
    address = f"/en{order.get_absolute_url()}"
    page = client.get(address).content.decode()
    assert "We will write to you when everything is ready." in page
    assert "Your pieces wait for you" not in page
    fulfilment.mark_ready(order.fulfilments.get().pk, actor=worker())
    page = client.get(address).content.decode()
    assert "We will write to you when everything is ready." not in page
    assert "Your pieces wait for you at Baku – DOST Centre." in page
    assert "You pay when you pick them up." in page


@pytest.mark.parametrize("prefix", ["", "/ru", "/en"])
def test_every_order_says_whom_to_ask(client: Client, prefix: str) -> None:
    baku = Branch.objects.get(slug="baku")
    order = order_of(piece())
    address = f"{prefix}{order.get_absolute_url()}"
    page = client.get(address).content.decode()
    assert f'href="mailto:shop@localhost?subject={order.code}"' in page
    assert f'href="{baku.phone.as_rfc3966}"' in page
    Branch.objects.filter(pk=baku.pk).update(email="baku@example.com")
    assert f'href="mailto:baku@example.com?subject={order.code}"' in client.get(address).content.decode()


def test_a_parcels_order_names_the_branch_that_sends_it(client: Client) -> None:
    method = delivery_method()
    barda = BranchFactory.create(slug="barda")
    Branch.objects.filter(pk=barda.pk).update(offers_pickup=False, phone="")
    bag = bag_with(piece(branch=barda))
    where = {"address": "Sınaq küçəsi 1", "city": "Gəncə", "postcode": "AZ2000", "country": "AZ"}
    order = place(bag, option=delivery_for(list(bag.lines.all())).get(f"post-{method.pk}"), **where)
    page = client.get(f"/en{order.get_absolute_url()}").content.decode()
    assert "Leyla Quliyeva, Sınaq küçəsi 1, AZ2000 Gəncə, Azerbaijan" in page
    assert "tel:" not in page
    Branch.objects.filter(pk=barda.pk).update(phone="+994202555555")
    assert 'href="tel:+994-20-255-55-55"' in client.get(f"/en{order.get_absolute_url()}").content.decode()


def test_an_order_is_found_by_code_and_email(client: Client) -> None:
    order = order_of(piece(), email="leyla@example.com")
    typed = f" {order.code[:4].lower()}-{order.code[4:].lower()} "
    response = client.post("/orders/", {"code": typed, "email": "LEYLA@Example.com"})
    assert response.url == order.get_absolute_url()  # type: ignore[attr-defined]


@pytest.mark.parametrize("data", [{"code": "AAAAAAAA"}, {"email": "other@example.com"}, {"code": ""}, {"email": ""}])
def test_an_order_is_not_found_by_half(client: Client, data: dict[str, str]) -> None:
    order = order_of(piece(), email="leyla@example.com")
    response = client.post("/orders/", {"code": order.code, "email": order.email, **data})
    assert response.status_code == 200
    assert "error-summary" in response.content.decode()
    assert order.secret not in response.content.decode()


def test_who_gives_no_code_is_told_where_it_is(client: Client) -> None:
    page = client.post("/en/orders/", {"code": "", "email": "leyla@example.com"}).content.decode()
    assert page.count("Type the code of the order: it is in the mail that we sent you.") == 2


def test_my_orders_ask_to_sign_in(client: Client) -> None:
    response = client.get("/orders/mine/")
    assert response.url == "/accounts/login/?next=/orders/mine/"  # type: ignore[attr-defined]


def test_a_verified_address_claims_the_guests_orders() -> None:
    mine, theirs = order_of(piece(), email="leyla@example.com"), order_of(piece(), email="other@example.com")
    page = verified("leyla@example.com").get("/orders/mine/").content.decode()
    assert mine.code in page
    assert theirs.code not in page
    unverified = verified("other@example.com", is_verified=False).get("/orders/mine/").content.decode()
    assert theirs.code not in unverified


def test_my_orders_query_count(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for _ in range(3):
        order_of(piece(), email="leyla@example.com")
    client = verified("leyla@example.com")
    with django_assert_num_queries(6):
        client.get("/orders/mine/")


def test_the_order_pages_query_count(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    address = order_of(*[piece() for _ in range(5)]).get_absolute_url()
    with django_assert_num_queries(12):
        client.get(address)


def test_pages_about_a_person_are_kept_by_no_cache(client: Client) -> None:
    order = order_of(piece(), email="leyla@example.com")
    member = verified("leyla@example.com")
    for browser, address in [
        (client, order.get_absolute_url()),
        (client, "/orders/"),
        (client, "/bag/"),
        (member, "/orders/mine/"),
        (member, "/accounts/email/"),
        (member, "/accounts/password/change/"),
        (member, "/accounts/logout/"),
    ]:
        assert "no-store" in browser.get(address)["Cache-Control"], address


def test_looking_for_an_order_sets_no_cookie(client: Client) -> None:
    assert not client.get("/orders/").cookies
    assert not client.post("/orders/", {"code": "X", "email": "x@example.com"}).cookies
    foreign = client.post("/orders/", {"code": "X"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
