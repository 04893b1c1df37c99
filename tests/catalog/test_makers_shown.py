"""Makers on the storefront: named as far as they agreed, spared where they are young, and called by craft else."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from artisans.consent import Signers
from artisans.models import Artisan, Channel, ConsentForm, PublicArtisan, Scope
from catalog.models import Photo, Product
from tests.catalog.test_storefront_pages import address_of, shown, text
from tests.factories import (
    ArtisanFactory,
    BranchFactory,
    CraftFactory,
    PhotoFactory,
    consent,
    delivery_method,
    made_by,
    piece,
    thanks_for,
)

pytestmark = pytest.mark.django_db


def main_of(page: str) -> str:
    """Without what stands on every page."""
    return page[page.index("<main") : page.index("</main>")]


def test_a_maker_who_is_not_public_is_named_nowhere(client: Client) -> None:
    hidden = ArtisanFactory.create(slug="hidden", display_name_az="Gizli", is_public=False)
    product = shown(piece())
    made_by(product, hidden)

    assert client.get("/artisans/hidden/").status_code == 404
    for address in ("/", "/pieces/", "/artisans/", "/branches/baku/", address_of(product)):
        assert "Gizli" not in text(client, address)
    assert "Pottery</a>&nbsp;· <a" in text(client, address_of(product))


@pytest.mark.parametrize("agreed", [(), (Scope.STORY, Scope.PLACE)])
def test_a_maker_whose_name_is_not_agreed_to_is_called_by_craft_and_branch(
    client: Client, agreed: tuple[Scope, ...]
) -> None:
    artisan = ArtisanFactory.create(slug="gizli", display_name_az="Gizli", agreed=agreed)
    consent(artisan, Scope.NAME, channel=Channel.PRESS)
    product = shown(piece())
    made_by(product, artisan)

    assert client.get("/artisans/gizli/").status_code == 404
    assert client.get(f"/artisans/{artisan.code.lower()}/").status_code == (200 if agreed else 404)
    for address in ("/en/", "/en/pieces/", "/en/artisans/", "/en/branches/baku/", address_of(product)):
        assert "gizli" not in text(client, address).lower()
    assert "Pottery&nbsp;· Baku" in text(client, "/en/pieces/")


def test_a_piece_of_a_minor_says_no_branch(client: Client) -> None:
    delivery_method()
    young = ArtisanFactory.create(
        display_name_az="Sərçə",
        slug="serce",
        private__birth_date=timezone.localdate() - timedelta(days=15 * 366),
        agreed=(),
    )
    grown = ArtisanFactory.create(display_name_az="Nar", slug="nar")
    product = shown(piece())
    made_by(product, young, grown)
    signers = Signers(given_by=ConsentForm.GivenBy.BOTH, representative="Məmmədova Sevil")
    consent(young, Scope.NAME, valid_until=timezone.localdate(), signers=signers)

    page = text(client, address_of(product))
    assert "Sərçə" in page
    assert "Nar" in page
    assert "Baku" not in main_of(page)
    assert "You can pick it up at a branch, free of charge." in page
    for address in ("/en/pieces/", "/en/artisans/serce/", f"/en/crafts/{product.craft.slug}/"):
        assert "Turquoise bowl" in text(client, address)
    # Nor does a grown-up's page, beside which its lack would tell.
    for slug in ("serce", "nar"):
        assert "Baku" not in main_of(text(client, f"/en/artisans/{slug}/"))
    assert "Baku" not in main_of(text(client, f"/en/crafts/{product.craft.slug}/"))
    assert "Turquoise bowl" not in text(client, "/en/branches/baku/")
    assert "Turquoise bowl" not in text(client, "/en/pieces/?branch=baku")


def maker_of_age(years: int | None, **fields: Any) -> Artisan:
    today = timezone.localdate()
    born = None if years is None else date(today.year - years, today.month, min(today.day, 28))
    artisan: Artisan = ArtisanFactory.create(private__birth_date=born, agreed=(), **fields)
    return artisan


def test_a_minor_who_is_not_shown_is_spared_the_branch_too(client: Client) -> None:
    """Before the consent, while it is in force and once it is taken back; beside whoever else made the piece."""
    young = maker_of_age(15, display_name_az="Sərçə", slug="serce")
    unnamed = ArtisanFactory.create(agreed=(Scope.STORY,))
    alone, together, of_a_grown_up = shown(piece()), shown(piece()), shown(piece())
    made_by(alone, young)
    made_by(together, young, unnamed)
    addresses = [address_of(alone), address_of(together), "/en/pieces/", "/en/"]

    def said() -> list[int]:
        return [main_of(text(client, address)).count("&nbsp;· Baku") for address in addresses]

    made_by(of_a_grown_up, unnamed)
    assert said() == [0, 0, 1, 1]
    signers = Signers(given_by=ConsentForm.GivenBy.BOTH, representative="Məmmədova Sevil")
    consent(young, Scope.NAME, valid_until=timezone.localdate(), signers=signers)
    assert said() == [0, 0, 1, 1]
    assert "Baku" not in main_of(text(client, "/en/artisans/serce/"))
    young.consents.update(withdrawn_at=timezone.now())
    assert said() == [0, 0, 1, 1]
    Artisan.objects.filter(pk=young.pk).update(is_public=False)
    assert said() == [0, 0, 1, 1]
    assert main_of(text(client, "/en/branches/baku/")).count("Turquoise bowl") == 1


def test_only_what_may_say_so_is_shown_at_a_branch() -> None:
    baku = BranchFactory.create()
    silent, loud = piece(), piece()
    piece(branch=BranchFactory.create(slug="barda"))
    made_by(loud.product, ArtisanFactory.create())
    made_by(silent.product, maker_of_age(18), maker_of_age(None))
    assert Product.objects.shown_at(baku).get() == loud.product
    made_by(piece().product, maker_of_age(18))
    assert {row.shown_branch for row in Product.objects.shown_at(baku)} == {baku}
    assert Product.objects.shown_at(baku).count() == 2
    assert Product.objects.get(pk=silent.product.pk).shown_branch is None


def test_a_photo_is_shown_while_everybody_on_it_agrees(client: Client) -> None:
    product = piece().product
    first, second = ArtisanFactory.create(agreed=()), ArtisanFactory.create(agreed=())
    photo = PhotoFactory.create(product=product, shows_person=True, alt_en="Two at the loom")
    photo.people.add(first, second)
    consent(first, Scope.FACE)
    consent(second, Scope.FACE, channel=Channel.PRESS)
    pages = (address_of(product), "/en/pieces/", "/en/")
    for address in pages:
        assert "Two at the loom" not in text(client, address)

    consent(second, Scope.FACE)
    for address in pages[:2]:
        assert "Two at the loom" in text(client, address)
    Artisan.objects.filter(pk=first.pk).update(is_public=False)
    for address in pages:
        assert "Two at the loom" not in text(client, address)


def test_a_photo_of_somebody_unknown_is_not_shown(client: Client) -> None:
    product = piece().product
    PhotoFactory.create(product=product, shows_person=True, alt_en="At the loom")
    assert "At the loom" not in text(client, address_of(product))


def test_a_maker_without_a_pseudonym_is_called_by_craft_and_branch(client: Client) -> None:
    artisan = ArtisanFactory.create(slug="nameless", display_name_az="")
    weaving = CraftFactory.create(name_en="Weaving")
    weaving.artisans.add(artisan)
    flat = CraftFactory.create(name_en="Flat weave", parent=weaving)
    product = shown(piece(branch=BranchFactory.create(slug="barda"), craft=flat))
    made_by(product, artisan)

    assert "Weaving</a></h2>" in text(client, "/en/artisans/")
    for address in ("/en/artisans/", "/en/artisans/nameless/", "/en/pieces/", address_of(product)):
        page = text(client, address)
        assert ("Weaving&nbsp;· Baku" in page) == (address != "/en/artisans/")
        assert "Flat weave&nbsp;· " not in page
        assert artisan.code not in page


def test_a_maker_without_pseudonym_and_craft_is_called_by_branch(client: Client) -> None:
    ArtisanFactory.create(slug="nameless", display_name_az="")

    assert "<h1>Baku</h1>" in text(client, "/en/artisans/nameless/")


def test_what_buyers_wrote_stands_on_the_makers_page_alone(client: Client) -> None:
    artisan = ArtisanFactory.create(slug="nar")
    product = shown(piece())
    made_by(product, artisan)
    for number in range(13):
        thanks_for(artisan, words=f"Sağ olun {number:02}", is_shown=True)
    thanks_for(artisan, words="<b>Gözəl</b>", is_shown=True)
    thanks_for(artisan, words="Oxunmayıb")
    thanks_for(artisan, words="Yalnız sizə", is_shown=False)

    page = text(client, "/en/artisans/nar/")
    assert "What buyers wrote" in page
    assert '<blockquote lang="az">&lt;b&gt;Gözəl&lt;/b&gt;</blockquote>' in page
    assert "Bowl" in page
    # The newest dozen.
    assert ("Sağ olun 02" in page, "Sağ olun 01" in page) == (True, False)
    assert "Oxunmayıb" not in page
    assert "Yalnız sizə" not in page
    for address in ("/en/", "/en/artisans/", address_of(product)):
        assert "Sağ olun" not in text(client, address)


def test_the_page_of_a_maker_of_whom_nobody_wrote_says_nothing_of_it(client: Client) -> None:
    ArtisanFactory.create(slug="nar")
    assert "What buyers wrote" not in text(client, "/en/artisans/nar/")


def test_where_the_page_of_a_maker_ends_the_words_do(client: Client) -> None:
    artisan = ArtisanFactory.create(slug="nar")
    thanks_for(artisan, is_shown=True)
    artisan.consents.update(withdrawn_at=timezone.now())
    assert client.get("/artisans/nar/").status_code == 404


@pytest.mark.parametrize("is_marked_first", [True, False])
def test_nobody_is_named_on_a_photo_that_is_said_to_show_nobody(*, is_marked_first: bool) -> None:
    photo = PhotoFactory.create(product=piece().product, shows_person=is_marked_first)

    @transaction.atomic
    def name_somebody() -> None:
        photo.people.add(ArtisanFactory.create())
        Photo.objects.update(shows_person=False)
        connection.check_constraints()

    with pytest.raises(IntegrityError, match="said to show nobody"):
        name_somebody()
    photo.people.add(ArtisanFactory.create())
    Photo.objects.update(shows_person=True)
    connection.check_constraints()


def named_in_order(client: Client, address: str, *names: str) -> list[str]:
    page = main_of(text(client, address))
    return sorted(names, key=page.index)


def test_makers_stand_in_the_order_of_the_alphabet(client: Client) -> None:
    names = ["Aysel", "Çinar", "Əli", "Gül", "Xalidə", "Işıq", "İnci", "Qızılgül", "Nar", "Şəbnəm", "Zərə"]
    for place, name in enumerate(reversed(names)):
        ArtisanFactory.create(slug=f"m-{place}", display_name_az=name)
    nameless = ArtisanFactory.create(agreed=[Scope.STORY], story_az="Sözlər")
    for address in ("/artisans/", "/ru/artisans/", "/"):
        assert named_in_order(client, address, *names) == names
    assert [*PublicArtisan.objects.on_site().by_name()][-1].pk == nameless.pk
    ArtisanFactory.create(slug="ru", display_name_az="Aybəniz", display_name_ru="Яна")
    assert named_in_order(client, "/ru/artisans/", "Aysel", "Zərə", "Яна") == ["Aysel", "Zərə", "Яна"]


def test_the_list_names_no_branch_so_that_its_lack_tells_no_minor(client: Client) -> None:
    ArtisanFactory.create(slug="serce", display_name_az="Sərçə")
    ArtisanFactory.create(agreed=[Scope.STORY], story_az="Sözlər")
    assert "Baku" not in main_of(text(client, "/en/artisans/"))
