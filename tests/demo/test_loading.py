"""The demo catalogue: all of it, in three languages, once, and with nobody's legal name in it."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.db.models import Model, TextField
from django.db.models.fields import CharField
from django.utils import timezone
from pytest_django import Settings

from artisans import earnings
from artisans.models import (
    Artisan,
    ArtisanPrivate,
    Booking,
    Branch,
    BranchPhoto,
    Consent,
    ConsentForm,
    LedgerEntry,
    Payout,
    PublicArtisan,
    Statement,
    StatementMonth,
    Thanks,
    last_day,
)
from catalog.availability import with_availability
from catalog.models import (
    Collection,
    CollectionItem,
    CollectionPhoto,
    Craft,
    Photo,
    Product,
    ProductMaker,
    Variant,
)
from dostshop.accounts import roles
from dostshop.accounts.models import Membership, Role, User
from dostshop.demo import clock, loading, people
from dostshop.folding import fold
from orders import ledger_checks
from orders.models import BagLine, DeliveryMethod, DeliveryRate, Hold, LineItem, Order, Payment, Stock
from tests.factories import order_of

LANGUAGES = ("az", "ru", "en")
PUBLIC: tuple[type[Model], ...] = (
    Artisan,
    Branch,
    BranchPhoto,
    Collection,
    CollectionPhoto,
    Craft,
    DeliveryMethod,
    Photo,
    Product,
    Variant,
)
EVERYTHING: tuple[type[Model], ...] = (
    *PUBLIC,
    *(Consent, ConsentForm, Thanks),
    *(Booking, LedgerEntry, Payout, Statement, StatementMonth),
    *(ArtisanPrivate, BagLine, CollectionItem, DeliveryRate, Hold, LineItem, Membership, Order, Payment),
    *(ProductMaker, Stock, User),
)
# Beginnings of words with which a piece is sold by pity instead of by its quality.
PITY = (
    *("əlil", "xəstə", "yazıq", "kimsəsiz", "imkansız", "məhdud", "yardım", "kömək", "mərhəmət", "şikəst"),
    *("инвалид", "болезн", "больн", "бедн", "несчаст", "нуждающ", "помощ", "помоги", "жалост", "сирот"),
    *("disab", "disease", "illness", "poor", "needy", "unfortunate", "vulnerab", "charit", "suffer", "despite"),
)


@pytest.fixture
def own_storage(settings: Settings, tmp_path: Path) -> None:
    default = settings.STORAGES["default"]
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {**default, "OPTIONS": {**default["OPTIONS"], "location": tmp_path}},
    }


@pytest.fixture
def loaded(new_shop: None, own_storage: None) -> None:
    loading.load()


def texts(*models: type[Model]) -> Iterator[tuple[str, str]]:
    """Every text that these models hold, with the name of its field."""
    for model in models:
        fields = [
            field.attname
            for field in model._meta.concrete_fields
            if isinstance(field, CharField | TextField) and not field.choices
        ]
        for row in model._default_manager.values(*fields):
            yield from ((f"{model.__name__}.{name}", str(text)) for name, text in row.items() if text)


def snapshot() -> dict[str, list[dict[str, Any]]]:
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in EVERYTHING}


def test_every_picture_set_is_a_published_piece(loaded: None) -> None:
    pieces = with_availability(Product.objects.published())

    assert pieces.count() == 46
    assert {piece.kind for piece in pieces} == set(Product.Kind.values)
    assert {piece.branch.slug for piece in pieces} == {"baku", "ismayilli", "barda"}
    assert Craft.objects.filter(parent=None).count() == 9
    assert all(piece.makers.exists() and piece.photos.exists() and piece.variants.exists() for piece in pieces)
    assert Product.objects.filter(variants__position=1).count() >= 5
    assert ProductMaker.objects.filter(share=60).exists()
    shown = (Photo.objects.filter(product__in=pieces), BranchPhoto.objects.all(), CollectionPhoto.objects.all())
    used = [picture.original.size for pictures in shown for picture in pictures]
    assert sorted(used) == sorted(path.stat().st_size for path in (loading.FOLDER / "photos").glob("*.jpg"))


def test_every_branch_is_opened_for_pickup(new_shop: None, own_storage: None) -> None:
    assert not Branch.objects.filter(offers_pickup=True).exists()
    loading.load()

    for branch in Branch.objects.all():
        assert branch.offers_pickup
        assert branch.phone
        assert all(getattr(branch, f"address_{language}") for language in LANGUAGES)
        assert branch.opening_text


def test_a_demo_from_before_gets_what_pickup_needs(loaded: None) -> None:
    before = snapshot()
    lost: dict[str, Any] = {"offers_pickup": False, "phone": ""}
    Branch.objects.update(**lost, **{f"address_{language}": "" for language in LANGUAGES})
    loading.load()
    assert snapshot() == before

    baku = Branch.objects.get(slug="baku")
    Branch.objects.filter(pk=baku.pk).update(**lost, address="Nizami küçəsi 1", email="nizami@dost.example")
    loading.load()
    baku.refresh_from_db()
    assert (baku.address, baku.email) == ("Nizami küçəsi 1", "nizami@dost.example")
    assert baku.offers_pickup


def test_two_pieces_are_gone_one_more_is_sold_and_one_is_held(loaded: None) -> None:
    gone = [piece for piece in with_availability(Product.objects.published()) if not piece.is_available]  # type: ignore[attr-defined]

    assert len(gone) == 3
    assert [piece.on_hand for piece in gone if piece.held] == [1]  # type: ignore[attr-defined]
    assert (
        Order.objects.filter(
            status__in=[Order.Status.PAID, Order.Status.COMPLETED], user__email=people.SHOPPER.email
        ).count()
        == 3
    )


def test_last_month_is_over_paid_out_and_told(loaded: None) -> None:
    month = (timezone.localdate().replace(day=1) - timedelta(days=1)).replace(day=1)
    booked = Booking.objects.between(month, last_day(month))
    assert set(booked.values_list("kind", flat=True)) >= {"sale", "payout", "reversal"}
    assert all(timezone.localdate(one.booked_at) == one.booked_on for one in Booking.objects.all())
    assert StatementMonth.objects.get().month == month
    # Those who are told of, with the three branches.
    makers = set(Statement.objects.exclude(artisan=None).values_list("artisan__slug", flat=True))
    assert makers >= {"nar", "dalga", "safaq", "sunbul", "zaferan", "ardic", "yovsan"}
    assert Statement.objects.filter(artisan=None).count() == 3
    safaq = Statement.objects.get(artisan__slug="safaq").content["en"]
    assert safaq["sums"][-1][0] == "It did not reach you"
    assert safaq["owed"][1] == safaq["sums"][1][1]
    assert not list(ledger_checks.disagreements())


def test_what_was_paid_to_makers_is_told_to_the_world(loaded: None) -> None:
    cache.clear()
    together = earnings.together()
    assert together is not None
    paid = Payout.objects.filter(state=Payout.State.PAID)
    assert together.paid == sum(paid.values_list("amount", flat=True))
    assert paid.values("artisan").distinct().count() >= earnings.FEWEST_MAKERS


def test_what_was_sold_last_month_is_missing_nowhere(loaded: None) -> None:
    assert Stock.objects.get(variant__sku="SPECKLED-CUPS").on_hand == 7
    assert Stock.objects.get(variant__sku="CHERRY-JAM").on_hand == 14


def test_the_clock_is_the_worlds_again(loaded: None) -> None:
    assert timezone.now() - datetime.now(UTC) < timedelta(minutes=1)
    with pytest.raises(LookupError), clock.at(datetime(2020, 1, 1, tzinfo=UTC)):
        raise LookupError
    assert timezone.localdate().year > 2020


def test_one_buyer_is_quoted_and_one_is_still_to_be_read(loaded: None) -> None:
    [shown] = Thanks.objects.filter(is_shown=True)
    [waiting] = Thanks.objects.waiting()
    rug, glasses = PublicArtisan.objects.on_site().get(pk=shown.artisans.get().pk), waiting.artisans.get()
    assert list(Thanks.objects.shown_with(rug)) == [shown]
    assert glasses.pk != rug.pk
    assert not waiting.may_be_public


def test_permits_are_asked_for_carpets_pottery_and_art_alone(loaded: None) -> None:
    needing = Craft.objects.filter(needs_export_permit=True, parent=None).values_list("slug", flat=True)

    assert set(needing) == {"carpet-weaving", "fine-art", "pottery"}
    assert not Craft.objects.filter(parent__slug__in=needing, needs_export_permit=False).exists()


def test_no_text_lacks_a_language(loaded: None) -> None:
    for model in PUBLIC:
        names = {field.name for field in model._meta.get_fields()}
        translated = [name for name in names if f"{name}_az" in names]
        for row in model._default_manager.all():
            for name in translated:
                written = [language for language in LANGUAGES if getattr(row, f"{name}_{language}")]
                assert written in ([], list(LANGUAGES)), (row, name)


def test_each_text_is_in_the_letters_of_its_language(loaded: None) -> None:
    for name, text in texts(*PUBLIC):
        if name.endswith(("_az", "_en")):
            assert not re.search("[а-яё]", text.lower()), (name, text)
        elif name.endswith("_ru") and re.search("[^0-9–,. ×]", text):
            assert re.search("[а-яё]", text.lower()), (name, text)


def test_food_says_what_is_in_it_and_how_long_it_keeps(loaded: None) -> None:
    for piece in Product.objects.filter(kind=Product.Kind.FOOD):
        assert piece.materials
        assert piece.shelf_life
        assert piece.energy_kcal


def test_no_legal_name_is_public(loaded: None) -> None:
    printed = StringIO()
    call_command("legal_names", stdout=printed)
    private = printed.getvalue().splitlines()
    assert set(ArtisanPrivate.objects.values_list("legal_name", flat=True)) < set(private)
    parts = {fold(part) for name in private for part in name.split()} - {"oglu", "qizi"}
    assert len(private) == len(set(private)) == Artisan.objects.count() + 2 == 20

    for name, text in texts(*PUBLIC):
        assert not parts & set(re.findall(r"\w+", fold(text))), (name, text)
    for model in (Photo, BranchPhoto, CollectionPhoto):
        for original in model.objects.values_list("original", flat=True):
            assert not any(part in fold(original) for part in parts)


def test_makers_are_shown_in_every_way_that_there_is(loaded: None) -> None:
    on_site = PublicArtisan.objects.on_site()
    silent = Artisan.objects.exclude(pk__in=on_site.values("pk"))

    assert (on_site.count(), on_site.named().count(), silent.count()) == (15, 12, 3)
    assert {maker.slug for maker in on_site.exclude(place="")} == {"nar", "turac"}
    [minor] = on_site.filter(branch=None)
    assert (minor.display_name, minor.story) == ("Yovşan", "")
    assert Product.objects.filter(public_makers__artisan=minor.pk).count() == 3


def test_makers_of_a_demo_from_before_consents_are_asked(loaded: None) -> None:
    before = (PublicArtisan.objects.count(), ConsentForm.objects.count())
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("TRUNCATE artisans_consent, artisans_consentform")
    ArtisanPrivate.objects.update(birth_date=None)
    assert not PublicArtisan.objects.exists()
    loading.load()
    assert (PublicArtisan.objects.count(), ConsentForm.objects.count()) == before


def test_who_withdrew_is_not_asked_again(loaded: None) -> None:
    Consent.objects.update(withdrawn_at=timezone.now())
    loading.load()
    assert not PublicArtisan.objects.exists()


def test_no_piece_is_sold_by_pity(loaded: None) -> None:
    for name, text in texts(*PUBLIC):
        words = re.findall(r"\w+", text.replace("İ", "i").lower())
        assert not [word for word in words if word.startswith(PITY)], (name, text)


def test_everybody_named_can_sign_in(loaded: None) -> None:
    for person in people.PEOPLE:
        user = User.objects.get(email=person.email)
        assert user.check_password(person.password)
        assert user.is_staff is (person.is_superuser or person.role not in {Role.INSTRUCTOR, None})
        assert EmailAddress.objects.filter(user=user, verified=True, primary=True).exists()
    assert User.objects.count() == len(people.PEOPLE)
    assert set(Membership.objects.values_list("role", flat=True)) == set(Role.values)


def test_every_right_that_is_named_exists(loaded: None) -> None:
    for role, rights in roles.RIGHTS.items():
        wanted = {f"{app}.{name}" for app, names in rights.items() for name in names}
        for member in User.objects.filter(memberships__role=role):
            assert member.get_all_permissions() == wanted
        assert "artisans.delete_artisanprivate" not in wanted


def test_loading_again_changes_nothing(loaded: None) -> None:
    before = snapshot()
    files = set(default_storage.listdir("originals")[1])

    assert loading.load() == 0

    assert snapshot() == before
    assert set(default_storage.listdir("originals")[1]) == files


def test_loading_again_undoes_nothing(loaded: None) -> None:
    """What was bought stays sold, what staff changed stays changed, and what is missing comes back."""
    bowl = Variant.objects.get(sku="TURQUOISE-BOWL")
    order_of(bowl)
    bowl.product.name = "Başqa ad"
    bowl.product.save()
    Stock.objects.filter(variant__sku="SOAP-BARS-1").update(on_hand=1)
    before = snapshot()

    assert loading.load() == 0
    assert snapshot() == before

    CollectionItem.objects.filter(product__variants__sku="WALNUT-BOWL").delete()
    Product.objects.get(variants__sku="WALNUT-BOWL").delete()
    assert loading.load() == 1
    assert Stock.objects.get(variant__sku="SOAP-BARS-1").on_hand == 1
