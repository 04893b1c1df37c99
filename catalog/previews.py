"""Links to the pages of pieces that are not in the shop yet, for whoever is given one.

Promises: a link opens the page of one product as it is by then, for seven days, until the product is published, taken
back or archived: a new one is made by looking at the product again. It needs no sign-in, shows nothing that the shop
would not show, and is kept nowhere. Nothing is written.
"""

from datetime import timedelta

from django.conf import settings
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.urls import reverse

from catalog.models import Product, ProductEvent, ProductQuerySet

LIFETIME = timedelta(days=7)
ENDING = frozenset({ProductEvent.Kind.TAKEN_BACK, ProductEvent.Kind.PUBLISHED, ProductEvent.Kind.ARCHIVED})
_SIGNER = TimestampSigner(salt="catalog.preview")


class NoSuchLink(Exception):
    """The shop never gave it to anybody."""


class Over(Exception):
    """Its time is over, or that of what it showed."""


def address(product: Product) -> str:
    """To be sent to somebody; empty for what is in the shop or has left it for good."""
    if product.is_in_shop or product.state == Product.State.ARCHIVED:
        return ""
    token = _SIGNER.sign(f"{product.code}.{_ended(product)}")
    return settings.SITE_URL + reverse("catalog:preview", args=[token])


def opened(token: str, *, products: ProductQuerySet) -> Product:
    """The one of ``products`` that the link was made for; in the shop, where it has come there by now.

    Raises NoSuchLink, Over.
    """
    try:
        code, _point, ended = _SIGNER.unsign(token, max_age=LIFETIME).partition(".")
        product = products.get(code=code)
    except SignatureExpired as error:
        raise Over from error
    except (BadSignature, Product.DoesNotExist) as error:
        raise NoSuchLink from error
    if not product.is_in_shop and (product.state == Product.State.ARCHIVED or ended != str(_ended(product))):
        raise Over
    return product


def _ended(product: Product) -> int:
    """The last step that ended all links."""
    return max((event.pk for event in product.events.all() if event.kind in ENDING), default=0)
