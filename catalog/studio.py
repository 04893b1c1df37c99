"""The studio: where instructors show their branch's pieces and send them for review.

Promises: a piece changes only as a draft, or while changes are asked of it. What was sent waits until it is taken back,
and only a draft that was never sent can be deleted. The makers' parts are equal and sum to 100. Pictures that look
different afterwards are rendered anew.

Locks: the product, then what belongs to it. Raises: ``publishing.NotNow`` where the state has changed meanwhile,
``locks.Busy``; nothing is written then. After commit: nothing; the worker renders pictures and deletes files. Retry:
``save`` and ``move`` do nothing the second time where the first did it, ``turn`` turns once more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal
from typing import Any

from django.db import models
from django.db.models import Case, OuterRef, Prefetch, Subquery, When
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog import publishing, tasks, versions
from catalog.models import Craft, Photo, Product, ProductEvent, ProductMaker, ProductQuerySet, Proposal
from dostshop.accounts.models import User, branches_seen_by, branches_worked_on_by
from dostshop.locks import short_transaction
from dostshop.money import CENT

# What an instructor may still change.
EDITABLE = (Product.State.DRAFT, Product.State.CHANGES_ASKED)
MOST_PHOTOS = 8


class Shelf(models.TextChoices):
    """Where a piece stands in the list, what waits for the instructor first."""

    CHANGES_ASKED = "changes_asked", _("Changes asked")
    DRAFT = "draft", _("Drafts")
    SUBMITTED = "submitted", _("Waiting for review")
    IN_SHOP = "in_shop", _("Approved, and in the shop")
    ARCHIVED = "archived", _("Archived")


SHELVES = {
    Product.State.CHANGES_ASKED: Shelf.CHANGES_ASKED,
    Product.State.DRAFT: Shelf.DRAFT,
    Product.State.SUBMITTED: Shelf.SUBMITTED,
    Product.State.APPROVED: Shelf.IN_SHOP,
    Product.State.PUBLISHED: Shelf.IN_SHOP,
    Product.State.ARCHIVED: Shelf.ARCHIVED,
}


@dataclass(frozen=True)
class Changes:
    """What is to be written, by column."""

    product: Mapping[str, Any] = field(default_factory=dict)
    proposal: Mapping[str, Any] = field(default_factory=dict)
    # Primary keys; None where they stay as they are.
    makers: Sequence[int] | None = None
    # By the photo's primary key; “people” are primary keys of makers.
    photos: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)


def pieces_of(branches: list[int] | None) -> ProductQuerySet:
    """Those that these branches keep, in whatever state; None for all branches."""
    pieces = Product.objects.all()
    return pieces if branches is None else pieces.filter(branch__in=branches)


def editable_by(user: User) -> ProductQuerySet:
    """The pieces that this person may change in the studio now."""
    return pieces_of(branches_worked_on_by(user)).filter(state__in=EDITABLE)


def heard_by(user: User) -> ProductQuerySet:
    """The pieces whose voice notes this person may listen to: who works on them here, and staff who look at them."""
    heard = pieces_of(branches_worked_on_by(user))
    if user.is_staff and user.has_perm("catalog.view_product"):
        heard |= pieces_of(branches_seen_by(user))
    return heard


def crafts_for(user: User) -> list[Craft]:
    """To begin a piece with: that of this person's last piece first."""
    last = Craft.objects.filter(products__proposal__instructor=user).order_by("-products__pk").first()
    crafts = Craft.objects.filter(parent=None)
    return [last, *crafts.exclude(pk=last.pk)] if last else list(crafts)


def shelved(pieces: ProductQuerySet) -> ProductQuerySet:
    """By shelf, the latest first, with the first photo and the ``reason`` of the changes asked; two queries."""
    order = list(Shelf)
    whens = [When(state=state, then=order.index(shelf)) for state, shelf in SHELVES.items()]
    asked = ProductEvent.objects.filter(product=OuterRef("pk"), kind=ProductEvent.Kind.CHANGES_ASKED).order_by("-pk")
    return (
        pieces.annotate(
            shelf=Case(*whens, output_field=models.IntegerField()), reason=Subquery(asked.values("reason")[:1])
        )
        .select_related("craft", "branch")
        .prefetch_related(Prefetch("photos", Photo.objects.all()[:1], to_attr="first_photos"))
        .order_by("shelf", "-updated_at", "-pk")
    )


@short_transaction()
def begin(branch_pk: int, *, craft_pk: int, instructor: User) -> Product:
    """A draft without a name."""
    versions.by(instructor.pk)
    product = Product.objects.create(branch_id=branch_pk, craft_id=craft_pk)
    Proposal.objects.create(product=product, instructor=instructor)
    return product


