"""No text that the shop shows tells a maker's legal name: it is refused where it is written, and listed where it is."""

from typing import Any

import pytest
from django.db.models import Model
from django.test import Client

from artisans.models import Artisan, ArtisanPhoto, Branch, BranchPhoto, Scope
from artisans.pseudonyms import Text
from catalog import legal_names, review
from catalog.models import CollectionPhoto, Product
from tests.admin.conftest import english, signed_in
from tests.admin.test_products import picture
from tests.factories import (
    ArtisanFactory,
    CollectionFactory,
    CraftFactory,
    PageFactory,
    PhotoFactory,
    UserFactory,
    consent,
    piece,
)

LEGAL = "Qasımov Turqut Fərid oğlu"
ALL = review.Branches(None)
SENTENCE = "This tells the legal name of a maker."


@pytest.mark.parametrize(
    "text",
    [
        "Mən Qasımov Turqut Fərid oğlu, ipək toxuyuram.",
        "Turqut Qasımovun əl işi",
        "TURQUT müəllim, yəni QASIMOV",
        "Автор — Тургут Гасымов. Шёлк.",
        "подарок от Гасымова Тургута",
        "woven by Turqut Qasimov’s hands",
        "Turqut Fərid oğlunun xalçası",
        "turqut-qasimov-xalca",
    ],
)
def test_a_name_is_found_in_any_order_and_with_any_ending(text: str) -> None:
    assert Text(text).tells(LEGAL)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Turqut adlı usta toxuyub.",
        "Qasımov Vaqif",
        "Turqut küçədə oturub bir stəkan çay içdi, sonra Qasımov gəldi",
        "Вазу можно мыть или протирать, она прослужит долго.",
        "Firuzəyi şirli badyə, əl ilə çəkilib.",
    ],
)
def test_a_word_of_it_tells_nobody(text: str) -> None:
    assert not Text(text).tells(LEGAL)
    assert not Text(text).tells("Turqut")


def test_a_word_is_not_its_own_neighbour() -> None:
    assert not Text("Vəliyevin küzəsi").tells("Vəliyev Vəli")
    assert Text("Vəli Vəliyevin küzəsi").tells("Vəliyev Vəli")


def maker(**fields: Any) -> Artisan:
    artisan: Artisan = ArtisanFactory.create(**{"agreed": (), "private__legal_name": LEGAL, **fields})
    return artisan


def management(prefix: str, *, rows: int = 0) -> dict[str, Any]:
    return {f"{prefix}-TOTAL_FORMS": rows, f"{prefix}-INITIAL_FORMS": rows}


def product_form(product: Product) -> dict[str, Any]:
    variant = product.variants.get()
    return {
        "name_az": product.name,
        "kind": product.kind,
        "craft": product.craft_id,
        "branch": product.branch_id,
        "lead_time_days": 0,
        "weight_g": 900,
        **management("photos"),
        **management("makers"),
        **management("variants", rows=1),
        "variants-0-id": variant.pk,
        "variants-0-product": product.pk,
        "variants-0-sku": variant.sku,
        "variants-0-price": "38.00",
        "variants-0-position": 0,
    }


def product_page() -> tuple[Model, dict[str, Any]]:
    product = piece(state=Product.State.DRAFT).product
    return product, product_form(product)


def photo_page() -> tuple[Model, dict[str, Any]]:
    product, typed = product_page()
    shown = {"position": 0, "focus_x": 50, "focus_y": 50, "turn": 0}
    cut = dict.fromkeys(("cut_left", "cut_right", "cut_top", "cut_bottom"), 0)
    return product, {
        **typed,
        "photos-TOTAL_FORMS": 1,
        **{f"photos-0-{name}": value for name, value in (shown | cut).items()},
    }


def maker_page() -> tuple[Model, dict[str, Any]]:
    artisan = maker(private__legal_name="Əliyeva Nigar")
    typed = {"branch": artisan.branch_id, "slug": artisan.slug, "display_name_az": "Nar"}
    return artisan, {**typed, **management("consents"), **management("photo")}


def branch_page() -> tuple[Model, dict[str, Any]]:
    branch = Branch.objects.get(slug="baku")
    typed = {"name_az": "Bakı", "city_az": "Bakı", "slug": "baku", "preparation_days": 1, "position": 0}
    return branch, {**typed, **management("hours"), **management("photo")}


def collection_page() -> tuple[Model, dict[str, Any]]:
    collection = CollectionFactory.create()
    typed = {"name_az": collection.name, "slug": collection.slug, "position": 0}
    return collection, {**typed, **management("photo"), **management("items")}


def craft_page() -> tuple[Model, dict[str, Any]]:
    craft = CraftFactory.create()
    return craft, {"name_az": craft.name, "slug": craft.slug, "position": 0, "tax_class": craft.tax_class}


