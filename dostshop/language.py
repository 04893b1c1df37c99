"""The language of a page comes from its address alone: ``/`` Azerbaijani, ``/ru/`` Russian, ``/en/`` English."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.urls import LocalePrefixPattern, get_script_prefix, translate_url
from django.utils import translation


class LanguageFromPathMiddleware(LocaleMiddleware):
    """Django's, less its ``Vary: Accept-Language``: the browser's wish changes nothing, so caches need not care."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response.headers.setdefault("Content-Language", translation.get_language())
        return response


def languages(request: HttpRequest) -> dict[str, Any]:
    """Template context: this page's address in every language, for the switch, ``hreflang`` and ``canonical``."""
    path, mark, query = request.get_full_path().partition("?")
    current = translation.get_language()
    found = []
    for code, name in settings.LANGUAGES:
        # An address that leads nowhere has no translation: the switch then leads to the home page.
        translated = translate_url(path, code) if request.resolver_match else _home(code)
        found.append(
            {
                "code": code,
                "name": name,
                "path": f"{translated}{mark}{query}",
                "address": f"{settings.SITE_URL}{translated}",
                "is_current": code == current,
            }
        )
    return {"languages": found, "canonical": f"{settings.SITE_URL}{path}"}


def _home(code: str) -> str:
    with translation.override(code):
        return get_script_prefix() + LocalePrefixPattern(prefix_default_language=False).language_prefix
