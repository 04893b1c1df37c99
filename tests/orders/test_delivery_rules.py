"""What makes a parcel dearer, what keeps it at home, and which way goes where."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import translation

from catalog.models import Export, Product, Variant
from orders import delivery, promises, tariffs, towns
from orders.delivery import Delivery
from orders.models import DeliveryMethod, DeliveryRate, Order
from tests.factories import CraftFactory, HolidayFactory, bag_with, delivery_method, piece
from tests.orders.test_checkout_pages import PICKUP, enter, submit

pytestmark = pytest.mark.django_db

POST = {
    **PICKUP,
    "payment": "stripe",
    "address": "Nizami küçəsi 1",
    "city": "Gəncə",
    "country": "",
}


def offered(*variants: Variant, quantity: int = 1) -> Delivery:
    return delivery.delivery_for(bag_with(*variants, quantity=quantity).lines.select_related("variant__product__craft"))


def carpet(**fields: Any) -> Variant:
    return piece(craft=CraftFactory.create(needs_export_permit=True), **fields)


def text(client: Client, address: str) -> str:
    return " ".join(client.get(address).content.decode().split())


def test_every_fragile_piece_costs_its_surcharge() -> None:
    method = delivery_method(price="4.00", fragile_surcharge=Decimal("1.50"), up_to_weight_g=9000)
    cups = piece(is_fragile=True, kind="small_series", on_hand=5)
    way = offered(cups, quantity=3).get(f"post-{method.pk}")
    assert way is not None
    assert (way.price, way.surcharge) == (Decimal("8.50"), Decimal("4.50"))
    way = offered(piece()).get(f"post-{method.pk}")
    assert way is not None
    assert (way.price, way.surcharge) == (Decimal("4.00"), Decimal("0.00"))


def test_the_surcharge_is_in_every_price_that_a_shopper_reads(client: Client) -> None:
    delivery_method(price="4.00", fragile_surcharge=Decimal("1.50"))
    cup = piece(is_fragile=True)
    assert "Sent within Azerbaijan from 5,50 ₼" in text(client, f"/en{cup.product.get_absolute_url()}")
    enter(client, cup, prefix="/en")
    page = text(client, "/en/checkout/")
    assert 'data-price="5,50 ₼"' in page.replace("\xa0", " ")
    assert "With 1,50 ₼ for packing what is fragile" in page


def test_a_surcharge_below_nothing_is_refused() -> None:
    method = delivery_method()
    method.fragile_surcharge = Decimal("-0.01")
    with pytest.raises(ValidationError):
        method.full_clean()
    with pytest.raises(IntegrityError, match="surcharge_not_negative"), transaction.atomic():
        method.save()


def test_the_first_rate_that_carries_the_weight_is_the_price_everywhere() -> None:
    method = delivery_method(price="9.00", up_to_weight_g=5000)
    DeliveryRate.objects.create(method=method, up_to_weight_g=1000, price=Decimal("3.00"))
    for weight, price in ((1, "3.00"), (1000, "3.00"), (1001, "9.00"), (5000, "9.00")):
        variant = piece(weight_g=weight)
        way = offered(variant).get(f"post-{method.pk}")
        promise = tariffs.promise_for(variant.product)
        assert way is not None
        assert promise.home is not None
        assert way.price == promise.home.price_from == Decimal(price), weight


@pytest.mark.parametrize(("weight", "said"), [(5001, "weigh 5.001 kg; at most 5 kg"), (10**9, "weigh 1000000 kg")])
def test_what_is_too_heavy_is_said_so(weight: int, said: str) -> None:
    delivery_method(up_to_weight_g=5000)
    with translation.override("en"):
        [one] = offered(piece(weight_g=weight)).not_offered
    assert said in one.sentence


def test_a_piece_that_nobody_has_weighed_is_not_sent_at_the_cheapest_price(client: Client) -> None:
    delivery_method()
    unweighed = piece(weight_g=0, name_en="Jug")
    with translation.override("en"):
        found = offered(unweighed, piece())
        assert all(option.is_pickup for option in found.options)
        assert found.not_offered[0].sentence == "The weight of these pieces is not known yet: Jug."
    assert "It is not sent; please pick it up." in text(client, f"/en{unweighed.product.get_absolute_url()}")


@pytest.mark.parametrize(
    ("needs_permit", "fields", "expected"),
    [
        (False, {}, Export.FREE),
        (False, {"export_permit": "7"}, Export.FREE),
        (True, {}, Export.PERMIT_MISSING),
        (True, {"export_permit": "7"}, Export.PERMITTED),
        (False, {"kind": "food"}, Export.FOOD),
        (True, {"kind": "food"}, Export.FOOD),
        (True, {"kind": "food", "export_permit": "7"}, Export.FOOD),
    ],
)
def test_one_rule_says_what_may_leave_the_country(needs_permit: bool, fields: dict[str, Any], expected: Export) -> None:
    delivery_method(countries=[])
    product = piece(craft=CraftFactory.create(needs_export_permit=needs_permit), **fields).product
    assert product.export == expected
    promise = tariffs.promise_for(product)
    found = offered(product.variants.get())
    assert (promise.abroad is not None) == found.goes_abroad == expected.may_leave == (not found.contents.kept_home)


def test_a_mixed_bag_names_the_pieces_that_hinder_and_that_the_rest_can_go(client: Client) -> None:
    delivery_method(countries=[], up_to_weight_g=50_000)
    for variant in (piece(name_en="Cap"), carpet(name_en="Kilim"), carpet(name_en="Rug", export_permit="7")):
        client.post("/en/bag/add/", {"variant": variant.code})
    client.post("/en/bag/add/", {"variant": piece(name_en="Jam", kind="food").code})
    page = text(client, "/en/bag/")
    assert (
        "only with a permit of the Ministry of Culture. In your bag this concerns:</p> <ul> <li>Kilim</li> </ul>"
        in page
    )
    assert "Food is not sent abroad. In your bag this concerns:</p> <ul> <li>Jam</li> </ul>" in page
    assert "Ordered by themselves, the other pieces can go abroad." in page


@pytest.mark.parametrize(
    ("prefix", "said"),
    [
        ("", "Mədəniyyət Nazirliyinin icazəsi var"),
        ("/ru", "есть разрешение Министерства культуры"),
        ("/en", "have the Ministry of Culture's permit to leave the country; we put it into the parcel: Rug"),
    ],
)
def test_a_piece_with_its_permit_goes_abroad_with_a_notice(client: Client, prefix: str, said: str) -> None:
    method = delivery_method(countries=["DE"], price="29.00")
    names = dict.fromkeys(("name_az", "name_ru", "name_en"), "Rug")
    rug = carpet(export_permit="0412/2026", **names)
    product_page = text(client, f"{prefix}{rug.product.get_absolute_url()}")
    assert "29,00" in product_page
    enter(client, rug, prefix=prefix)
    for address in (f"{prefix}/bag/", f"{prefix}/checkout/"):
        page = text(client, address)
        for tag in ("<p>", "</p>", "<ul>", "</ul>", "<li>", "</li>"):
            page = page.replace(tag, "")
        assert said in " ".join(page.split()).replace("&#x27;", "'"), address
    answer = {**POST, "delivery": f"post-{method.pk}", "country": "DE", "city": "Berlin", "phone": "+49 30 123456"}
    submit(client, answer, prefix)
    assert Order.objects.get().lines.get().export_permit == "0412/2026"


def test_without_the_number_it_is_not_sold_abroad(client: Client) -> None:
    method = delivery_method(countries=["DE"])
    rug = carpet()
    enter(client, rug, prefix="/en")
    answer = {**POST, "delivery": f"post-{method.pk}", "country": "DE", "city": "Berlin", "phone": "+49 30 123456"}
    page = submit(client, answer, "/en").content.decode()
    assert "This way is not offered for the pieces in your bag." in page
    assert not Order.objects.exists()


@pytest.fixture
def regions() -> dict[str, DeliveryMethod]:
    return {
        "baku": delivery_method(price="4.00", name_en="Baku", towns=["Bakı", "Баку", "Baku", "Sumqayıt"]),
        "naxcivan": delivery_method(price="12.00", name_en="Naxçıvan", towns=["Naxçıvan"]),
        "rest": delivery_method(price="5.00", name_en="Other regions"),
    }


@pytest.mark.parametrize(
    ("town", "expected"),
    [
        ("Bakı", "baku"),
        ("BAKI şəhəri, Nəsimi", "baku"),
        ("Bakı, Maştağa", "baku"),
        ("г. Баку", "baku"),
        ("baki", "baku"),
        ("SUMQAYIT", "baku"),
        ("Bakıxanov", "rest"),
        ("naxcivan ş.", "naxcivan"),
        ("Gəncə", "rest"),
        ("Qobustan", "rest"),
        ("Bakı, Qobustan", "baku"),
        ("Нахичевань", "naxcivan"),
        ("", "rest"),
    ],
)
def test_a_town_belongs_to_the_region_that_names_it(
    regions: dict[str, DeliveryMethod], town: str, expected: str
) -> None:
    [way] = offered(piece()).ways_to("AZ", town)
    assert way.method == regions[expected]


@pytest.mark.parametrize(
    ("chosen", "town", "said"),
    [
        ("baku", "Gəncə", "Gəncə is not in this region: choose “Other regions”, 5,00 ₼."),
        ("baku", "Гянджа", "Гянджа is not in this region: choose “Other regions”, 5,00 ₼."),
        ("baku", "Bakı, Gəncə", "Gəncə is not in this region: choose “Other regions”, 5,00 ₼."),
        ("baku", "Bakı, Gəncə", "This names places of different regions: write the one that the parcel goes to."),
        ("baku", "Naxçıvan, Bakı", "Naxçıvan is not in this region: choose “Naxçıvan”, 12,00 ₼."),
        ("naxcivan", "Bakı, Naxçıvan", "Bakı is not in this region: choose “Baku”, 4,00 ₼."),
        ("baku", "Vəndam", "write that town too, such as “Baku, Mardakan”; else choose “Other regions”, 5,00 ₼."),
        ("naxcivan", "Vəndam", "write that town too, such as “Naxçıvan”; else choose “Other regions”, 5,00 ₼."),
        ("rest", "Naxçıvan", "For this town choose “Naxçıvan”, 12,00 ₼."),
        ("rest", "Нахичевань", "For this town choose “Naxçıvan”, 12,00 ₼."),
        ("rest", "Bakı, Gəncə", "For this town choose “Baku”, 4,00 ₼."),
        ("rest", "Bakı, Naxçıvan", "This names places of different regions"),
        ("baku", "", "Give the town or village."),
    ],
)
def test_the_cheap_region_is_not_at_the_buyers_word(
    client: Client, regions: dict[str, DeliveryMethod], chosen: str, town: str, said: str
) -> None:
    enter(client, piece(), prefix="/en")
    page = submit(client, {**POST, "delivery": f"post-{regions[chosen].pk}", "city": town}, "/en")
    assert said in page.content.decode().replace("\xa0", " ")
    assert not Order.objects.exists()


@pytest.mark.parametrize(("prefix", "example"), [("", "Bakı, Mərdəkan"), ("/ru", "Баку, Мардакян")])
def test_the_example_is_a_suburb_in_the_shoppers_script(
    client: Client, regions: dict[str, DeliveryMethod], prefix: str, example: str
) -> None:
    enter(client, piece(), prefix=prefix)
    page = submit(client, {**POST, "delivery": f"post-{regions['baku'].pk}", "city": "Vəndam"}, prefix)
    assert example in page.content.decode()


def test_no_two_towns_are_spelled_alike() -> None:
    spellings = [towns.words(spelling) for town in towns.TOWNS for spelling in set(map(towns.words, town.spellings))]
    assert len(spellings) == len(set(spellings)) > 100
    for town in towns.TOWNS:
        for spelling in town.spellings:
            assert towns.named_in(f"{spelling} şəhəri") == [town]


def test_the_right_region_is_taken(client: Client, regions: dict[str, DeliveryMethod]) -> None:
    enter(client, piece(), prefix="/en")
    submit(client, {**POST, "delivery": f"post-{regions['baku'].pk}", "city": "Bakı, Maştağa"}, "/en")
    assert Order.objects.get().delivery_total == Decimal("4.00")


@pytest.mark.parametrize("has_tracking", [True, False])
def test_an_order_keeps_whether_a_number_was_promised(client: Client, *, has_tracking: bool) -> None:
    method = delivery_method(has_tracking=has_tracking)
    enter(client, piece(), prefix="/en")
    submit(client, {**POST, "delivery": f"post-{method.pk}"}, "/en")
    DeliveryMethod.objects.update(has_tracking=not has_tracking)
    assert Order.objects.get().has_tracking is has_tracking


def test_a_town_that_nothing_reaches_is_said_so(client: Client) -> None:
    baku = delivery_method(towns=["Bakı"])
    enter(client, piece(), prefix="/en")
    page = submit(client, {**POST, "delivery": f"post-{baku.pk}"}, "/en").content.decode()
    assert "We do not send these pieces to this town yet." in page
    assert not Order.objects.exists()


@pytest.mark.parametrize("country", ["GE", "XX", "x" * 500])
def test_a_country_that_nothing_reaches_is_said_so(client: Client, country: str) -> None:
    europe = delivery_method(countries=["DE"])
    enter(client, piece(), prefix="/en")
    answer = {**POST, "delivery": f"post-{europe.pk}", "country": country, "phone": "+49 30 123456"}
    page = submit(client, answer, "/en").content.decode()
    assert "We do not send these pieces to that country." in page
    assert "Choose the country that we send it to." not in page
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["UK"], "There is no country with this code: UK."),
        (["DE", "de"], "There is no country with this code: de."),
        (["AZ", "GE"], "A region of Azerbaijan has AZ alone; countries abroad go without."),
    ],
)
def test_countries_that_make_no_sense_are_refused(typed: list[str], said: str) -> None:
    method = delivery_method(name_en="Europe")
    method.countries = typed
    with translation.override("en"):
        with pytest.raises(ValidationError) as refused:
            method.full_clean()
        assert refused.value.message_dict == {"countries": [said]}
    method.refresh_from_db()
    assert method.countries == ["AZ"]


def test_only_a_region_of_this_country_has_towns() -> None:
    europe = delivery_method(countries=["DE"])
    europe.towns = ["Berlin"]
    with pytest.raises(ValidationError) as refused:
        europe.full_clean()
    assert "towns" in refused.value.message_dict


def test_the_days_on_the_way_skip_weekends_and_holidays() -> None:
    # Wednesday; two working days to prepare, and Novruz from Friday the 20th to Monday the 30th.
    now = datetime(2026, 3, 18, 6, tzinfo=UTC)
    HolidayFactory.create()
    method = delivery_method(days_min=1, days_max=3)
    variant = piece()
    found = offered(variant)
    product: Product = variant.product
    forecast = promises.forecast([product], pickups=found.pickups, now=now)
    way, pickup = found.get(f"post-{method.pk}"), found.get("pickup-baku")
    assert way is not None
    assert pickup is not None
    assert forecast.promise(None).promised_on == date(2026, 3, 31)
    for language, range_said, day_said in (
        ("az", "1–3 aprel", "31 mart"),
        ("ru", "1–3 апреля", "31 марта"),
        ("en", "1–3 April", "31 March"),
    ):
        with translation.override(language):
            assert way.expected(forecast) == range_said
            assert pickup.expected(forecast) == day_said


def test_the_checkout_says_when_each_way_arrives(client: Client) -> None:
    delivery_method(days_min=2, days_max=2)
    enter(client, piece(), prefix="/en")
    page = text(client, "/en/checkout/")
    assert page.count("Ready from about ") == 3
    assert page.count("Arrives about ") == 1
