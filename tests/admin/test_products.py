"""A product's page: texts in three languages, photos, variants and makers, and the way into the shop."""

from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import translation
from PIL import Image
from procrastinate.contrib.django.models import ProcrastinateJob

from artisans.models import Artisan
from catalog import publishing
from catalog.models import Craft, Product, Variant
from orders.models import Stock
from tests.admin.conftest import english
from tests.factories import ArtisanFactory, BranchFactory, CraftFactory, PhotoFactory, ProductFactory, made_by, piece


def picture(name: str = "IMG_2041.jpg") -> SimpleUploadedFile:
    content = BytesIO()
    Image.new("RGB", (640, 480), "firebrick").save(content, "JPEG")
    return SimpleUploadedFile(name, content.getvalue(), "image/jpeg")


def form(**fields: Any) -> dict[str, Any]:
    """A new product with one variant; ``fields`` are added to it or take a field's place."""
    return {
        "description_az": "Əllə çərxdə düzəldilib.",
        "name_az": "Firuzəyi badyə",
        "name_ru": "Бирюзовая чаша",
        "kind": Product.Kind.ONE_OF_A_KIND,
        "craft": Craft.objects.order_by("pk").values_list("pk", flat=True)[0],
        "branch": BranchFactory.create().pk,
        "lead_time_days": 0,
        "weight_g": 900,
        "photos-TOTAL_FORMS": 0,
        "photos-INITIAL_FORMS": 0,
        "variants-TOTAL_FORMS": 1,
        "variants-INITIAL_FORMS": 0,
        "variants-0-sku": "BADYE-1",
        "variants-0-price": "38.00",
        "variants-0-position": 0,
        "makers-TOTAL_FORMS": 0,
        "makers-INITIAL_FORMS": 0,
        **fields,
    }


def maker(number: int, artisan: Artisan, share: str) -> dict[str, Any]:
    return {f"makers-{number}-artisan": artisan.pk, f"makers-{number}-share": share}


def photo(**fields: Any) -> dict[str, Any]:
    empty = {
        "photos-TOTAL_FORMS": 1,
        "photos-0-original": picture(),
        "photos-0-alt_az": "Firuzəyi şirli badyə",
        "photos-0-focus_x": 50,
        "photos-0-focus_y": 50,
        "photos-0-position": 0,
        "photos-0-turn": 0,
        **{f"photos-0-cut_{side}": 0 for side in ("left", "right", "top", "bottom")},
        "photos-0-shows_person": "false",
    }
    return {**empty, **fields}


@pytest.fixture(autouse=True)
def craft(db: None) -> Craft:
    made: Craft = CraftFactory.create()
    return made


def add(client: Client, fields: dict[str, Any]) -> str:
    return client.post(english("catalog_product_add"), fields, follow=True).content.decode()


def test_a_product_is_added_as_a_draft_with_its_parts(administrator: Client) -> None:
    first, second = ArtisanFactory.create(), ArtisanFactory.create()
    made = {"makers-TOTAL_FORMS": 2, **maker(0, first, "60"), **maker(1, second, "40")}
    add(administrator, form(**made, **photo(**{"photos-0-shows_person": "true"})))
    product = Product.objects.get()
    assert product.state == Product.State.DRAFT
    names = [vars(product)[f"name_{language}"] for language in ("az", "ru", "en")]
    assert names == ["Firuzəyi badyə", "Бирюзовая чаша", None]
    assert product.slug == "firuzeyi-badye"
    assert [variant.price for variant in product.variants.all()] == [Decimal("38.00")]
    assert [part.share for part in product.makers.all()] == [Decimal(60), Decimal(40)]
    assert [shown.shows_person for shown in product.photos.all()] == [True]


def test_whoever_is_named_as_visible_is_visible(administrator: Client) -> None:
    seen = {"photos-0-people": [ArtisanFactory.create().pk]}
    page = add(administrator, form(**photo(**seen)))
    assert "Somebody is named as visible: tick this too." in page
    assert not Product.objects.exists()
    add(administrator, form(**photo(**seen, **{"photos-0-shows_person": "true"})))
    assert Product.objects.get().photos.get().people.count() == 1


