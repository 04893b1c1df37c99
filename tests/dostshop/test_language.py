"""The language of a page is in its address, and nowhere else."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.test import Client, RequestFactory
from django.urls import resolve
from django.utils import translation

from dostshop.language import LanguageFromPathMiddleware, languages


@pytest.fixture(autouse=True)
def _language_is_put_back() -> Iterator[None]:
    with translation.override("az"):
        yield


def at(path: str) -> HttpRequest:
    """A request for an address of the shop, in that address's language."""
    request = RequestFactory().get(path)
    translation.activate("ru" if path.startswith("/ru/") else "en" if path.startswith("/en/") else "az")
    request.resolver_match = resolve(request.path)
    return request


@pytest.mark.parametrize(("prefix", "language"), [("", "az"), ("/ru", "ru"), ("/en", "en")])
def test_the_address_decides_the_language_whatever_the_browser_wishes(prefix: str, language: str) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(translation.get_language())

    request = RequestFactory().get(f"{prefix}/accounts/login/", headers={"Accept-Language": "de,fr;q=0.5"})
    response = LanguageFromPathMiddleware(view)(request)

    assert isinstance(response, HttpResponse)
    assert response.content.decode() == language
    assert response.headers["Content-Language"] == language
    assert "Vary" not in response.headers


def test_no_browser_is_sent_to_its_own_language(client: Client) -> None:
    response = client.get("/no-such-page/", headers={"Accept-Language": "ru"})
    assert response.status_code == 404
    assert response.headers["Content-Language"] == "az"


def test_every_language_has_the_address_of_the_same_page() -> None:
    found = languages(at("/ru/accounts/login/?next=/bag/&q=%C9%99l+i%C5%9Fi"))

    assert [entry["path"] for entry in found["languages"]] == [
        "/accounts/login/?next=/bag/&q=%C9%99l+i%C5%9Fi",
        "/ru/accounts/login/?next=/bag/&q=%C9%99l+i%C5%9Fi",
        "/en/accounts/login/?next=/bag/&q=%C9%99l+i%C5%9Fi",
    ]
    assert [entry["code"] for entry in found["languages"] if entry["is_current"]] == ["ru"]
    assert found["canonical"] == "http://localhost:8000/ru/accounts/login/"
    assert found["languages"][2]["address"] == "http://localhost:8000/en/accounts/login/"


def test_a_page_that_does_not_exist_leads_home_in_every_language() -> None:
    request = RequestFactory().get("/en/no-such-page/")
    translation.activate("en")
    assert [entry["path"] for entry in languages(request)["languages"]] == ["/", "/ru/", "/en/"]


def test_a_text_without_translation_stays_english_in_english() -> None:
    """Django falls back to the site's language, Azerbaijani, for all others."""
    with translation.override("en"):
        assert translation.gettext("e-mail") == "e-mail"
        assert translation.ngettext("%(n)d piece", "%(n)d pieces", 2) == "%(n)d pieces"


@pytest.mark.shared
@pytest.mark.django_db
@pytest.mark.parametrize("prefix", ["/", "/ru/", "/en/"])
def test_naughty_addresses_are_answered(client: Client, shared: Path, prefix: str) -> None:
    naughty = json.loads((shared / "test-data" / "naughty-strings.json").read_text())
    statuses = {text: client.get(prefix + quote(text, safe="/")).status_code for text in naughty}

    assert len(statuses) > 400
    assert {text: status for text, status in statuses.items() if status >= 500} == {}


@pytest.mark.shared
@pytest.mark.django_db
def test_naughty_queries_are_answered(client: Client, shared: Path) -> None:
    naughty = json.loads((shared / "test-data" / "naughty-strings.json").read_text())
    template = engines["django"].from_string("{% for entry in languages %}{{ entry.path }} {% endfor %}")
    for text in naughty:
        request = at(f"/ru/accounts/login/?q={quote(text)}")
        assert f"?q={quote(text)}" in template.render(languages(request), request).replace("&amp;", "&")
