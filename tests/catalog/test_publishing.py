import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.db.transaction import atomic
from django.utils import timezone, translation

from catalog import publishing
from catalog.models import Product, ProductEvent, ProductQuerySet
from dostshop.accounts.models import User
from tests.factories import (
    ArtisanFactory,
    PhotoFactory,
    ProductFactory,
    UserFactory,
    VariantFactory,
    made_by,
    piece,
)
from tests.racing import after_all_have_come, all_at_once

Kind = ProductEvent.Kind


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
    product = ProductFactory.create(state=Product.State.DRAFT, published_at=None, weight_g=0)
    with pytest.raises(publishing.NotReady, match=r"a photo, a variant with a price, a weight, a maker"):
        publishing.publish(product.pk)
    VariantFactory.create(product=product)
    Product.objects.update(weight_g=400)
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


def events(product: Product) -> list[tuple[str, str, User | None]]:
    return [(event.kind, event.reason, event.actor) for event in product.events.all()]


def test_a_piece_goes_from_the_studio_to_the_shop_and_each_step_is_kept(draft: Product) -> None:
    instructor, reviewer = UserFactory.create(), UserFactory.create()
    publishing.submit(draft.pk, actor=instructor)
    publishing.ask_changes(draft.pk, actor=reviewer, reason=" Take the photo by day. ")
    publishing.submit(draft.pk, actor=instructor)
    publishing.approve(draft.pk, actor=reviewer)
    publishing.publish(draft.pk, actor=reviewer)
    publishing.archive(draft.pk, actor=reviewer, reason="Broken")
    assert events(draft) == [
        (Kind.SUBMITTED, "", instructor),
        (Kind.CHANGES_ASKED, "Take the photo by day.", reviewer),
        (Kind.SUBMITTED, "", instructor),
        (Kind.APPROVED, "", reviewer),
        (Kind.PUBLISHED, "", reviewer),
        (Kind.ARCHIVED, "Broken", reviewer),
    ]


def test_changes_are_asked_with_a_reason(draft: Product) -> None:
    publishing.submit(draft.pk, actor=UserFactory.create())
    with pytest.raises(publishing.NotReady, match="what is to be changed"):
        publishing.ask_changes(draft.pk, actor=UserFactory.create(), reason=" \n")
    assert [kind for kind, *_rest in events(draft)] == [Kind.SUBMITTED]


def test_no_step_but_those_of_the_table(draft: Product) -> None:
    actor = UserFactory.create()
    publishing.publish(draft.pk, actor=actor)
    for step in (publishing.submit, publishing.approve):
        with pytest.raises(publishing.NotNow, match="“published”"):
            step(draft.pk, actor=actor)
    with pytest.raises(publishing.NotNow):
        publishing.ask_changes(draft.pk, actor=actor, reason="Too late")
    assert [kind for kind, *_rest in events(draft)] == [Kind.PUBLISHED]


def test_what_has_no_photo_or_maker_is_not_sent_for_review(db: None) -> None:
    product = ProductFactory.create(state=Product.State.DRAFT, published_at=None)
    with pytest.raises(publishing.NotReady, match=r"a photo, a maker\."):
        publishing.submit(product.pk, actor=UserFactory.create())
    product.refresh_from_db()
    assert product.state == Product.State.DRAFT


def test_a_piece_published_ahead_of_time_is_shown_when_its_time_comes(
    draft: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor, soon = UserFactory.create(), timezone.now() + timedelta(hours=2)
    publishing.publish(draft.pk, actor=actor, at=soon)
    assert not Product.objects.published().exists()
    assert events(draft) == [(Kind.SCHEDULED, "", actor)]
    monkeypatch.setattr(timezone, "now", lambda: soon)
    assert Product.objects.published().exists()


def test_a_day_that_never_came_is_forgotten(draft: Product) -> None:
    actor = UserFactory.create()
    publishing.publish(draft.pk, actor=actor, at=timezone.now() + timedelta(days=9))
    publishing.take_back(draft.pk, actor=actor)
    draft.refresh_from_db()
    assert draft.published_at is None
    publishing.publish(draft.pk, actor=actor)
    assert Product.objects.published().exists()


def test_what_waits_for_its_day_can_be_shown_at_once(draft: Product) -> None:
    actor = UserFactory.create()
    publishing.publish(draft.pk, actor=actor, at=timezone.now() + timedelta(days=9))
    publishing.publish(draft.pk, actor=actor)
    assert Product.objects.published().exists()
    assert [kind for kind, *_rest in events(draft)] == [Kind.SCHEDULED, Kind.PUBLISHED]


def test_the_database_keeps_the_steps_as_they_were(draft: Product) -> None:
    publishing.archive(draft.pk, actor=UserFactory.create(), reason="Broken")
    with pytest.raises(IntegrityError, match="only ever inserted"), atomic():
        draft.events.update(reason="Sold")
    with pytest.raises(IntegrityError, match="only ever inserted"), atomic():
        draft.events.all().delete()


@pytest.mark.parametrize("name", ["", None])
def test_the_database_shows_nothing_without_a_name(draft: Product, name: str | None) -> None:
    shown: dict[str, Any] = {"state": Product.State.PUBLISHED, "published_at": timezone.now(), "name_az": name}
    with pytest.raises(IntegrityError, match="catalog_product_published_has_name"), atomic():
        Product.objects.update(**shown)


def approved_by_two_at_once() -> list[str]:
    product = piece(state=Product.State.SUBMITTED, published_at=None).product
    reviewers = [UserFactory.create(), UserFactory.create()]
    outcomes = all_at_once([partial(publishing.approve, product.pk, actor=reviewer) for reviewer in reviewers])
    assert outcomes == [None, None]
    return [event.kind for event in product.events.all()]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_reviewers_at_once_take_one_step() -> None:
    assert approved_by_two_at_once() == [Kind.APPROVED]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_control_without_the_lock_both_take_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ProductQuerySet, "select_for_update", lambda products, **_options: products)
    monkeypatch.setattr(publishing, "_published_at", after_all_have_come(publishing._published_at, callers=2))
    assert approved_by_two_at_once() == [Kind.APPROVED, Kind.APPROVED]


