"""The storefront's pages: what they show, how many queries they need, and that they are the same for everyone."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from artisans.models import Branch
from catalog import listing
from catalog.models import CollectionItem, Product, Variant
from orders import stock
from orders.models import Hold
from tests.factories import (
    ArtisanFactory,
    BranchFactory,
    CollectionFactory,
    CraftFactory,
    PageFactory,
    PhotoFactory,
    ProductFactory,
    UserFactory,
    VariantFactory,
    bag_with,
    delivery_method,
    made_by,
    piece,
    thanks_for,
)

pytestmark = pytest.mark.django_db

PREFIXES = ("", "/ru", "/en")


def shown(variant: Variant) -> Product:
    PhotoFactory.create(product=variant.product)
    return variant.product


def address_of(product: Product, language: str = "en") -> str:
    with translation.override(language):
        return product.get_absolute_url()


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def catalogue(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """One of everything that has a page, and enough pieces for a second page of the list."""
    monkeypatch.setattr(listing, "PAGE_SIZE", 3)
    craft = CraftFactory.create(slug="pottery")
    artisan = ArtisanFactory.create(slug="nar")
    craft.artisans.add(artisan)
    product = shown(piece(craft=craft, materials_az="Gil", width_mm=240, height_mm=125))
    made_by(product, artisan)
    for _number in range(4):
        made_by(shown(piece(craft=craft)), artisan)
        thanks_for(artisan, is_shown=True)
    collection = CollectionFactory.create(slug="novruz", is_featured=True)
    CollectionItem.objects.create(collection=collection, product=product)
    PageFactory.create(slug="notes", body_az="## Bakıda\n\n<script>alert(1)</script>")
    return {"product": product, "craft": craft, "artisan": artisan, "collection": collection}


def addresses(catalogue: dict[str, Any]) -> list[str]:
    return [
        "/",
        "/pieces/",
        "/pieces/?craft=pottery&branch=baku&price_from=1&price_to=100&available=on&sort=-price&page=2",
        address_of(catalogue["product"], "az"),
        "/crafts/pottery/",
        "/collections/novruz/",
        "/artisans/",
        "/artisans/nar/",
        "/branches/baku/",
        "/info/notes/",
    ]


@pytest.mark.parametrize("prefix", PREFIXES)
def test_every_page_opens_in_every_language_without_a_cookie(
    client: Client, catalogue: dict[str, Any], prefix: str
) -> None:
    for address in addresses(catalogue):
        response = client.get(prefix + address)

        assert response.status_code == 200, address
        assert not response.cookies
        assert "Cookie" not in response.headers.get("Vary", "")
        assert response.headers["Cache-Control"] == "public, max-age=0, s-maxage=60"
        assert response.headers["Content-Language"] == (prefix[1:] or "az")


def test_a_page_is_the_same_bytes_for_a_visitor_who_is_signed_in(client: Client, catalogue: dict[str, Any]) -> None:
    member = Client()
    member.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    for address in addresses(catalogue):
        assert member.get(address).content == client.get(address).content, address


@pytest.mark.parametrize(
    ("address", "queries"),
    [
        ("/", 9),
        ("/pieces/", 6),
        ("/pieces/?craft=pottery&branch=baku&price_from=1&price_to=100&available=on&sort=-price&page=2", 6),
        ("/crafts/pottery/", 6),
        ("/collections/novruz/", 5),
        ("/artisans/", 4),
        ("/artisans/nar/", 7),
        ("/branches/baku/", 6),
        ("/info/notes/", 1),
    ],
)
def test_queries_of_a_page(
    client: Client, catalogue: dict[str, Any], django_assert_num_queries: Any, address: str, queries: int
) -> None:
    with django_assert_num_queries(queries):
        client.get(address)


def test_queries_of_a_product_page(client: Client, catalogue: dict[str, Any], django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(8):
        client.get(address_of(catalogue["product"]))


def test_an_empty_shop_has_a_home_page_and_a_list(client: Client) -> None:
    text(client, "/")
    assert "Show everything" in text(client, "/en/pieces/")
    assert "All pieces" in text(client, "/en/artisans/")


@pytest.mark.parametrize("state", [state for state in Product.State if state != Product.State.PUBLISHED])
def test_what_is_not_published_is_in_no_list(client: Client, state: Product.State) -> None:
    product = shown(piece(state=state))
    for address in ("/en/", "/en/pieces/", f"/en/crafts/{product.craft.slug}/", "/en/branches/baku/"):
        assert "Turquoise bowl" not in text(client, address)


def test_what_is_published_tomorrow_is_not_shown_today(client: Client) -> None:
    product = shown(piece(published_at=timezone.now() + timedelta(days=1)))

    assert "Turquoise bowl" not in text(client, "/en/pieces/")
    assert client.get(address_of(product)).status_code == 404


def test_a_product_that_is_not_published_does_not_exist(client: Client) -> None:
    product = shown(piece(state=Product.State.DRAFT))

    assert client.get(address_of(product)).status_code == 404


def test_an_archived_product_is_gone(client: Client) -> None:
    product = shown(piece(state=Product.State.ARCHIVED))

    response = client.get(address_of(product))

    assert response.status_code == 410
    assert "no longer shown" in response.content.decode()
    assert "Turquoise" not in response.content.decode()


@pytest.mark.parametrize("prefix", PREFIXES)
def test_an_old_slug_leads_to_the_new_one(client: Client, prefix: str) -> None:
    product = shown(piece(slug="bowl"))

    for old in (f"{prefix}/pieces/old-name-{product.code.lower()}/", f"{prefix}/pieces/bowl-{product.code}/"):
        response = client.get(old)

        assert response.status_code == 301
        assert response.headers["Location"] == f"{prefix}/pieces/bowl-{product.code.lower()}/"


def test_a_product_says_what_it_is(client: Client, catalogue: dict[str, Any]) -> None:
    page = text(client, address_of(catalogue["product"]))

    assert "<h1>Turquoise bowl</h1>" in page
    assert "24 × 12.5 cm" in page
    assert "900 g" in page
    assert '<dd><span lang="az">Gil</span></dd>' in page
    assert 'alt="A bowl with turquoise glaze"' in page
    assert "Add to the bag" in page
    assert 'name="variant" value="' + catalogue["product"].variants.get().code in page
    assert '"availability": "https://schema.org/InStock"' in page


def test_food_says_what_the_law_asks_for(client: Client) -> None:
    delivery_method()
    product = shown(
        piece(
            kind=Product.Kind.FOOD,
            materials_en="Cherries, sugar",
            shelf_life_en="12 months",
            energy_kcal=250,
            on_hand=5,
        )
    )
    page = text(client, address_of(product))

    for words in ("Composition", "Cherries, sugar", "12 months", "250 kcal in 100 g", "Food cannot be sent back"):
        assert words in page
    assert "Food is not sent abroad" in page


def test_a_piece_that_is_sold_stays_and_says_so(client: Client) -> None:
    product = shown(piece(on_hand=0))
    page = text(client, address_of(product))

    assert "It stays here as part of the maker" in page
    assert "Add to the bag" not in page
    assert "schema.org/SoldOut" in page
    assert "Delivery and returns" not in page
    assert "badge--sold" in text(client, "/en/pieces/")
    assert "Turquoise" not in text(client, "/en/pieces/?available=on")


def test_a_piece_in_checkout_says_until_when(client: Client) -> None:
    variant = piece()
    product = shown(variant)
    until = stock.hold(bag_with(variant))
    assert until is not None

    page = text(client, address_of(product))

    assert f"bag until about {timezone.localtime(until):%H:%M}" in page
    assert "Add to the bag" not in page
    assert "badge--held" in text(client, "/en/pieces/")


@pytest.mark.parametrize("wait", [timedelta(hours=2), timedelta(days=28)])
def test_a_piece_ordered_and_not_paid_names_no_day_far_away(client: Client, wait: timedelta) -> None:
    variant = piece()
    product = shown(variant)
    stock.hold(bag_with(variant))
    Hold.objects.update(expires_at=timezone.now() + wait)

    page = text(client, address_of(product))

    assert "Another shopper has ordered it and not paid yet" in page
    assert "until about" not in page
    assert "Delivery and returns" in page


def test_of_several_variants_the_sold_one_cannot_be_chosen(client: Client) -> None:
    small = piece(kind=Product.Kind.SMALL_SERIES, price="20.00")
    large = VariantFactory.create(product=small.product, option_en="Large", price="30.00")
    page = text(client, address_of(shown(small)))

    assert f'value="{small.code}" required>' in page
    assert f'value="{large.code}" required disabled>' in page
    assert "from " in page
    assert '"lowPrice": "20.00"' in page


def test_what_is_made_to_order_says_how_long_it_takes(client: Client) -> None:
    product = shown(piece(kind=Product.Kind.MADE_TO_ORDER, lead_time_days=21, on_hand=0))

    page = text(client, address_of(product))

    assert "takes about 21 days" in page
    assert "Made at our branch in Baku; when it is ready" in page
    assert "Kept at our branch" not in page
    assert "Add to the bag" in page


def test_a_craft_that_needs_a_permit_says_so(client: Client) -> None:
    delivery_method()
    product = shown(piece(craft=CraftFactory.create(needs_export_permit=True)))

    page = text(client, address_of(product))

    assert "permit of the Ministry of Culture" in page
    assert '<a href="/en/info/contact/">write to us</a>' in page


def test_a_text_that_falls_back_says_its_language(client: Client) -> None:
    product = shown(piece(name_ru=""))

    assert '<h1><span lang="az">Firuzəyi badyə</span></h1>' in text(client, address_of(product, "ru"))


def test_a_script_in_a_name_stays_text(client: Client) -> None:
    product = shown(piece(name_en="</script><script>alert(1)</script>", slug="x"))

    for address in ("/en/pieces/", address_of(product)):
        assert "<script>alert" not in text(client, address)


def test_staff_cannot_put_html_into_an_information_page(client: Client, catalogue: dict[str, Any]) -> None:
    page = text(client, "/info/notes/")

    assert "<h2>Bakıda</h2>" in page
    assert "<script>alert" not in page


def test_filters_narrow_the_list_and_can_be_left_out_again(client: Client) -> None:
    rug = shown(piece(name_en="Rug", price="500.00", craft=CraftFactory.create(slug="rugs", name_en="Rugs")))
    shown(piece(name_en="Bowl", branch=BranchFactory.create(slug="barda")))

    page = text(client, "/en/pieces/?craft=rugs&price_from=100")
    assert address_of(rug) in page
    assert "Bowl" not in page
    assert 'href="?price_from=100"' in page
    assert 'href="?craft=rugs"' in page
    assert "1 piece" in page
    barda = text(client, "/en/pieces/?branch=barda&price_to=499")
    assert "Bowl" in barda
    assert address_of(rug) not in barda


def test_a_craft_shows_the_pieces_of_its_techniques(client: Client) -> None:
    craft = CraftFactory.create(slug="weaving")
    shown(piece(craft=CraftFactory.create(slug="pile", parent=craft)))

    assert "Turquoise bowl" in text(client, "/en/crafts/weaving/")
    assert "Turquoise bowl" in text(client, "/en/pieces/?craft=weaving")


@pytest.mark.parametrize(
    ("sort", "names"), [("", ["B", "C", "A"]), ("price", ["A", "B", "C"]), ("-price", ["C", "B", "A"])]
)
def test_the_list_is_sorted_as_asked(client: Client, sort: str, names: list[str]) -> None:
    now = timezone.now()
    for name, price, minutes in (("A", "10.00", 3), ("B", "20.00", 1), ("C", "30.00", 2)):
        shown(piece(name_en=name, price=price, published_at=now - timedelta(minutes=minutes)))

    page = text(client, f"/en/pieces/?sort={sort}")

    assert sorted(names, key=lambda name: page.index(f">{name}</a>")) == names


@pytest.mark.parametrize(
    "query",
    [
        "craft=none",
        "branch=%00",
        "price_from=-1",
        "price_to=1e9",
        "price_from=99999999999999999999",
        "price_from=ə",
        "sort=random()",
        "available=maybe",
        "page=0",
        "page=x",
        "page=999999999",
        f"page={'9' * 5000}",
        "page=1&page=2&craft=a&craft=b",
        "craft[]=%ff%fe",
    ],
)
def test_a_parameter_that_makes_no_sense_does_no_harm(client: Client, catalogue: dict[str, Any], query: str) -> None:
    assert "Turquoise bowl" in text(client, f"/en/pieces/?{query}")


def test_a_number_that_is_none_is_said_to_be_so(client: Client) -> None:
    page = text(client, "/en/pieces/?price_from=cheap")

    assert "Enter a whole number" in page
    assert '<details class="filters" open>' in page


@pytest.mark.shared
def test_naughty_strings_break_no_parameter(client: Client, shared: Any) -> None:
    for naughty in json.loads((shared / "test-data" / "naughty-strings.json").read_text()):
        names = ("craft", "branch", "price_from", "price_to", "available", "sort", "page")
        assert client.get("/en/pieces/", dict.fromkeys(names, naughty)).status_code == 200


def test_pages_link_to_one_another(client: Client, catalogue: dict[str, Any]) -> None:
    first = text(client, "/pieces/?sort=price")
    second = text(client, "/pieces/?sort=price&page=2")

    assert 'rel="next" href="?sort=price&amp;page=2"' in first
    assert 'rel="prev" href="?sort=price"' in second


def test_the_language_switch_stays_on_the_page_and_keeps_its_filters(client: Client, catalogue: dict[str, Any]) -> None:
    page = text(client, "/ru/pieces/?craft=pottery")

    assert 'href="/en/pieces/?craft=pottery"' in page
    assert 'href="/pieces/?craft=pottery"' in page
    assert '<link rel="alternate" hreflang="en" href="http://localhost:8000/en/pieces/">' in page
    assert '<link rel="alternate" hreflang="x-default" href="http://localhost:8000/pieces/">' in page
    assert '<link rel="canonical" href="http://localhost:8000/ru/pieces/">' in page


def test_a_branch_says_where_it_is(client: Client) -> None:
    branch = Branch.objects.get(slug="baku")
    page = text(client, "/branches/baku/")

    assert branch.address in page
    assert f"mlat={branch.latitude}&amp;mlon={branch.longitude}" in page


def test_a_collection_opens_only_in_its_time(client: Client) -> None:
    CollectionFactory.create(slug="over", ends_on=timezone.localdate() - timedelta(days=1))

    assert client.get("/collections/over/").status_code == 404


@pytest.mark.parametrize("prefix", PREFIXES)
def test_an_address_that_leads_nowhere_answers_in_the_shops_look(client: Client, prefix: str) -> None:
    for address in ("/nowhere/", "/crafts/nowhere/", "/info/nowhere/", "/pieces/x-000000/"):
        response = client.get(prefix + address)

        assert response.status_code == 404
        assert "site-header" in response.content.decode()
        assert f'lang="{prefix[1:] or "az"}"' in response.content.decode()
        assert not response.cookies


def test_a_page_only_reads(client: Client, catalogue: dict[str, Any]) -> None:
    for address in addresses(catalogue):
        assert client.post(address).status_code == 405


def test_a_product_without_a_picture_still_has_a_page(client: Client) -> None:
    variant = piece()
    PhotoFactory.create(product=variant.product, renditions=[])

    assert "picture--none" in text(client, address_of(variant.product))
    assert "picture--none" in text(client, "/pieces/")


def test_the_button_stands_between_the_first_picture_and_the_others(client: Client) -> None:
    product = shown(piece())
    for alt in ("From above", "From below"):
        PhotoFactory.create(product=product, alt_en=alt)

    page = text(client, address_of(product))

    found = [page.index(words) for words in ("A bowl with", "<h1>", "Add to the bag", "From above", "From below")]
    assert found == sorted(found)
    assert page.count("From above") == 1


def test_a_product_without_a_variant_cannot_be_bought(client: Client) -> None:
    product = ProductFactory.create(name_en="Nothing to sell")

    assert "Add to the bag" not in text(client, address_of(product))
    assert "Nothing to sell" in text(client, "/en/pieces/")


def test_a_card_offers_no_picture_wider_than_it_can_use(client: Client) -> None:
    product = shown(piece())

    assert "x/640.avif 640w" in text(client, "/pieces/")
    assert "1280w" not in text(client, "/pieces/")
    assert "x/1280.avif 1280w" in text(client, address_of(product))