def test_the_azerbaijani_name_is_needed_and_the_others_can_follow(administrator: Client) -> None:
    assert "This field is required." in add(administrator, form(name_az=""))
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    ("shares", "told"), [(("60", "39"), "99"), (("60", "41"), "101"), (("33.33", "66.66"), "99.99")]
)
def test_shares_that_do_not_sum_to_100_are_told_before_the_database_refuses(
    administrator: Client, shares: tuple[str, str], told: str
) -> None:
    rows = [maker(number, ArtisanFactory.create(), share) for number, share in enumerate(shares)]
    page = add(administrator, form(**{"makers-TOTAL_FORMS": 2}, **rows[0], **rows[1]))
    assert f"shares sum to {told}, not to 100." in page
    assert not Product.objects.exists()


@pytest.mark.parametrize("share", ["0", "-1", "101"])
def test_a_share_that_cannot_be_is_refused_with_a_sentence(administrator: Client, share: str) -> None:
    other = str(100 - int(share))
    rows = [maker(number, ArtisanFactory.create(), part) for number, part in enumerate((share, other))]
    page = add(administrator, form(**{"makers-TOTAL_FORMS": 2}, **rows[0], **rows[1]))
    assert "A share is more than 0 and at most 100 percent." in page
    assert not Product.objects.exists()


def test_a_maker_who_leaves_takes_the_share_out_of_the_sum(administrator: Client) -> None:
    product = piece(state=Product.State.DRAFT).product
    first, second = ArtisanFactory.create(), ArtisanFactory.create()
    made_by(product, first, second)
    parts = list(product.makers.order_by("pk"))
    variant = product.variants.get()
    fields = form(
        **{
            "variants-INITIAL_FORMS": 1,
            "variants-0-id": variant.pk,
            "variants-0-product": product.pk,
            "makers-TOTAL_FORMS": 2,
            "makers-INITIAL_FORMS": 2,
            "makers-0-id": parts[0].pk,
            "makers-0-product": product.pk,
            "makers-1-id": parts[1].pk,
            "makers-1-product": product.pk,
            "makers-1-DELETE": "on",
        },
        **maker(0, first, "100"),
        **maker(1, second, "50"),
    )
    answer = administrator.post(english("catalog_product_change", product.pk), fields)
    assert answer.status_code == 302
    assert [(part.artisan, part.share) for part in product.makers.all()] == [(first, Decimal(100))]


def test_a_photo_is_rendered_by_the_worker_and_loses_the_name_of_its_file(administrator: Client) -> None:
    add(administrator, form(**photo()))
    saved = Product.objects.get().photos.get()
    assert "IMG_2041" not in str(saved.original)
    assert (saved.original_width, saved.original_height) == (640, 480)
    job = ProcrastinateJob.objects.get(task_name="catalog.render_picture")
    assert job.args == {"model": "catalog.Photo", "pk": saved.pk}


def test_a_photo_that_only_gets_another_text_is_not_rendered_again(administrator: Client) -> None:
    add(administrator, form(**photo()))
    product = Product.objects.get()
    saved, variant = product.photos.get(), product.variants.get()
    known = {
        "photos-INITIAL_FORMS": 1,
        "photos-0-id": saved.pk,
        "photos-0-product": product.pk,
        "photos-0-original": "",
        "photos-0-alt_en": "A bowl with turquoise glaze",
        "variants-INITIAL_FORMS": 1,
        "variants-0-id": variant.pk,
        "variants-0-product": product.pk,
    }
    answer = administrator.post(english("catalog_product_change", product.pk), form(**photo(**known)))
    assert answer.status_code == 302
    with translation.override("en"):
        assert product.photos.get().alt == "A bowl with turquoise glaze"
    assert ProcrastinateJob.objects.filter(task_name="catalog.render_picture").count() == 1


@pytest.mark.parametrize("content", [b"<html>not a picture</html>", b"", picture().read()[:-300]])
def test_what_is_no_whole_picture_is_refused_with_a_sentence(administrator: Client, content: bytes) -> None:
    page = administrator.post(
        english("catalog_product_add"),
        form(**photo(**{"photos-0-original": SimpleUploadedFile("x.jpg", content, "image/jpeg")})),
    )
    assert page.status_code == 200
    photos = next(formset for formset in page.context["inline_admin_formsets"] if formset.formset.prefix == "photos")
    assert photos.formset.errors[0]["original"]
    assert not Product.objects.exists()


