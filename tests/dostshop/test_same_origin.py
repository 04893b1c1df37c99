from collections.abc import Mapping

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from dostshop.same_origin import same_origin_post


@same_origin_post
def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse("done")


def status(headers: Mapping[str, str], *, method: str = "POST", secure: bool = False) -> int:
    request = RequestFactory().generic(method, "/", secure=secure, headers={"Host": "testserver", **headers})
    try:
        return view(request).status_code
    except PermissionDenied:
        return 403


@pytest.mark.parametrize(
    ("site", "expected"),
    [("same-origin", 200), ("none", 200), ("same-site", 403), ("cross-site", 403), ("nonsense", 403)],
)
def test_the_browser_says_where_a_post_comes_from(site: str, expected: int) -> None:
    assert status({"Sec-Fetch-Site": site}) == expected


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("http://testserver", 200),
        ("https://testserver", 403),
        ("http://testserver:81", 403),
        ("http://testserver.example.org", 403),
        ("http://other", 403),
        ("null", 403),
    ],
)
def test_an_older_browser_names_the_origin(origin: str, expected: int) -> None:
    assert status({"Origin": origin}) == expected


def test_the_origin_of_a_secure_page_is_secure() -> None:
    assert status({"Origin": "https://testserver"}, secure=True) == 200
    assert status({"Origin": "http://testserver"}, secure=True) == 403


def test_fetch_metadata_decides_before_the_origin() -> None:
    assert status({"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}) == 403


def test_a_client_that_is_no_browser_may_post() -> None:
    assert status({}) == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_what_changes_nothing_may_come_from_anywhere(method: str) -> None:
    assert status({"Sec-Fetch-Site": "cross-site"}, method=method) == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_every_other_method_is_checked_like_a_post(method: str) -> None:
    assert status({"Sec-Fetch-Site": "cross-site"}, method=method) == 403


def test_the_view_needs_no_token() -> None:
    assert getattr(view, "csrf_exempt", False) is True
