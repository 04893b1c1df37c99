"""What the product page says about delivery. It asks by a tag, for the catalogue may not import this app.

Decision 11 allows that to this one page, and what it costs in queries is said and counted there.
"""

from django import template

from catalog.models import Product
from orders import tariffs

register = template.Library()


@register.simple_tag
def delivery_promise(product: Product) -> tariffs.Promise:
    return tariffs.promise_for(product)
