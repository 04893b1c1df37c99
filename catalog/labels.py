"""Price tags and shelf labels: sheets of A4 with a label for each variant, and a code that leads to the piece's page.

They name no maker: what is printed outlives a consent.
"""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db.models import TextChoices
from django.http import HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models import Product, ProductQuerySet, Variant
from dostshop import money, pdf, qr
from dostshop.translated import language_of

# In one document.
MOST = 500
MOST_COPIES = 50


class Kind(TextChoices):
    TAG = "tag", gettext_lazy("Price tags, 24 on a sheet (70 × 37 mm)")
    SHELF = "shelf", gettext_lazy("Shelf labels, 8 on a sheet (105 × 74 mm)")


class NotInShop(Exception):
    """Some have no page that a code could lead to. The message names them, for staff."""


def variants_of(products: ProductQuerySet) -> list[Variant]:
    """What gets a label, in the order of the products' codes. Raises NotInShop."""
    shown = set(products.published().values_list("pk", flat=True))
    if hidden := [
        f"{one} ({one.code})" for one in products.select_related("craft").order_by("code") if one.pk not in shown
    ]:
        raise NotInShop(
            _("Not in the shop, so a code would lead nowhere: %(names)s. Publish them first, or leave them out.")
            % {"names": ", ".join(hidden)}
        )
    variants = Variant.objects.filter(product__in=shown).select_related("product__craft")
    return list(variants.order_by("product__code", "position", "pk"))


def pdf_response(variants: Sequence[Variant], *, kind: str, copies: int, language: str) -> HttpResponse:
    """So many labels of each, in this language; a text that it lacks stands in another."""
    with translation.override(language):
        document = pdf.render(
            "labels", data=_data(variants, kind=kind, copies=copies), language=language, dated=timezone.now()
        )
    return pdf.response(document, name=f"DOST-{kind}-{language}", language=language)


def _data(variants: Sequence[Variant], *, kind: str, copies: int) -> dict[str, Any]:
    return {
        "title": _("Price tags") if kind == Kind.TAG else _("Shelf labels"),
        "author": settings.SELLER_NAME,
        "kind": kind,
        "copies": copies,
        "labels": [_label(variant) for variant in variants],
    }


def _label(variant: Variant) -> dict[str, Any]:
    product = variant.product
    address = f"{settings.SITE_URL}{product.get_absolute_url()}"
    return {
        "name": _in_its_language(product, "name"),
        "option": _in_its_language(variant, "option") if variant.option else None,
        "craft": _in_its_language(product.craft, "name"),
        "facts": [[name, value] for name, value in _facts(product) if value["text"]],
        "price": money.text(variant.price),
        "code": product.code,
        "qr": qr.svg(address),
        "alt": _("Code that leads to %(address)s") % {"address": address},
    }


def _facts(product: Product) -> list[tuple[str, dict[str, str]]]:
    is_food = product.kind == Product.Kind.FOOD
    here = translation.get_language()
    measured = {"text": product.size_text, "language": here}
    return [
        (_("Composition") if is_food else _("Materials"), _in_its_language(product, "materials")),
        (_("Technique"), _in_its_language(product, "technique")),
        (_("Size"), measured if product.size_text else _in_its_language(product, "size_note")),
        (_("Year"), {"text": str(product.year or ""), "language": here}),
        *([(_("Keeps for"), _in_its_language(product, "shelf_life"))] if is_food else []),
    ]


def _in_its_language(row: Any, field: str) -> dict[str, str]:
    return {"text": getattr(row, field) or "", "language": language_of(row, field) or translation.get_language()}