def information_page() -> tuple[Model, dict[str, Any]]:
    page = PageFactory.create()
    return page, {"slug": page.slug, "title_az": page.title}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("opened", "fields"),
    [
        (maker_page, ("story_az", "story_ru", "place_az", "affiliation_en")),
        (product_page, ("name_az", "description_ru", "materials_en", "technique_az", "slug", "variants-0-option_az")),
        (photo_page, ("photos-0-alt_az", "photos-0-alt_ru")),
        (branch_page, ("text_az", "address_az")),
        (collection_page, ("text_en",)),
        (craft_page, ("text_az", "name_ru")),
        (information_page, ("title_az", "body_az", "search_words")),
    ],
    ids=lambda opened: getattr(opened, "__name__", ""),
)
def test_a_text_that_tells_it_is_refused_where_it_is_typed(opened: Any, fields: tuple[str, ...]) -> None:
    maker()
    row, typed = opened()
    client = signed_in(UserFactory.create(is_staff=True, is_superuser=True))
    address = english(f"{row._meta.app_label}_{row._meta.model_name}_change", row.pk)

    def uploads() -> dict[str, Any]:
        return {"photos-0-original": picture()} if typed.get("photos-TOTAL_FORMS") else {}

    for field in fields:
        told = "turqut-qasimov" if field == "slug" else "Turqut Qasımovun işi"
        answer = client.post(address, {**typed, field: told, **uploads()})
        assert answer.status_code == 200, field
        assert SENTENCE in answer.content.decode(), field
        assert told in answer.content.decode(), field
    assert list(legal_names.queue(ALL).rows) == []
    answer = client.post(address, {**typed, **uploads()})
    assert answer.status_code == 302, answer.context["errors"]


@pytest.mark.django_db
def test_of_a_minor_the_surname_alone_is_refused(administrator: Client) -> None:
    for born, is_refused in (("1990-01-01", False), (None, True)):
        artisan = maker(private__legal_name="Qasımov Vaqif", private__birth_date=born)
        typed = {"branch": artisan.branch_id, "slug": artisan.slug, "story_az": "Mən Qasımovlardanam."}
        typed = {**typed, **management("consents"), **management("photo")}
        answer = administrator.post(english("artisans_artisan_change", artisan.pk), typed)
        assert (answer.status_code == 200) is is_refused
        assert ("surname of a minor" in answer.content.decode()) is is_refused


TOLD = "Turqut Qasımovun işi"


@pytest.mark.django_db
def test_what_is_there_already_is_listed_by_where_it_is_mended(administrator: Client) -> None:
    assert legal_names.queue(ALL).rows == []
    artisan, product = maker(story_ru=f"Ткёт {TOLD}"), piece(name_en=TOLD, description_az=TOLD).product
    of_photo, of_variant = piece().product, piece().product
    PhotoFactory.create(product=of_photo, alt_az=TOLD)
    option: dict[str, Any] = {"option_az": TOLD}
    of_variant.variants.update(**option)
    craft, page, collection = CraftFactory.create(text_az=TOLD), PageFactory.create(body_az=TOLD), CollectionFactory()
    branch = Branch.objects.get(slug="barda")
    portrayed = maker(private__legal_name="Əliyeva Nigar")
    told: dict[str, Any] = {"alt_az": TOLD, "original": "x.jpg", "original_width": 1, "original_height": 1}
    CollectionPhoto.objects.create(collection=collection, **told)
    BranchPhoto.objects.create(branch=branch, **told)
    ArtisanPhoto.objects.create(artisan=portrayed, **told)
    piece(description_az="Turqut toxuyub")
    found = legal_names.queue(ALL)
    assert set(found.rows) == {artisan, product, of_photo, of_variant, craft, page, collection, branch, portrayed}
    shown = administrator.get(english("catalog_review")).content.decode()
    assert len(found.rows) == 9
    for row in found.rows:
        assert english(f"{row._meta.app_label}_{row._meta.model_name}_change", row.pk) in shown
    assert legal_names.queue(review.Branches([branch.pk])).rows == [branch]


@pytest.mark.django_db
def test_what_was_there_before_keeps_nobody_from_other_work(administrator: Client) -> None:
    page = PageFactory.create(body_az=TOLD)
    maker()
    typed = {"slug": page.slug, "title_az": "Başqa", "body_az": TOLD}
    assert administrator.post(english("pages_page_change", page.pk), typed).status_code == 302


def rewritten() -> list[Artisan]:
    return review.rewritten(ALL).rows


@pytest.mark.django_db
def test_a_story_that_is_rewritten_is_asked_about_again(administrator: Client) -> None:
    artisan, silent = maker(story_az="İlk sözlər"), maker(story_az="İlk sözlər", private__legal_name="Əliyeva Nigar")
    consent(artisan, Scope.STORY)
    address = english("artisans_artisan_change", artisan.pk)
    assert "to the text as it was then" in administrator.get(address).content.decode()
    assert (
        "to the text as it was then"
        not in administrator.get(english("artisans_artisan_change", silent.pk)).content.decode()
    )
    assert rewritten() == []
    fields: dict[str, Any] = {"story_ru": "Первые слова", "place_az": "Bakı"}
    Artisan.objects.update(**fields)
    assert rewritten() == []
    fields = {"story_az": "Başqa sözlər"}
    Artisan.objects.update(**fields)
    assert rewritten() == [artisan]
    assert (
        "Stories that were changed after the consent" in administrator.get(english("catalog_review")).content.decode()
    )
    stale = Artisan.objects.get(pk=artisan.pk)
    stale.story_changed_at = None
    stale.save()
    assert rewritten() == [artisan]
    consent(artisan, Scope.STORY)
    assert rewritten() == []


@pytest.mark.django_db
def test_consents_in_force_without_a_scan_are_listed(administrator: Client) -> None:
    artisan = maker()
    form = consent(artisan, Scope.NAME)
    assert review.unscanned(ALL).rows == [form]
    assert (
        english("artisans_consentform_change", form.pk) in administrator.get(english("catalog_review")).content.decode()
    )
    assert review.unscanned(review.Branches([Branch.objects.get(slug="barda").pk])).rows == []
