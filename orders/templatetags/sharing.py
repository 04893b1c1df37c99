"""Where the price of a piece goes. The product page asks by a tag, as it does about delivery: decision 11."""

from typing import Any

from django import template

from catalog.rules import rule_of
from orders import sharing

register = template.Library()


@register.simple_tag
def where_it_goes(product: Any) -> list[sharing.Part]:
    """Of the lowest price of a product from ``with_availability()`` and ``with_rule()``."""
    return sharing.parts(product.lowest_price, tax_class=product.craft.tax_class, rule=rule_of(product))
