"""The language of a page comes from its address alone: ``/`` Azerbaijani, ``/ru/`` Russian, ``/en/`` English."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.urls import translate_url
from django.utils import translation


class LanguageFromPathMiddleware(LocaleMiddleware):
    """Django's, less its ``Vary: Accept-Language``: the browser's wish changes nothing, so caches need not care."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response.headers.setdefault("Content-Language", translation.get_language())
        return response


def languages(request: HttpRequest) -> dict[str, Any]:
    """Template context: this page's address in every language, for the switch and for ``hreflang``."""
    path = request.get_full_path()
    current = translation.get_language()
    return {
        "languages": [
            {"code": code, "name": name, "path": translate_url(path, code), "is_current": code == current}
            for code, name in settings.LANGUAGES
        ]
    }
