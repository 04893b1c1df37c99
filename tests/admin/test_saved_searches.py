"""Searches of a list that somebody keeps under a name, for every list of the admin."""

import pytest
from django.contrib import admin
from django.test import Client

from artisans.models import Scope
from catalog import withdrawals
from dostshop.accounts import searches
from dostshop.accounts.models import Role, SavedSearch
from tests.admin.conftest import english
from tests.admin.test_rights import BRANCH, CENTRE, of
from tests.factories import ArtisanFactory

pytestmark = pytest.mark.django_db


def address(page: str = "catalog_product") -> str:
    return english(f"{page}_keep_search")


def keep(client: Client, page: str = "catalog_product", *, name: str = "Bakı", query: str = "state=draft&p=3") -> int:
    return client.post(address(page), {"name": name, "query": query}).status_code


def shown(client: Client, page: str = "catalog_product") -> list[str]:
    return [search.query for _address, search in client.get(english(f"{page}_changelist")).context["searches"]]


def test_a_search_is_kept_found_again_and_forgotten(administrator: Client) -> None:
    answer = administrator.post(address(), {"name": " Bakı ", "query": "p=3&state=draft&q=kasa"})
    assert answer.headers["Location"] == f"{english('catalog_product_changelist')}?state=draft&q=kasa"
    page = administrator.get(english("catalog_product_changelist"), {"state": "draft", "q": "kasa"})
    assert 'href="?state=draft&amp;q=kasa" aria-current="page">Bakı' in page.content.decode()
    keep(administrator, query="state=archived")
    assert shown(administrator) == ["state=archived"]
    administrator.post(english("catalog_product_forget_search", SavedSearch.objects.get().pk))
    assert shown(administrator) == []


def test_every_list_keeps_its_own(administrator: Client) -> None:
    for model in admin.site._registry:
        assert keep(administrator, f"{model._meta.app_label}_{model._meta.model_name}", query="q=x") == 302
    for model in admin.site._registry:
        assert shown(administrator, f"{model._meta.app_label}_{model._meta.model_name}") == ["q=x"]


def test_everybody_has_their_own(administrator: Client) -> None:
    keep(administrator)
    [search] = SavedSearch.objects.all()
    other = of(CENTRE)
    assert shown(other) == []
    assert other.post(english("catalog_product_forget_search", search.pk)).status_code == 404
    assert of(Role.INSTRUCTOR).post(english("catalog_product_forget_search", search.pk)).status_code == 302
    assert Client().post(address(), {"name": "x", "query": "q=x"}).status_code == 302
    assert list(SavedSearch.objects.all()) == [search]


def test_of_a_list_that_is_not_theirs_nobody_keeps_a_search(administrator: Client) -> None:
    assert keep(of(BRANCH), "accounts_user") == 403
    assert administrator.get(address()).status_code == 405
    assert not SavedSearch.objects.exists()


@pytest.mark.parametrize(
    ("name", "query"), [("", "q=x"), ("x" * 61, "q=x"), ("x", ""), ("x", "p=2"), ("x", "q=" + "x" * 2000)]
)
def test_what_cannot_be_kept_is_refused_with_a_sentence(administrator: Client, name: str, query: str) -> None:
    answer = administrator.post(address(), {"name": name, "query": query}, follow=True)
    assert [message.level_tag for message in answer.context["messages"]] == ["error"]
    assert not SavedSearch.objects.exists()


def test_so_many_are_kept_and_no_more(administrator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searches, "MOST", 2)
    for name in ("a", "b", "c"):
        keep(administrator, name=name)
    assert set(SavedSearch.objects.values_list("name", flat=True)) == {"a", "b"}
    keep(administrator, name="a", query="q=new")
    assert SavedSearch.objects.get(name="a").query == "q=new"


def test_a_search_for_a_name_goes_with_the_name(administrator: Client) -> None:
    artisan = ArtisanFactory.create(display_name_az="Sünbül")
    keep(administrator, name="Sünbülün işləri", query="state=draft")
    keep(administrator, name="onun", query="q=s%C3%BCnb%C3%BCl")
    keep(administrator, name="başqa", query="q=kasa")
    withdrawals.withdraw(artisan.pk, scopes=[Scope.NAME])
    assert shown(administrator) == ["q=kasa"]
