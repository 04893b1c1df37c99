"""What pages of the catalogue say about delivery. They ask by a tag, for the catalogue may not import this app."""

from django import template

from catalog.models import Product
from orders import tariffs

register = template.Library()


@register.simple_tag
def delivery_promise(product: Product) -> tariffs.Promise:
    return tariffs.promise_for(product)
