import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from dostshop.public_pages import public_page


@public_page
def page(request: HttpRequest, status: int = 200) -> HttpResponse:
    """What a visitor reads."""
    return HttpResponse("the same for all", status=status)


@public_page
def own_terms(request: HttpRequest) -> HttpResponse:
    return HttpResponse(headers={"Cache-Control": "no-store"})


def test_shared_caches_keep_a_public_page_for_a_minute(rf: RequestFactory) -> None:
    assert page(rf.get("/")).headers["Cache-Control"] == "public, max-age=0, s-maxage=60"
    assert "Vary" not in page(rf.get("/")).headers


@pytest.mark.parametrize("status", [301, 404, 410])
def test_what_is_no_page_is_not_kept(rf: RequestFactory, status: int) -> None:
    assert "Cache-Control" not in page(rf.get("/"), status).headers


def test_a_view_may_say_otherwise(rf: RequestFactory) -> None:
    assert own_terms(rf.get("/")).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("method", "status"), [("GET", 200), ("HEAD", 200), ("POST", 405), ("DELETE", 405)])
def test_a_public_page_is_only_read(rf: RequestFactory, method: str, status: int) -> None:
    assert page(rf.generic(method, "/")).status_code == status


def test_the_view_keeps_its_name() -> None:
    assert (page.__name__, page.__doc__) == ("page", "What a visitor reads.")
