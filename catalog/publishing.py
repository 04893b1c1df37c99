"""A product's steps: from a draft by way of review into the shop, and out of it again.

Promises: a step follows ``Product.TRANSITIONS`` and leaves a ``ProductEvent`` in the same transaction, with who took it
and why. What gets published has an Azerbaijani name and text, a photo, for every photo an alternative text and an
answer to whether a person is visible, a price, a weight, a maker, to whom the makers' part of it goes, and in its
photos nobody who has not agreed to that. Who looked at a product decides on what they saw, or not at all.
``published_at`` is the first day that a piece was shown, or is to be shown, and stays when it comes back. A
step to the state that the product is in does nothing.

Locks: the product. Raises: ``NotReady`` where something is missing, ``NotNow`` where the step does not follow from the
state, ``locks.Busy``; nothing is written then. After commit: a mail to whoever sent the piece for review, by a task.
Retry: does nothing.
"""

import hashlib
from collections.abc import Iterable, Sequence, Set
from datetime import datetime
from typing import Any

from django.db.models import Exists, Max, OuterRef, Q, QuerySet, TextChoices
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from modeltranslation.translator import translator

from catalog import review_mails, versions
from catalog.models import Photo, Product, ProductEvent, ProductMaker, ProductQuerySet, Variant
from dostshop.accounts.models import User
from dostshop.locks import short_transaction

Kind = ProductEvent.Kind


class Gap(TextChoices):
    """What a product still lacks."""

    NAME = "name", _("a name in Azerbaijani")
    TEXT = "text", _("a text in Azerbaijani")
    PHOTO = "photo", _("a photo")
    ALT = "alt", _("an alternative text")
    PERSON = "person", _("an answer to whether a person is visible, for every photo")
    PRICE = "price", _("a variant with a price")
    WEIGHT = "weight", _("a weight")
    MAKER = "maker", _("a maker")
    FACE = "face", _("the consent of everybody who is visible in its photos, or photos without them")


NEEDED = tuple(Gap)
# What an instructor can give.
NEEDED_FOR_REVIEW = (Gap.PHOTO, Gap.PERSON, Gap.MAKER)


class NotReady(Exception):
    """Something that the step needs is missing. The message says what, for staff."""


class NotNow(Exception):
    """The step does not follow from the state that the product is in. The message says so, for staff."""


class OtherThanSeen(NotNow):
    """Something of the product was changed after whoever decides had looked at it."""


def lacking(products: ProductQuerySet, gap: Gap | str) -> ProductQuerySet:
    return products.filter(condition_of(gap))


def condition_of(gap: Gap | str) -> Any:
    """Matches the products that lack it."""
    of_product = {"product": OuterRef("pk")}
    without_alt = Photo.objects.filter(Q(alt_az__isnull=True) | Q(alt_az=""), **of_product)
    conditions: dict[str, Any] = {
        Gap.NAME: Q(name_az__isnull=True) | Q(name_az=""),
        Gap.TEXT: Q(description_az__isnull=True) | Q(description_az=""),
        Gap.PHOTO: ~Exists(Photo.objects.filter(**of_product)),
        Gap.ALT: Exists(without_alt),
        Gap.PERSON: Exists(Photo.objects.filter(shows_person=None, **of_product)),
        Gap.PRICE: ~Exists(Variant.objects.filter(**of_product)),
        Gap.WEIGHT: Q(weight_g=0),
        Gap.MAKER: ~Exists(ProductMaker.objects.filter(**of_product)),
        Gap.FACE: Exists(Photo.objects.lacking_consent().filter(**of_product)),
    }
    return conditions[Gap(gap)]


def gaps(product_pk: int, needed: tuple[Gap, ...] = NEEDED) -> list[Gap]:
    """What the product lacks of what is needed, in its order."""
    products = Product.objects.filter(pk=product_pk)
    return [gap for gap in needed if lacking(products, gap).exists()]


def foresee(products: Sequence[Product], kind: Kind) -> dict[int, str]:
    """What the step would be refused with now, by primary key; empty where it would be taken. Products to which it
    does nothing are left out.
    """
    state, needed = ProductEvent.STATES[kind], NEEDED if kind == Kind.PUBLISHED else ()
    rows = Product.objects.filter(pk__in=[product.pk for product in products])
    without = {gap: set(lacking(rows, gap).values_list("pk", flat=True)) for gap in needed}
    return {
        product.pk: _not_now(product, state) or _not_ready(gap for gap in needed if product.pk in without[gap])
        for product in products
        if product.state != state or product.is_to_come
    }


def version(product_pk: int) -> str:
    """Of all that is judged of a product: another one once anything of it was changed, or a step was taken."""
    photos = Photo.objects.filter(product=product_pk)
    judged = [
        _written(Product.objects.filter(pk=product_pk), but={"updated_at"}),
        _written(photos, but={"renditions", "hints"}),
        sorted(Photo.people.through.objects.filter(photo__in=photos).values_list("photo_id", "artisan_id")),
        _written(Variant.objects.filter(product=product_pk)),
        sorted(ProductMaker.objects.filter(product=product_pk).values_list("artisan_id", "share")),
        ProductEvent.objects.filter(product=product_pk).aggregate(last=Max("pk")),
    ]
    return hashlib.sha256(repr(judged).encode()).hexdigest()[:32]


