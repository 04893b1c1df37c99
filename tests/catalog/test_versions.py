"""The history of products: whatever wrote, who did it, and that what is withdrawn is forgotten."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import translation
from django.utils.html import strip_tags
from pytest_django import DjangoAssertNumQueries

from artisans.models import Branch, Scope
from catalog import bulk, publishing, versions, withdrawals
from catalog.models import Photo, Product, ProductVersion, Variant
from dostshop.accounts.models import Role, User
from tests.admin.conftest import english, signed_in
from tests.admin.test_rights import of
from tests.factories import ArtisanFactory, PhotoFactory, ProductFactory, UserFactory, made_by, piece, worker
from tests.residue import residue

pytestmark = pytest.mark.django_db


def commit() -> None:
    """As far as the triggers know."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def last(product: Product) -> ProductVersion:
    commit()
    kept = product.versions.first()
    assert kept is not None
    return kept


def rewrite(product: Product, **columns: Any) -> None:
    Product.objects.filter(pk=product.pk).update(**columns)


def changed(product: Product) -> dict[str, tuple[str, str]]:
    """By the last transaction."""
    commit()
    new, old = product.versions.all()[:2]
    with translation.override("en"):
        told = versions.differences(old.data, new.data, names=versions.names())
    return {one.what: (one.old, one.new) for one in told}


@pytest.fixture
def bowl() -> Product:
    product: Product = piece(price="38.00").product
    PhotoFactory.create(product=product)
    made_by(product, ArtisanFactory.create())
    commit()
    return product


def test_one_version_is_kept_for_a_transaction_and_none_where_nothing_changed(bowl: Product) -> None:
    assert bowl.versions.count() == 1
    for _ in range(2):
        bowl.save()
        bowl.photos.get().save()
        Photo.objects.update(renditions=[])
        commit()
    assert bowl.versions.count() == 1


def test_whatever_writes_is_kept(bowl: Product) -> None:
    old, new = bowl.branch, Branch.objects.get(slug="barda")
    rewrite(bowl, name_az="Kasa", branch=new)
    told = changed(bowl)
    assert told["name [az]"] == ("Firuzəyi badyə", "Kasa")
    with translation.override("en"):
        assert told["branch"] == (str(old), str(new))
    Variant.objects.update(price=Decimal(40))
    [(what, words)] = changed(bowl).items()
    assert (what.split()[-1], words) == ("AZN", ("38,00", "40,00"))
    bowl.makers.update(share=Decimal(50))
    other = ArtisanFactory.create()
    bowl.makers.create(artisan=other, share=Decimal(50))
    assert changed(bowl)[f"maker {other.code}: share, %"] == ("", "50,00")
    photo = bowl.photos.get()
    photo.shows_person = True
    photo.save()
    photo.people.add(other)
    assert other.code in str(changed(bowl))
    photo.delete()
    assert all(not new for _old, new in changed(bowl).values())
    draft = Product.objects.bulk_create(
        [ProductFactory.build(name_az="Yeni", state="draft", craft=bowl.craft, branch=bowl.branch)]
    )
    assert last(draft[0]).data["name_az"] == "Yeni"


def test_it_is_known_who_was_at_work(bowl: Product) -> None:
    actor = worker()
    publishing.take_back(bowl.pk, actor=actor)
    assert changed(bowl)["state"] == ("published", "draft")
    assert last(bowl).actor == actor
    wish, other = bulk.Price(amount=Decimal(9)), worker()
    bulk.apply([bowl.pk], wish, shown=bulk.seal(bulk.changes([bowl.pk], wish)), actor_pk=other.pk)
    assert last(bowl).actor == other
    versions.by(None)
    Product.objects.update(weight_g=1)
    assert last(bowl).actor is None
    User.objects.filter(pk=other.pk).delete()
    versions.by(other.pk)
    Product.objects.update(weight_g=2)
    assert last(bowl).data["weight_g"] == 2


def test_a_product_that_is_deleted_takes_its_history_with_it(bowl: Product) -> None:
    draft = Product.objects.create(craft=bowl.craft, branch=bowl.branch)
    commit()
    draft.weight_g = 5
    draft.save()
    draft.delete()
    commit()
    assert set(ProductVersion.objects.values_list("product", flat=True)) == {bowl.pk}