@short_transaction()
def save(product_pk: int, *, changes: Changes, actor: User) -> None:
    """Writes what changed of the piece, and no more."""
    product = _editable(product_pk)
    versions.by(actor.pk)
    if changes.product:
        _write(product, changes.product)
    if changes.proposal:
        proposal, _is_new = Proposal.objects.get_or_create(product=product, defaults={"instructor": actor})
        _write(proposal, changes.proposal)
    if changes.makers is not None:
        _set_makers(product, changes.makers)
    for photo in product.photos.filter(pk__in=changes.photos):
        _change_photo(photo, changes.photos[photo.pk])


def _write(row: models.Model, values: Mapping[str, Any]) -> None:
    for column, value in values.items():
        setattr(row, column, value)
    row.save(update_fields=[*values, *(["updated_at"] if isinstance(row, Product) else [])])


def _set_makers(product: Product, makers: Sequence[int]) -> None:
    product.makers.all().delete()
    ProductMaker.objects.bulk_create(
        ProductMaker(product=product, artisan_id=artisan, share=share)
        for artisan, share in zip(makers, equal_shares(len(makers)), strict=True)
    )


def equal_shares(count: int) -> list[Decimal]:
    """Percent to the hundredth; what does not divide is the first one's."""
    if not count:
        return []
    share = (Decimal(100) / count).quantize(CENT, rounding=ROUND_DOWN)
    return [Decimal(100) - share * (count - 1), *[share] * (count - 1)]


def _change_photo(photo: Photo, values: Mapping[str, Any]) -> None:
    before = photo.framing, photo.is_of_people
    columns = {column: value for column, value in values.items() if column != "people"}
    if columns:
        _write(photo, columns)
    if not photo.shows_person:
        photo.people.clear()
    elif "people" in values:
        photo.people.set(values["people"])
    if before != (photo.framing, photo.is_of_people):
        tasks.render_later(photo)


@short_transaction()
def turn(photo: Photo, *, to: Photo.Turn) -> None:
    """By a right angle from how it is shown now; what was cut away stays cut away."""
    _editable(photo.product_id)
    photo = Photo.objects.get(pk=photo.pk)
    sides = [photo.cut_top, photo.cut_right, photo.cut_bottom, photo.cut_left]
    steps = to // 90
    photo.cut_top, photo.cut_right, photo.cut_bottom, photo.cut_left = sides[-steps:] + sides[:-steps]
    photo.turn = (photo.turn + to) % 360
    photo.save(update_fields=["turn", "cut_top", "cut_right", "cut_bottom", "cut_left"])
    tasks.render_later(photo)


@short_transaction()
def move(photo: Photo, *, by: int) -> None:
    """So many places towards the end, or towards the beginning where it is negative."""
    _editable(photo.product_id)
    photos = list(Photo.objects.filter(product=photo.product_id))
    place = photos.index(Photo.objects.get(pk=photo.pk))
    photos.insert(max(0, place + by), photos.pop(place))
    for position, each in enumerate(photos):
        each.position = position
    Photo.objects.bulk_update(photos, ["position"])


@short_transaction()
def remove(photo: Photo) -> None:
    """The photo, and its files."""
    _editable(photo.product_id)
    tasks.discard_later(photo)
    photo.delete()


@short_transaction()
def take_back(product_pk: int, *, actor: User) -> None:
    """Out of the review, to be changed."""
    product = Product.objects.locked(product_pk)
    if product.state not in {*EDITABLE, Product.State.SUBMITTED}:
        raise publishing.NotNow(gettext("The review is over. If something is wrong with the piece, tell the Centre."))
    if product.state == Product.State.SUBMITTED:
        publishing.take_back(product_pk, actor=actor)


def is_deletable(product: Product) -> bool:
    """A draft that nobody else has seen, and that was never for sale."""
    is_new = product.state == Product.State.DRAFT and not product.events.all()
    return is_new and not product.variants.exists()


@short_transaction()
def delete(product_pk: int) -> None:
    """The draft with its photos, voice note and all that was typed."""
    product = Product.objects.locked(product_pk)
    if not is_deletable(product):
        raise publishing.NotNow(gettext("Others have seen this piece. The Centre can archive it."))
    for photo in product.photos.all():
        tasks.discard_later(photo)
    for upload in product.uploads.filter(photo=None):
        tasks.discard_parts_later(upload)
    proposal = Proposal.objects.filter(product=product).first()
    if proposal and proposal.voice_note:
        tasks.discard_files.defer(files=[["default", str(proposal.voice_note.name)]])
    product.delete()


def _editable(product_pk: int) -> Product:
    product = Product.objects.locked(product_pk)
    if product.state not in EDITABLE:
        raise publishing.NotNow(gettext("This piece was sent meanwhile. Take it back to change it."))
    return product
