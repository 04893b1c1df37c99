from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.utils import timezone, translation

from catalog import publishing
from catalog.models import Product
from tests.factories import ArtisanFactory, PhotoFactory, ProductFactory, VariantFactory, made_by, piece


@pytest.fixture(autouse=True)
def _sentences_in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def draft(db: None) -> Product:
    """With all that a published product needs."""
    product = piece(state=Product.State.DRAFT, published_at=None).product
    PhotoFactory.create(product=product)
    made_by(product, ArtisanFactory.create())
    return product


def test_a_published_product_is_in_the_shop(draft: Product) -> None:
    assert not Product.objects.published().exists()
    publishing.publish(draft.pk)
    assert list(Product.objects.published()) == [draft]


def test_publishing_again_changes_nothing(draft: Product) -> None:
    publishing.publish(draft.pk)
    before = Product.objects.values().get()
    publishing.publish(draft.pk)
    assert Product.objects.values().get() == before


def test_the_first_day_in_the_shop_stays_when_the_piece_comes_back(draft: Product) -> None:
    first_day = timezone.now() - timedelta(days=30)
    Product.objects.update(published_at=first_day)
    publishing.publish(draft.pk)
    publishing.take_back(draft.pk)
    publishing.publish(draft.pk)
    draft.refresh_from_db()
    assert draft.published_at == first_day


@pytest.mark.django_db
def test_nothing_incomplete_is_published() -> None:
    product = ProductFactory.create(state=Product.State.DRAFT, published_at=None)
    with pytest.raises(publishing.NotReady, match=r"a photo, a variant with a price, a maker"):
        publishing.publish(product.pk)
    VariantFactory.create(product=product)
    photo = PhotoFactory.create(product=product, alt_az="")
    with pytest.raises(publishing.NotReady, match="alternative text"):
        publishing.publish(product.pk)
    product.refresh_from_db()
    assert product.state == Product.State.DRAFT
    assert product.published_at is None
    photo.alt_az = "Badyə"
    photo.save()
    made_by(product, ArtisanFactory.create())
    publishing.publish(product.pk)
    assert Product.objects.published().exists()


def test_every_photo_needs_its_text(draft: Product) -> None:
    PhotoFactory.create(product=draft, alt_az=None)
    with pytest.raises(publishing.NotReady, match="alternative text"):
        publishing.publish(draft.pk)


@pytest.mark.parametrize("step", [publishing.take_back, publishing.archive])
def test_what_leaves_the_shop_is_shown_no_more(draft: Product, step: Callable[[int], None]) -> None:
    publishing.publish(draft.pk)
    step(draft.pk)
    assert not Product.objects.published().exists()


def test_other_products_stay_as_they_are(draft: Product) -> None:
    other = piece().product
    publishing.archive(draft.pk)
    other.refresh_from_db()
    assert other.state == Product.State.PUBLISHED