def _written(rows: QuerySet[Any], *, but: Set[str] = frozenset()) -> list[tuple[Any, ...]]:
    """Of texts every language, whichever is active."""
    unwanted = {*but, *translator.get_options_for_model(rows.model).all_fields}
    columns = [column.attname for column in rows.model._meta.concrete_fields if column.name not in unwanted]
    return list(rows.order_by("pk").values_list(*columns))


def submit(product_pk: int, *, actor: User) -> None:
    """From the studio to whoever reviews. Raises NotReady, NotNow."""
    _take(ProductEvent(product_id=product_pk, kind=Kind.SUBMITTED, actor=actor), needed=NEEDED_FOR_REVIEW)


def ask_changes(product_pk: int, *, actor: User, reason: str, seen: str = "") -> None:
    """Back to the studio, with what is to be changed. Raises NotReady without a reason, NotNow, OtherThanSeen."""
    if not reason.strip():
        raise NotReady(gettext("Say what is to be changed: the instructor reads it."))
    _take(ProductEvent(product_id=product_pk, kind=Kind.CHANGES_ASKED, actor=actor, reason=reason.strip()), seen=seen)


def approve(product_pk: int, *, actor: User, seen: str = "") -> None:
    """The piece is right for the shop; it may still lack what publishing needs. Raises NotNow, OtherThanSeen.

    ``seen``: the ``version`` that was judged, where somebody looked at the product first; for other steps, too.
    """
    _take(ProductEvent(product_id=product_pk, kind=Kind.APPROVED, actor=actor), seen=seen)


def publish(product_pk: int, *, actor: User | None = None, at: datetime | None = None, seen: str = "") -> None:
    """Shows the product in the shop, from ``at`` on where it lies ahead. Raises NotReady, NotNow, OtherThanSeen."""
    kind = Kind.SCHEDULED if at and at > timezone.now() else Kind.PUBLISHED
    _take(ProductEvent(product_id=product_pk, kind=kind, actor=actor), needed=NEEDED, at=at, seen=seen)


def take_back(product_pk: int, *, actor: User | None = None, reason: str = "") -> None:
    """Out of the shop, or of the review, to be worked on: a draft again. Raises NotNow."""
    _take(ProductEvent(product_id=product_pk, kind=Kind.TAKEN_BACK, actor=actor, reason=reason))


def archive(product_pk: int, *, actor: User | None = None, reason: str = "") -> None:
    """Out of the shop for good: its address answers that the piece is gone. Raises NotNow."""
    _take(ProductEvent(product_id=product_pk, kind=Kind.ARCHIVED, actor=actor, reason=reason))


@short_transaction()
def _take(step: ProductEvent, *, needed: tuple[Gap, ...] = (), at: datetime | None = None, seen: str = "") -> None:
    product = Product.objects.locked(step.product_id)
    state = ProductEvent.STATES[step.kind]
    if step.kind == Kind.SCHEDULED and product.is_in_shop:
        raise NotNow(gettext("It is in the shop already. Take it back first."))
    published_at = _published_at(product, state, at=at)
    if (product.state, product.published_at) == (state, published_at):
        return
    if refusal := _not_now(product, state):
        raise NotNow(refusal)
    if seen and seen != version(product.pk):
        raise OtherThanSeen(gettext("It was changed after you opened its page. Look at it again, and decide then."))
    if refusal := _not_ready(gaps(product.pk, needed)):
        raise NotReady(refusal)
    versions.by(step.actor_id)
    product.state, product.published_at = state, published_at
    product.save(update_fields=["state", "published_at", "updated_at"])
    step.language = get_language() or "" if step.actor_id else ""
    step.save()
    review_mails.enqueue(step, product)


def _not_now(product: Product, state: Product.State) -> str:
    if product.state == state or state in Product.TRANSITIONS[product.state]:
        return ""
    now, wanted = product.get_state_display(), state.label
    return gettext("It is “%(now)s”, and cannot become “%(wanted)s”.") % {"now": now, "wanted": wanted}


def _not_ready(gaps: Iterable[Gap]) -> str:
    missing = ", ".join(str(gap.label) for gap in gaps)
    return gettext("Not yet. It needs: %(missing)s.") % {"missing": missing} if missing else ""


def _published_at(product: Product, state: Product.State, *, at: datetime | None) -> datetime | None:
    """The day stays, unless another was asked for, or it never came."""
    came = product.published_at and product.published_at <= timezone.now()
    if state == Product.State.PUBLISHED:
        return at or (product.published_at if came else timezone.now())
    return product.published_at if came else None
