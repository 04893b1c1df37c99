"""What pages of the catalogue say about delivery. They ask by a tag, for the catalogue may not import this app."""

from django import template

from catalog.models import Product
from orders import delivery

register = template.Library()


@register.simple_tag
def delivery_promise(product: Product) -> delivery.Promise:
    return delivery.promise_for(product)
