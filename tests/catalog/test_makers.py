"""How those who work with makers know them."""

from datetime import timedelta

import pytest
from django.utils import timezone, translation
from pytest_django import DjangoAssertNumQueries

from catalog.makers import known_by
from catalog.models import Product
from tests.factories import ArtisanFactory, CraftFactory, made_by, piece

pytestmark = pytest.mark.django_db


def test_who_chose_no_name_is_known_by_craft_and_last_piece(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    named, nameless, new = (ArtisanFactory.create(display_name_az=name) for name in ("Nar", "", ""))
    craft = CraftFactory.create(name_en="Pottery")
    for maker in (named, nameless):
        craft.artisans.add(maker)
    for days, name, published in ((3, "First bowl", True), (1, "Last bowl", True), (0, "Draft bowl", False)):
        product = piece(name_en=name).product
        at = timezone.now() - timedelta(days=days) if published else None
        state = Product.State.PUBLISHED if published else Product.State.DRAFT
        Product.objects.filter(pk=product.pk).update(published_at=at, state=state)
        made_by(product, nameless)
    with translation.override("en"):
        with django_assert_num_queries(2):
            names = known_by([named, nameless, new])
        with django_assert_num_queries(0):
            known_by([named])
    assert names == {
        named.pk: "Nar",
        nameless.pk: f"Pottery, last piece: Last bowl ({nameless.code})",
        new.pk: new.code,
    }