def changed_text(product: Product) -> None:
    product.refresh_from_db()
    with translation.override("ru"):
        product.description = "Другой текст"
        product.save()


def changed_photo(product: Product) -> None:
    product.photos.update(turn=90)


def named_somebody(product: Product) -> None:
    [photo] = product.photos.all()
    product.photos.update(shows_person=True)
    photo.people.add(ArtisanFactory.create())


def changed_price(product: Product) -> None:
    product.variants.update(price=39)


def other_maker(product: Product) -> None:
    product.makers.update(artisan=ArtisanFactory.create())


def sent_again(product: Product) -> None:
    instructor = UserFactory.create()
    publishing.take_back(product.pk, actor=instructor)
    publishing.submit(product.pk, actor=instructor)


CHANGES = [changed_text, changed_photo, named_somebody, changed_price, other_maker, sent_again]


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_since_somebody_looked_is_not_decided_on(
    draft: Product, change: Callable[[Product], None]
) -> None:
    reviewer = UserFactory.create()
    publishing.submit(draft.pk, actor=UserFactory.create())
    seen = publishing.version(draft.pk)
    change(draft)
    before = draft.events.count()
    for step in (
        partial(publishing.approve, draft.pk, actor=reviewer, seen=seen),
        partial(publishing.ask_changes, draft.pk, actor=reviewer, reason="By day", seen=seen),
        partial(publishing.publish, draft.pk, actor=reviewer, seen=seen),
    ):
        with pytest.raises(publishing.OtherThanSeen, match="Look at it again"):
            step()
    assert draft.events.count() == before
    publishing.approve(draft.pk, actor=reviewer, seen=publishing.version(draft.pk))


def test_what_only_the_worker_changed_is_the_same_to_judge(draft: Product) -> None:
    seen = publishing.version(draft.pk)
    draft.save()
    draft.photos.update(renditions=[], hints=["dark"])
    with translation.override("ru"):
        assert publishing.version(draft.pk) == seen


def approved_while_the_price_changes() -> tuple[Exception | None, bool]:
    """What the reviewer is told, who looked before it did; and whether it was approved all the same."""
    product = piece(state=Product.State.SUBMITTED, published_at=None).product
    approve = partial(publishing.approve, product.pk, actor=UserFactory.create(), seen=publishing.version(product.pk))
    with ThreadPoolExecutor(1) as pool:
        with atomic():
            Product.objects.locked(product.pk)
            product.variants.update(price=99)
            outcome = pool.submit(all_at_once, [approve])
            while not (outcome.done() or somebody_waits()):
                time.sleep(0.02)
        [said] = outcome.result()
    return said, product.events.exists()


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_what_is_changed_at_that_moment_is_not_approved() -> None:
    said, is_approved = approved_while_the_price_changes()
    assert isinstance(said, publishing.OtherThanSeen)
    assert not is_approved


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_control_without_the_lock_what_nobody_saw_is_approved(monkeypatch: pytest.MonkeyPatch) -> None:
    locked, save, of_the_change = ProductQuerySet.locked, Product.save, threading.current_thread()

    def unlocked(products: ProductQuerySet, pk: int) -> Product:
        is_change = threading.current_thread() is of_the_change
        return locked(products, pk) if is_change else products.get(pk=pk)

    def saved(product: Product, **options: Any) -> None:
        if threading.current_thread() is of_the_change:
            save(product, **options)

    monkeypatch.setattr(ProductQuerySet, "locked", unlocked)
    monkeypatch.setattr(Product, "save", saved)
    assert approved_while_the_price_changes() == (None, True)
