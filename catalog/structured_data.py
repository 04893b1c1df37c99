"""What search engines read about a piece and a branch: schema.org Product and Store, as JSON-LD."""

import json
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from artisans.models import Branch
from artisans.opening import Weekday
from catalog.availability import Offer
from catalog.models import Product
from dostshop.money import CURRENCY

# As Django's json_script: nothing in the data can end the script element.
_ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


def product_script(product: Product, *, offer: Offer, pictures: list[str]) -> SafeString:
    """The ``<script>`` element: data, not code, so the content security policy lets it be."""
    terms: dict[str, object] = {
        "priceCurrency": CURRENCY,
        "availability": f"https://schema.org/{_availability(product, is_available=offer.is_available)}",
        "url": urljoin(settings.SITE_URL, product.get_absolute_url()),
    }
    if offer.lowest_price == offer.highest_price:
        terms |= {"@type": "Offer", "price": str(offer.lowest_price)}
    else:
        terms |= {"@type": "AggregateOffer", "lowPrice": str(offer.lowest_price), "highPrice": str(offer.highest_price)}
    data = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": product.name,
        "description": product.description,
        "image": pictures,
        "sku": product.code,
        "material": product.materials,
        "category": product.craft.name,
        "offers": terms if offer.lowest_price else None,
    }
    return _script(data)


def branch_script(branch: Branch) -> SafeString:
    """Where the branch is and when it is open."""
    is_placed = branch.latitude is not None and branch.longitude is not None
    return _script(
        {
            "@context": "https://schema.org",
            "@type": "Store",
            "name": branch.name,
            "url": urljoin(settings.SITE_URL, branch.get_absolute_url()),
            "address": {
                "@type": "PostalAddress",
                "streetAddress": branch.address,
                "addressLocality": branch.city,
                "addressCountry": "AZ",
            },
            "geo": {"@type": "GeoCoordinates", "latitude": str(branch.latitude), "longitude": str(branch.longitude)}
            if is_placed
            else None,
            "telephone": branch.phone.as_e164 if branch.phone else "",
            "email": branch.mail_address,
            "openingHoursSpecification": [
                {
                    "@type": "OpeningHoursSpecification",
                    "dayOfWeek": f"https://schema.org/{Weekday(row.weekday).name.capitalize()}",
                    "opens": f"{row.opens:%H:%M}",
                    "closes": f"{row.closes:%H:%M}",
                }
                for row in branch.hours.all()
            ],
        }
    )


def _script(data: dict[str, Any]) -> SafeString:
    text = json.dumps({key: value for key, value in data.items() if value}, ensure_ascii=False).translate(_ESCAPES)
    return format_html('<script type="application/ld+json">{}</script>', mark_safe(text))  # noqa: S308 - escaped above


def _availability(product: Product, *, is_available: bool) -> str:
    if product.kind == Product.Kind.MADE_TO_ORDER:
        return "MadeToOrder"
    return "InStock" if is_available else "SoldOut"
