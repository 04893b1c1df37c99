"""Crafts, collections, branches and makers that a search leads to, above the pieces."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from artisans.models import Artisan, Branch
from catalog import signposts
from catalog.models import Collection, Craft, Product, Signpost
from dostshop.pages.models import Page
from tests.factories import (
    ArtisanFactory,
    BranchFactory,
    CollectionFactory,
    CraftFactory,
    UserFactory,
    piece,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> None:
    """With the names of the demo's crafts and collections."""
    rugs = CraftFactory.create(
        slug="rugs", name_az="Xalçaçılıq", name_ru="Ковроткачество", name_en="Carpet weaving", text_az="Hanada toxunur."
    )
    pile = CraftFactory.create(
        slug="pile", name_az="Xovlu xalçalar", name_ru="Ворсовые ковры", name_en="Pile carpets", parent=rugs
    )
    gifts = CraftFactory.create(
        slug="home-gifts", name_az="Ev və hədiyyə", name_ru="Дом и подарки", name_en="Home and gifts"
    )
    silk = CraftFactory.create(
        slug="silk", name_az="Kəlağayı", name_ru="Келагаи", name_en="Kelaghayi", text_az="İpək parçaya salınan naxış."
    )
    for craft in (pile, gifts, silk):
        piece(craft=craft, name_az="əşya", name_ru="вещь", name_en="thing")
    CollectionFactory.create(
        slug="gifts",
        name_az="Hədiyyə süfrəsi",
        name_ru="Стол подарков",
        name_en="A table of gifts",
        text_en="For a birthday or a wedding.",
    )
    ArtisanFactory.create(slug="cinar", display_name_az="Çinar", display_name_ru="Чинар", story_az="Sevdiyim işdir.")


def led_to(typed: str, *, or_alike: bool = False) -> list[str]:
    return [str(post.place.slug) for post in signposts.find(typed, or_alike=or_alike).posts]


@pytest.mark.parametrize(
    ("typed", "slugs"),
    [
        ("xalca", ["rugs", "pile"]),
        ("xalça", ["rugs", "pile"]),
        ("XALÇALAR", ["rugs", "pile"]),
        ("ковёр", ["pile"]),
        ("carpets", ["rugs", "pile"]),
        ("ipek", ["silk"]),
        ("İPƏK", ["silk"]),
        ("hədiyyə", ["gifts", "home-gifts"]),
        ("hediyye", ["gifts", "home-gifts"]),
        ("подарок", ["gifts", "home-gifts"]),
        ("подарки", ["gifts", "home-gifts"]),
        ("gift", ["gifts", "home-gifts"]),
        ("wedding gift", ["gifts"]),
        ("Bakı", ["baku"]),
        ("барда", ["barda"]),
        ("cinar", ["cinar"]),
        ("чинар", ["cinar"]),
        ("mother", []),
        ("!!!", []),
        ("", []),
    ],
)
def test_words_lead_to_what_they_mean(shop: None, typed: str, slugs: list[str]) -> None:
    assert sorted(led_to(typed)) == sorted(slugs)
    assert signposts.find(typed, or_alike=False).is_close is not bool(slugs)


@pytest.mark.parametrize(
    ("typed", "slugs"), [("hediye", ["gifts", "home-gifts"]), ("xalcca", ["rugs", "pile"]), ("kelagai", ["silk"])]
)
def test_a_typing_error_leads_to_what_looks_like_it_where_that_is_wanted(
    shop: None, typed: str, slugs: list[str]
) -> None:
    assert led_to(typed) == []
    assert sorted(led_to(typed, or_alike=True)) == sorted(slugs)
    assert signposts.find(typed, or_alike=True).is_close


def test_a_maker_must_be_as_like_as_a_piece() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT proname, proconfig FROM pg_proc WHERE proname LIKE 'catalog\\_alike%%' ORDER BY 1")
        (_pieces, threshold), *others = cursor.fetchall()
    assert others == [("catalog_alike_signposts", threshold)]
    assert threshold


