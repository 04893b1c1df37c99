"""What a page of a stand-in is, before it goes over the wire."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.template.loader import render_to_string
from django.utils import translation


@dataclass(frozen=True)
class Page:
    status: int
    html: str
    # The shop, to which the page's forms may lead.
    leads_to: str = ""


@dataclass(frozen=True)
class SentOn:
    location: str


def rendered(template: str, language: str, context: dict[str, Any]) -> str:
    with translation.override(language):
        return render_to_string(f"demo/{template}", {"language": language, **context})


def unknown(language: str) -> Page:
    """An address that no payment has is a page too."""
    return Page(404, rendered("payment/unknown.html", language, {}))


def origin_of(address: str) -> str:
    return "{0.scheme}://{0.netloc}".format(urlsplit(address))
