"""From a draft to the shop and out of it again.

Promises: what gets published has a photo, for every photo an alternative text and an answer to whether a person is
visible, a price, a maker, to whom the makers' part of it goes, and in its photos nobody who has not agreed to that.
``published_at`` is the first day that a piece was shown and stays when it comes back. Takes no lock; every step is one
conditional update. Raises ``NotReady`` where something is missing; nothing is written then.
"""

from django.db.models import Exists, OuterRef, Q, TextChoices
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.models import Photo, Product, ProductMaker, ProductQuerySet, Variant


class Gap(TextChoices):
    """What a product still lacks."""

    PHOTO = "photo", _("a photo")
    ALT = "alt", _("an alternative text")
    PERSON = "person", _("an answer to whether a person is visible, for every photo")
    PRICE = "price", _("a variant with a price")
    MAKER = "maker", _("a maker")
    FACE = "face", _("the consent of everybody who is visible in its photos, or photos without them")


NEEDED = tuple(Gap)


class NotReady(Exception):
    """Something that a published product needs is missing. The message says what, for staff."""


def lacking(products: ProductQuerySet, gap: Gap | str) -> ProductQuerySet:
    of_product = {"product": OuterRef("pk")}
    without_alt = Photo.objects.filter(Q(alt_az__isnull=True) | Q(alt_az=""), **of_product)
    conditions = {
        Gap.PHOTO: ~Exists(Photo.objects.filter(**of_product)),
        Gap.ALT: Exists(without_alt),
        Gap.PERSON: Exists(Photo.objects.filter(shows_person=None, **of_product)),
        Gap.PRICE: ~Exists(Variant.objects.filter(**of_product)),
        Gap.MAKER: ~Exists(ProductMaker.objects.filter(**of_product)),
        Gap.FACE: Exists(Photo.objects.lacking_consent().filter(**of_product)),
    }
    return products.filter(conditions[Gap(gap)])


def publish(product_pk: int) -> None:
    """Shows the product in the shop. Doing so again changes nothing. Raises NotReady."""
    products = Product.objects.filter(pk=product_pk)
    missing = [str(gap.label) for gap in NEEDED if lacking(products, gap).exists()]
    if missing:
        raise NotReady(gettext("It cannot be published yet. It needs: %(missing)s.") % {"missing": ", ".join(missing)})
    products.exclude(state=Product.State.PUBLISHED).update(
        state=Product.State.PUBLISHED, published_at=Coalesce("published_at", Now()), updated_at=Now()
    )


def take_back(product_pk: int) -> None:
    """Out of the shop, to be worked on: a draft again."""
    _move(product_pk, to=Product.State.DRAFT)


def archive(product_pk: int) -> None:
    """Out of the shop for good: its address answers that the piece is gone."""
    _move(product_pk, to=Product.State.ARCHIVED)


def _move(product_pk: int, *, to: Product.State) -> None:
    Product.objects.filter(pk=product_pk).exclude(state=to).update(state=to, updated_at=Now())