def plan(asked: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {asked}")
        return " ".join(row for (row,) in cursor.fetchall())


def test_indexes_lead_to_them_among_many(django_assert_num_queries: Any) -> None:
    Artisan.objects.bulk_create(ArtisanFactory.build_batch(2000, branch=BranchFactory.create()))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE catalog_signpost")
    for or_alike in (False, True):
        with django_assert_num_queries(1) as asked:
            signposts.find("hediye", or_alike=or_alike)
        shown = plan(asked.captured_queries[0]["sql"])
        assert "Index Scan on catalog_signpost_document" in shown
        assert ("catalog_alike_signposts" in shown) is or_alike
    assert "Index Scan on catalog_signpost_words" in plan("SELECT key FROM catalog_signpost WHERE 'hediye' <% words")


def test_what_has_the_words_hides_what_is_only_alike(shop: None) -> None:
    CraftFactory.create(slug="other", name_az="Xalçalıq")
    piece(craft=Craft.objects.get(slug="other"))

    assert sorted(led_to("xalçaçılıq", or_alike=True)) == ["rugs"]
    assert not signposts.find("xalçaçılıq", or_alike=True).is_close


def test_a_name_comes_before_a_text_and_few_are_shown(shop: None) -> None:
    CollectionFactory.create(slug="bazaar", name_en="Summer bazaar", text_en="Every gift has a story.")
    assert led_to("gift")[-1] == "bazaar"

    for number in range(10):
        CollectionFactory.create(slug=f"gift-{number}", name_en="Gift")
    assert len(led_to("gift")) == signposts.MOST_SHOWN
    assert "bazaar" not in led_to("gift")


def test_only_what_a_visitor_may_see_is_led_to(shop: None) -> None:
    today = timezone.localdate()
    CollectionFactory.create(slug="over", name_en="Gift week", ends_on=today - timedelta(days=1))
    CollectionFactory.create(slug="coming", name_en="Gift week", starts_on=today + timedelta(days=1))
    CraftFactory.create(slug="empty", name_en="Gift wrapping")
    assert sorted(led_to("gift", or_alike=True)) == ["gifts", "home-gifts"]

    Product.objects.filter(craft__slug="home-gifts").update(state=Product.State.ARCHIVED)
    assert led_to("gift") == ["gifts"]


def test_a_maker_is_found_only_while_public_and_only_by_the_name_shown(client: Client, shop: None) -> None:
    ArtisanFactory.create(slug="secret", display_name_az="Gizli", is_public=False)
    maker = Artisan.objects.filter(slug="cinar")
    assert led_to("gizli", or_alike=True) == led_to("gizl", or_alike=True) == led_to("sevdiyim", or_alike=True) == []
    assert led_to("çinar") == ["cinar"]

    maker.update(is_public=False)
    assert led_to("çinar", or_alike=True) == []
    assert "Çinar" not in client.get("/search/", {"q": "çinar"}).content.decode()


@pytest.mark.parametrize("model", [Craft, Collection, Branch, Artisan])
@pytest.mark.parametrize("language", ["az", "ru", "en"])
def test_a_changed_name_is_found_at_once_and_no_longer_by_the_old_one(
    shop: None, model: type[Craft | Collection | Branch | Artisan], language: str
) -> None:
    place = model._default_manager.get(
        slug={Craft: "silk", Collection: "gifts", Branch: "baku", Artisan: "cinar"}[model]
    )
    field = f"{'display_name' if model is Artisan else 'name'}_{language}"
    for word in ("zoroastr", "samovar"):
        model._default_manager.filter(pk=place.pk).update(**{field: word})
        assert led_to(word) == [place.slug]
    assert led_to("zoroastr") == []


def test_a_signpost_goes_with_its_place(shop: None) -> None:
    Collection.objects.all().delete()
    left = ArtisanFactory.create(private=False, agreed=())
    signpost = Signpost.objects.filter(key=f"artisan-{left.pk}")
    assert signpost.exists()
    left.delete()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    assert led_to("gift") == ["home-gifts"]
    assert not signpost.exists()


def test_a_signpost_leads_to_one_place() -> None:
    branch = Signpost.objects.get(key=f"branch-{BranchFactory.create().pk}")
    craft = CraftFactory.create()
    for places in ({"branch": None}, {"craft": craft}):
        with pytest.raises(IntegrityError, match="leads_to_one"), transaction.atomic():
            Signpost.objects.filter(pk=branch.pk).update(**places)


def page(client: Client, typed: str) -> str:
    response = client.get("/en/search/", {"q": typed})
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


@pytest.mark.parametrize(
    ("address", "kind", "name"),
    [
        ("/search/?q=hediye", "kolleksiya", "/collections/gifts/ Hədiyyə süfrəsi"),
        ("/ru/search/?q=подарок", "подборка", "/ru/collections/gifts/ Стол подарков"),
        ("/en/search/?q=gift", "collection", "/en/collections/gifts/ A table of gifts"),
        ("/en/search/?q=cinar", "maker", '/en/artisans/cinar/ <span lang="az">Çinar</span>'),
    ],
)
def test_the_page_shows_them_above_the_pieces(client: Client, shop: None, address: str, kind: str, name: str) -> None:
    leads_to, _, shown = name.partition(" ")
    link = f'<a class="chip" href="{leads_to}"><span class="chip__kind">{kind}</span> {shown}</a>'
    found = client.get(address).content.decode()

    assert found.count(link) == 1
    assert 'class="card"' not in found or found.index(link) < found.index('class="card"')


def test_the_heading_says_how_sure_the_page_is(client: Client, shop: None) -> None:
    assert "<h1> “gift”: 1 piece </h1>" in page(client, "gift")
    assert "<h1> Pages about “cinar” </h1>" in page(client, "cinar")
    assert "<h1> Nothing is quite “hediye” </h1>" in page(client, "hediye")
    assert "<h1> Nothing found for “zzzzzz” </h1>" in page(client, "zzzzzz")


def test_the_page_stays_the_same_for_everyone(client: Client, shop: None) -> None:
    member = Client()
    member.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    for typed in ("gift", "hediye", "cinar"):
        response = client.get("/search/", {"q": typed})
        assert response.content == member.get("/search/", {"q": typed}).content
        assert not response.cookies


def test_queries_do_not_grow_with_what_is_found(client: Client, shop: None, django_assert_num_queries: Any) -> None:
    for number in range(4):
        CollectionFactory.create(slug=f"gift-{number}", name_az="Hədiyyə")
    for typed, queries in (("gift", 5), ("hediye", 6)):
        with django_assert_num_queries(queries):
            client.get("/search/", {"q": typed})


@pytest.mark.parametrize(
    ("typed", "slug"),
    [
        ("çatdırılma", "delivery"),
        ("catdirilma", "delivery"),
        ("доставка", "delivery"),
        ("delivery", "delivery"),
        ("shipping", "delivery"),
        ("qaytarma", "returns"),
        ("возврат", "returns"),
        ("returns", "returns"),
        ("refund", "returns"),
        ("ünvan", "contact"),
        ("адрес", "contact"),
        ("contact", "contact"),
        ("telefon", "contact"),
        ("ödəniş", "how-to-buy"),
        ("оплата", "how-to-buy"),
    ],
)
def test_a_plain_question_leads_to_its_page(client: Client, shop: None, typed: str, slug: str) -> None:
    assert led_to(typed) == [slug]
    assert f'<a class="chip" href="/en/info/{slug}/"><span class="chip__kind">information</span>' in page(client, typed)


@pytest.mark.parametrize("typed", ["xalça", "ковёр", "gift", "mother"])
def test_information_is_not_in_the_way_of_pieces(shop: None, typed: str) -> None:
    assert not {"about", "how-to-buy", "delivery", "returns", "privacy", "contact"} & set(led_to(typed))


def test_a_page_is_found_by_its_present_title_and_words(shop: None) -> None:
    delivery = Page.objects.filter(slug="delivery")
    changes = {"title_en": "Samovar", "search_words": "zoroastr"}
    delivery.update(**changes)
    assert led_to("samovar") == led_to("zoroastr") == ["delivery"]
    assert led_to("delivery") == led_to("kuryer") == []
    Page.objects.all().delete()
    assert led_to("samovar") == []


def test_who_is_led_to_the_very_place_is_shown_no_pieces_that_sound_like_it(client: Client, shop: None) -> None:
    like = piece(name_az="Samavar", name_ru="Вещь", name_en="Thing").product
    assert f"-{like.code.lower()}/" in page(client, "samovar")

    BranchFactory.create(slug="samovar", name_en="Samovar")
    found = page(client, "samovar")
    assert "/en/branches/samovar/" in found
    assert f"-{like.code.lower()}/" not in found