def test_no_address_of_a_private_original_is_on_the_page(administrator: Client) -> None:
    shown = PhotoFactory.create(product=piece().product)
    page = administrator.get(english("catalog_product_change", shown.product.pk)).content.decode()
    assert "/media/x/320.avif" in page
    assert "originals/" not in page


def test_the_page_shows_stock_and_cannot_write_it(administrator: Client) -> None:
    variant = piece(on_hand=3, state=Product.State.DRAFT)
    fields = form(
        **{
            "variants-INITIAL_FORMS": 1,
            "variants-0-id": variant.pk,
            "variants-0-product": variant.product.pk,
            "variants-0-on_hand": 99,
        }
    )
    assert administrator.post(english("catalog_product_change", variant.product.pk), fields).status_code == 302
    assert Stock.objects.get(variant=variant).on_hand == 3
    assert Variant.objects.get(pk=variant.pk).sku == "BADYE-1"


def publish(client: Client, product: Product, step: str = "publish") -> str:
    url = english(f"catalog_product_{step}", product.pk)
    typed = {"_form_submitted": "on", "seen": publishing.version(product.pk)}
    page = client.post(url, typed, follow=True).content.decode()
    product.refresh_from_db()
    return page


def test_into_the_shop_and_out_again(administrator: Client) -> None:
    product = piece(state=Product.State.DRAFT, published_at=None).product
    PhotoFactory.create(product=product)
    made_by(product, ArtisanFactory.create())
    assert "Published: " in publish(administrator, product)
    assert product.state == Product.State.PUBLISHED
    assert "Taken back as a draft: " in publish(administrator, product, "take_back")
    assert product.state == Product.State.DRAFT
    assert "Archived: " in publish(administrator, product, "archive")
    assert product.state == Product.State.ARCHIVED


def test_what_is_missing_is_told(administrator: Client) -> None:
    product = ProductFactory.create(state=Product.State.DRAFT, published_at=None)
    page = publish(administrator, product)
    assert "It needs: a photo, a variant with a price, a maker." in page
    assert product.state == Product.State.DRAFT


def test_many_are_published_at_once(administrator: Client) -> None:
    whole = piece(state=Product.State.DRAFT, published_at=None).product
    PhotoFactory.create(product=whole)
    bare = piece(state=Product.State.DRAFT, published_at=None).product
    for product in (whole, bare):
        made_by(product, ArtisanFactory.create())
    data = {"action": "publish_chosen", "_selected_action": [whole.pk, bare.pk], "seal": "as shown"}
    page = administrator.post(english("catalog_product_changelist"), data, follow=True).content.decode()
    assert "Published: " in page
    assert "It needs: a photo." in page
    assert list(Product.objects.filter(state=Product.State.PUBLISHED)) == [whole]


def test_makers_are_chosen_by_typing(administrator: Client) -> None:
    ArtisanFactory.create(display_name_az="Çinar")
    ArtisanFactory.create(display_name_az="Nar")
    query = {"term": "Çin", "app_label": "catalog", "model_name": "productmaker", "field_name": "artisan"}
    answer = administrator.get(reverse("admin:autocomplete"), query)
    assert [choice["text"] for choice in answer.json()["results"]] == ["Çinar"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"photos-0-alt_az": ""}, "This product is in the shop and needs the text."),
        ({"photos-0-shows_person": "unknown"}, "This product is in the shop: say whether a person is visible."),
        ({"photos-0-DELETE": "on"}, "This product is in the shop and needs a photo."),
    ],
)
def test_a_product_in_the_shop_keeps_its_photo_and_the_text(
    administrator: Client, change: dict[str, str], told: str
) -> None:
    add(administrator, form(**photo()))
    product = Product.objects.get()
    saved, variant = product.photos.get(), product.variants.get()
    known = {
        "photos-INITIAL_FORMS": 1,
        "photos-0-id": saved.pk,
        "photos-0-product": product.pk,
        "photos-0-original": "",
        "variants-INITIAL_FORMS": 1,
        "variants-0-id": variant.pk,
        "variants-0-product": product.pk,
    }
    page = english("catalog_product_change", product.pk)
    made_by(product, ArtisanFactory.create())
    publish(administrator, product)
    refused = administrator.post(page, form(**photo(**known, **change)))
    assert told in refused.content.decode()
    assert product.photos.get().alt == "Firuzəyi şirli badyə"
    publish(administrator, product, "take_back")
    assert administrator.post(page, form(**photo(**known, **change))).status_code == 302