def test_a_version_loses_and_does_not_change(bowl: Product) -> None:
    kept = last(bowl)
    for change in ({"data": {**kept.data, "name_az": "Başqa"}}, {"data": {"new": 1}}, {"at": bowl.created_at}):
        with pytest.raises(DatabaseError), transaction.atomic():
            ProductVersion.objects.update(**change)
    ProductVersion.objects.update(data={"name_az": kept.data["name_az"]})


def test_a_withdrawn_name_is_in_no_version_and_comes_into_none(bowl: Product) -> None:
    artisan = ArtisanFactory.create(display_name_az="Sünbül")
    former, still, other = bowl, piece(description_en="Woven by Sünbül.").product, piece().product
    rewrite(former, description_ru="Соткала Sünbül")
    commit()
    rewrite(former, description_ru="Соткано")
    PhotoFactory.create(product=other, alt_az="Sünbülün əlləri")
    commit()
    assert "catalog_productversion: 3" in list(residue("Sünbül"))
    withdrawals.withdraw(artisan.pk, scopes=[Scope.NAME])
    commit()
    assert not [place for place in residue("Sünbül") if place.startswith("catalog_productversion")]
    # Somebody changes the piece before the name is taken out of it.
    rewrite(still, weight_g=5)
    commit()
    rewrite(still, description_en="Woven by hand.")
    hands: Any = other.photos.get()
    hands.alt_az = "Əllər"
    hands.save()
    commit()
    assert not [place for place in residue("Sünbül") if "withdrawal" not in place]
    # The rest of its history goes on.
    rewrite(still, weight_g=6)
    assert changed(still) == {"weight, g": ("5", "6")}


def test_a_photo_of_who_withdrew_is_in_no_version(bowl: Product) -> None:
    artisan = ArtisanFactory.create(agreed=(Scope.FACE,))
    shown = PhotoFactory.create(product=bowl, alt_az="Qırmızı yaylıqlı qadın", shows_person=True)
    shown.people.add(artisan)
    commit()
    assert any("catalog_productversion" in place for place in residue("yaylıqlı"))
    withdrawals.withdraw(artisan.pk, scopes=[Scope.FACE])
    commit()
    assert list(residue("yaylıqlı")) == []
    assert list(last(bowl).data["photos"]) == [str(bowl.photos.get().pk)]


def history(client: Client, product: Product, **query: Any) -> str:
    page = client.get(english("catalog_product_history", product.pk), query)
    return " ".join(strip_tags(page.content.decode()).split()) if page.status_code == 200 else str(page.status_code)


def test_the_page_tells_who_changed_what_and_compares_two(bowl: Product) -> None:
    actor = UserFactory.create(name="Aynur Əliyeva", is_staff=True, is_superuser=True)
    first = last(bowl)
    versions.by(actor.pk)
    rewrite(bowl, name_az="Kasa")
    commit()
    rewrite(bowl, name_az="Piyalə")
    page = history(signed_in(actor), bowl, **{"from": first.pk, "to": last(bowl).pk})
    assert "Aynur Əliyeva" in page
    assert "name [az] Firuzəyi badyə Piyalə" in page
    assert "name [az] Kasa Piyalə" in page
    foreign = last(piece().product)
    for wrong in ("x", "-1", "9" * 30, "", str(foreign.pk)):
        assert "Firuzəyi badyə Piyalə" not in history(signed_in(actor), bowl, **{"from": wrong, "to": foreign.pk})


def test_a_long_history_comes_in_pages_and_few_queries(
    bowl: Product, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(UserFactory.create(is_staff=True, is_superuser=True))
    for weight in range(1, 60):
        Product.objects.update(weight_g=weight, branch=Branch.objects.all()[weight % 3])
        commit()
    history(client, bowl)
    with django_assert_num_queries(8):
        assert history(client, bowl).count("Compare this one") == 25
    assert history(client, bowl, page=3).count("Compare this one") == 10
    assert "From here on its history is kept." in history(client, bowl, page=3)


def test_who_may_see_the_piece_may_see_its_history(bowl: Product) -> None:
    for role in (Role.CENTRE_STAFF, Role.ACCOUNTANT, Role.BRANCH_STAFF):
        assert "History" in history(of(role), bowl)
    assert history(of(Role.BRANCH_STAFF, "barda"), bowl) == "404"
    assert history(of(Role.INSTRUCTOR), bowl) == "302"
