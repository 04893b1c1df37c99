"""Template tags of every page; loaded for all templates by the settings."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.core.paginator import Page
from django.db.models import Model
from django.templatetags.static import static
from django.utils import translation
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from dostshop import clock, qr
from dostshop import markdown as markdown_module
from dostshop import money as money_module
from dostshop.translated import language_of

register = template.Library()


@register.filter
def money(amount: Decimal) -> SafeString:
    """``12,50 ₼`` to the eye, “12,50 manat” to a screen reader."""
    return format_html(
        '<span class="money">{}\u00a0<span aria-hidden="true">{}</span><span class="visually-hidden">{}</span></span>',
        money_module.number(amount),
        money_module.SYMBOL,
        gettext("manat"),
    )


@register.filter
def money_text(amount: Decimal) -> str:
    """``12,50 ₼`` where markup cannot go."""
    return money_module.text(amount)


@register.filter
def number(amount: Decimal) -> str:
    """``12,50`` in a column that names its currency."""
    return money_module.number(amount)


@register.filter
def money_in_mail(amount: Decimal) -> str:
    """``12,50 AZN``."""
    return money_module.text_for_mail(amount)


@register.filter
def baku_time(when: datetime, format_string: str) -> str:
    """``10:35 Baku time``, for hours that matter to shoppers abroad too."""
    return clock.baku_time(when, format_string)


@register.filter
def is_within_an_hour(when: datetime) -> bool:
    return clock.is_within_an_hour(when)


@register.filter
def markdown(text: str) -> SafeString:
    return markdown_module.html(text)


@register.simple_tag
def qr_code(text: str, label: str) -> SafeString:
    """A code for a phone's camera; ``label`` says what it leads to."""
    return format_html('<span class="qr" role="img" aria-label="{}">{}</span>', label, SafeString(qr.svg(text)))


@register.simple_tag
def screenshot(name: str) -> str:
    """The address of a picture of the shop itself, in the language of the page; ``make screenshots`` takes them."""
    return static(f"screenshots/{translation.get_language()}/{name}.webp")


@register.simple_tag
def page_numbers(page: "Page[Any]") -> Iterator[int | str]:
    """The pages to link to, with an ellipsis for those left out."""
    return page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)


@register.simple_tag
def translated(instance: Model, field: str) -> str | SafeString:
    """The field's text; marked with its ``lang`` where it fell back to another language than the page's."""
    text = getattr(instance, field)
    language = language_of(instance, field)
    if not text or language in {None, translation.get_language()}:
        return str(text or "")
    return format_html('<span lang="{}">{}</span>', language, text)


@register.filter
def lang_of(instance: Model, field: str) -> str:
    """The language that the field's text is really in."""
    return language_of(instance, field) or translation.get_language() or ""
