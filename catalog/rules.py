"""By which rule the price of a piece is shared today."""

from typing import Any

from django.db.models import Subquery
from django.utils import timezone

from artisans.models import EarningsRule
from catalog.models import ProductQuerySet


def with_rule(products: ProductQuerySet) -> ProductQuerySet:
    """Annotates ``rule_makers``, ``rule_centre`` and ``rule_materials``, so that a page asks nothing more for them."""
    in_force = EarningsRule.objects.filter(valid_from__lte=timezone.localdate()).order_by("-valid_from")
    return products.annotate(
        rule_makers=Subquery(in_force.values("makers")[:1]),
        rule_centre=Subquery(in_force.values("centre")[:1]),
        rule_materials=Subquery(in_force.values("materials")[:1]),
    )


def rule_of(product: Any) -> EarningsRule:
    """What ``with_rule()`` found, from which the product must come; not a row to be saved."""
    return EarningsRule(makers=product.rule_makers, centre=product.rule_centre, materials=product.rule_materials)
