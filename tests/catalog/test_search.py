"""What is typed, what is found, in which order, and that the database forgets nothing."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test import Client
from django.utils import timezone

from catalog import listing, search
from catalog.models import CollectionItem, Craft, Product, SearchEntry
from tests.factories import CollectionFactory, CraftFactory, PhotoFactory, ProductFactory, UserFactory, piece

pytestmark = pytest.mark.django_db


@pytest.fixture
def craft() -> Craft:
    made: Craft = CraftFactory.create(name_az="Oyma", name_ru="Резьба", name_en="Carving")
    return made


def named(craft: Craft, az: str, ru: str = "", en: str = "", **fields: Any) -> Product:
    return piece(craft=craft, name_az=az, name_ru=ru, name_en=en, **fields).product


def found(typed: str) -> list[str]:
    names = Product.objects.in_bulk(search.find(typed).products)
    return [names[key].name for key in search.find(typed).products]


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Qarabağ xalçası", "xalca xalça xalçalar XALÇA xalcalardan xalçanın qarabag QARABAĞ Qarabağda"),
        ("Xalçalar dəsti", "xalca xalça xalçalar xalçalarımız destleri"),
        ("İpək kəlağayı", "ipek İPƏK ipək IPEK ipəkdən kelagayi KƏLAĞAYI i\u0307pək"),
        ("Vərni yastığı", "yastıq yastığı yastiq yastıqlar"),
        ("Gümüş sırğa", "gumus gümüş GÜMÜŞ sirga sırğalar"),
        ("Şam", "şam sam şamlar"),
    ],
)
def test_azerbaijani_is_found_by_any_spelling_and_form(craft: Craft, name: str, typed: str) -> None:
    named(craft, name)
    named(craft, "Taxta qaşıq")

    for word in typed.split():
        assert (found(word), search.find(word).is_close) == ([name], False), word


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Ширванский ковёр", "ковер ковёр КОВЁР ковры ковров коврами ширванские"),
        ("Узорные ковры", "ковёр ковра ковром"),
        ("Холщовая сумка", "сумка сумки сумок сумкой"),
        ("Горный мёд", "мед мёд мёда мёдом горный горного"),
    ],
)
def test_russian_is_found_by_stems(craft: Craft, name: str, typed: str) -> None:
    named(craft, "tapılan", ru=name)
    named(craft, "o biri", ru="Медальон из ореха")

    for word in typed.split():
        assert found(word) == ["tapılan"], word


@pytest.mark.parametrize("typed", ["candle", "candles", "CANDLES", "rolled candle", "candles with beeswax", "beesw"])
def test_english_is_found_by_stems(craft: Craft, typed: str) -> None:
    named(craft, "tapılan", en="Rolled beeswax candles")
    named(craft, "o biri", en="Walnut bowl")

    assert found(typed) == ["tapılan"]
    assert not search.find(typed).is_close


@pytest.mark.parametrize("typed", ["xalcca", "qarabg xalcasi", "carpt", "корабахский"])
def test_a_typing_error_finds_what_looks_like_it(craft: Craft, typed: str) -> None:
    named(craft, "Qarabağ xalçası", ru="Карабахский коврик", en="Karabakh carpet")
    named(craft, "Taxta qaşıq", ru="Деревянная ложка", en="Wooden spoon")

    assert found(typed) == ["Qarabağ xalçası"]
    assert search.find(typed).is_close


def test_hediye_finds_a_gift() -> None:
    piece(craft=CraftFactory.create(name_az="Ev və hədiyyə"), name_az="Sabun")

    assert found("hediye") == found("hədiyyələr") == ["Sabun"]


def test_all_the_words_are_wanted_in_whatever_language(craft: Craft) -> None:
    named(craft, "Qırmızı şərf", ru="Красный шарф", en="Red scarf")
    named(craft, "Mavi şərf", ru="Синий шарф", en="Blue scarf")

    assert found("scarf qırmızı") == found("шарф red") == ["Qırmızı şərf"]
    assert found("the red scarf") == ["Qırmızı şərf"]


def test_words_that_nothing_has_do_not_hide_what_the_others_mean(craft: Craft) -> None:
    named(craft, "Qırmızı şərf", en="Red scarf")
    named(craft, "Mavi şərf", en="Blue scarf")

    assert found("qırmızı şərf toyuma") == ["Qırmızı şərf"]
    assert search.find("qırmızı şərf toyuma").is_close


def test_a_name_comes_before_a_craft_and_a_craft_before_a_description(craft: Craft) -> None:
    named(craft, "üçüncü", description_az="Qutusu cəvizdəndir.")
    named(CraftFactory.create(name_az="Qutu düzəltmə"), "ikinci")
    named(craft, "Cəviz qutusu")
    named(craft, "dördüncü", materials_az="Palıd")

    assert found("qutu") == ["Cəviz qutusu", "ikinci", "üçüncü"]


def test_what_is_sold_comes_after_what_can_be_bought(craft: Craft) -> None:
    named(craft, "Qutu", on_hand=0)
    named(craft, "Bəzək", description_az="Qutu ilə")

    assert found("qutu") == ["Bəzək", "Qutu"]


@pytest.mark.parametrize("state", [state for state in Product.State if state != Product.State.PUBLISHED])
def test_only_what_is_published_is_found(craft: Craft, state: Product.State) -> None:
    product = named(craft, "Qutu", state=state)
    assert found("qutu") == found("qutuu") == []

    Product.objects.filter(pk=product.pk).update(state=Product.State.PUBLISHED)
    assert found("qutu") == ["Qutu"]


def test_what_is_not_out_yet_is_not_found(craft: Craft) -> None:
    named(craft, "Qutu", published_at=timezone.now() + timedelta(hours=1))

    assert found("qutu") == []


@pytest.mark.parametrize(
    "field",
    [
        f"{field}_{language}"
        for field in ("name", "description", "materials", "technique")
        for language in ("az", "ru", "en")
    ],
)
def test_a_changed_text_is_found_at_once(craft: Craft, field: str) -> None:
    product = named(craft, "Qutu")
    word = "ковёр" if field.endswith("_ru") else "carpet"
    assert found(word) == []

    Product.objects.filter(pk=product.pk).update(**{field: word})
    assert len(search.find(word).products) == 1

    Product.objects.filter(pk=product.pk).update(**{field: "Vaza"})
    assert search.find(word).products == []


def test_a_craft_and_what_it_is_part_of_are_found_under_their_new_names(craft: Craft) -> None:
    technique = CraftFactory.create(name_az="Şəbəkə", parent=craft)
    named(technique, "Fənər")
    assert found("oyma") == found("şəbəkə") == ["Fənər"]

    of_the_craft, of_the_technique = {"name_az": "Nəqqaşlıq", "name_en": "Inlay"}, {"name_ru": "Шебеке"}
    Craft.objects.filter(pk=craft.pk).update(**of_the_craft)
    Craft.objects.filter(pk=technique.pk).update(**of_the_technique)
    assert found("oyma") == []
    assert found("nəqqaşlıq") == found("inlay") == found("шебеке") == ["Fənər"]

    Craft.objects.filter(pk=technique.pk).update(parent=None)
    assert found("inlay") == []


def test_a_product_that_moves_to_another_craft_is_found_there(craft: Craft) -> None:
    product = named(CraftFactory.create(name_az="Toxuma", name_ru="Вязание", name_en="Knitting"), "Corab")
    product.craft = craft
    product.save()

    assert found("toxuma") == []
    assert found("carving") == ["Corab"]


def test_a_product_is_found_by_its_code(craft: Craft) -> None:
    product = named(craft, "Qutu")

    assert found(product.code) == found(product.code.lower()) == ["Qutu"]


def test_an_entry_goes_with_its_product(craft: Craft) -> None:
    product = ProductFactory.create(craft=craft)
    assert SearchEntry.objects.filter(pk=product.pk).exists()

    product.delete()
    assert not SearchEntry.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_an_entry_belongs_to_a_product() -> None:
    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute("INSERT INTO catalog_searchentry VALUES (-1, '', ''); SET CONSTRAINTS ALL IMMEDIATE")


def test_a_very_long_text_can_be_saved(craft: Craft) -> None:
    words = " ".join(f"söz{number}" for number in range(200_000))

    assert named(craft, "Qutu", description_az=words).name in found("söz7")


def test_a_list_of_results_ends_somewhere(craft: Craft, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST_FOUND", 2)
    for _number in range(3):
        named(craft, "Qutu")

    assert len(search.find("qutu").products) == 2
    assert search.find("qutu").is_cut


@pytest.mark.parametrize(
    "typed",
    ["", " ", "!!!", "\0", "&", "a:*", "(qutu", "qutu' | '", "!qutu", "'; --", "\\", "%", "qutu:*", "<->", "😀", "٣"],
)
def test_what_means_something_to_a_machine_means_nothing_here(craft: Craft, typed: str) -> None:
    named(craft, "Qutu")

    assert found(typed) == (["Qutu"] if "qutu" in typed else [])


@pytest.fixture
def shelf(craft: Craft, monkeypatch: pytest.MonkeyPatch) -> list[Product]:
    """Enough for two pages of results."""
    monkeypatch.setattr(listing, "PAGE_SIZE", 3)
    products = [named(craft, "Cəviz qutusu", "Шкатулка", "Walnut box") for _number in range(5)]
    for product in products:
        PhotoFactory.create(product=product)
    return products


def text(client: Client, address: str, **query: str) -> str:
    response = client.get(address, query)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


@pytest.mark.parametrize(("prefix", "typed"), [("", "qutu"), ("/ru", "шкатулки"), ("/en", "boxes"), ("/en", "qutuu")])
def test_the_page_is_the_same_for_everyone_and_kept_by_no_search_engine(
    client: Client, shelf: list[Product], prefix: str, typed: str
) -> None:
    member = Client()
    member.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    response = client.get(f"{prefix}/search/", {"q": typed})

    assert response.status_code == 200
    assert response.content == member.get(f"{prefix}/search/", {"q": typed}).content
    assert not response.cookies
    assert "Cookie" not in response.headers.get("Vary", "")
    assert response.headers["Cache-Control"] == "public, max-age=0, s-maxage=60"
    assert '<meta name="robots" content="noindex">' in response.content.decode()
    assert client.post(f"{prefix}/search/", {"q": typed}).status_code == 405


@pytest.mark.parametrize(("typed", "queries"), [("qutu", 5), ("qutuu", 6), ("zzzzzz", 4), ("!!!", 1), ("", 1)])
def test_queries_of_the_page(
    client: Client, shelf: list[Product], django_assert_num_queries: Any, typed: str, queries: int
) -> None:
    with django_assert_num_queries(queries):
        client.get("/search/", {"q": typed})


def test_the_page_says_how_many_and_leads_to_the_rest(client: Client, shelf: list[Product]) -> None:
    page = text(client, "/en/search/", q="walnut box")

    assert "<h1> “walnut box”: 5 pieces </h1>" in page
    assert page.count('class="card"') == 3
    assert 'rel="next" href="?q=walnut+box&amp;page=2"' in page
    assert text(client, "/en/search/", q="walnut box", page="2").count('class="card"') == 2
    assert 'value="walnut box"' in page


def test_pages_do_not_repeat_a_piece(client: Client, shelf: list[Product]) -> None:
    pages = "".join(text(client, "/en/search/", q="box", page=number) for number in "12")

    for product in shelf:
        assert pages.count(f"-{product.code.lower()}/") == 1


def test_the_page_says_when_it_only_comes_close(client: Client, shelf: list[Product]) -> None:
    page = text(client, "/en/search/", q="wallnut")

    assert "Nothing is quite “wallnut”" in page
    assert "Walnut box" in page


@pytest.mark.parametrize("typed", ["", "zzzzzz"])
def test_where_there_is_nothing_to_show_the_page_leads_on(client: Client, shelf: list[Product], typed: str) -> None:
    page = text(client, "/en/search/", q=typed)

    assert shelf[0].craft.get_absolute_url() in page
    assert ("Nothing found for “zzzzzz”" in page) == bool(typed)
    assert 'href="/en/pieces/"' in page


def test_what_was_typed_is_text_and_not_markup(client: Client) -> None:
    page = text(client, "/en/search/", q='"><script>alert(1)</script>')

    assert "<script>alert" not in page
    assert "&quot;&gt;&lt;script&gt;" in page


@pytest.mark.shared
def test_naughty_strings_and_endless_ones_break_nothing(client: Client, shelf: list[Product], shared: Any) -> None:
    naughty = json.loads((shared / "test-data" / "naughty-strings.json").read_text())
    for typed in [*naughty, "x" * 10_000, "qutu " * 2_000, "ə\0ı", "qutu\0", "a&b|c!d:*"]:
        assert client.get("/search/", {"q": typed, "page": typed[:5]}).status_code == 200
    assert client.get("/search/?q=%ED%A0%80%FF%00").status_code == 200


@pytest.mark.parametrize("address", ["/", "/pieces/", "/bag/", "/nowhere/"])
def test_every_page_has_the_field(client: Client, address: str) -> None:
    page = client.get(f"/en{address}").content.decode()

    assert page.count('action="/en/search/"') == 1
    assert page.count('name="q"') == 1


def test_the_pieces_of_a_collection_are_found_by_its_name_after_those_that_say_it_themselves(craft: Craft) -> None:
    gifts = CollectionFactory.create(
        name_az="Hədiyyə süfrəsi", name_ru="Стол подарков", name_en="A table of gifts", text_en="For a wedding."
    )
    over = CollectionFactory.create(
        name_az="Hədiyyələr", name_ru="Подарки", name_en="Gifts", ends_on=timezone.localdate() - timedelta(days=1)
    )
    bowl, spoon = named(craft, "Kasa"), named(craft, "Qaşıq")
    CollectionItem.objects.create(collection=gifts, product=bowl)
    CollectionItem.objects.create(collection=over, product=spoon)
    named(craft, "Hədiyyə qutusu", "Коробка для подарка", "Gift box")

    for typed in ("hədiyyə", "подарок", "gift"):
        assert found(typed) == ["Hədiyyə qutusu", "Kasa"], typed
    assert found("wedding") == []
