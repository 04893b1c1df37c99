"""Every page of accounts: whom it lets in, what it says about errors, and that no input breaks it."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client

from dostshop.accounts.models import User
from tests.accounts.conftest import PASSWORD, PREFIXES

FOR_GUESTS = ["login/", "signup/", "login/code/", "password/reset/"]
FOR_EVERYONE = [
    "password/reset/done/",
    "password/reset/key/done/",
    "password/reset/key/1-gone/",
    "inactive/",
    "3rdparty/login/cancelled/",
]
FOR_MEMBERS = ["email/", "password/change/", "reauthenticate/", "logout/", "3rdparty/"]
FORMS = {
    "login/": {"login": "leyla@example.az", "password": PASSWORD},
    "signup/": {"email": "new@example.az", "password1": PASSWORD},
    "login/code/": {"email": "leyla@example.az"},
    "password/reset/": {"email": "leyla@example.az"},
}
MEMBER_FORMS = {
    "email/": {"action_add": "1", "email": "new@example.az"},
    "password/change/": {"oldpassword": PASSWORD, "password1": PASSWORD},
    "reauthenticate/": {"password": PASSWORD},
    "3rdparty/": {"account": "1"},
}


def title_of(text: str) -> str:
    found = re.search(r"<title>(.*?)</title>", text, re.DOTALL)
    assert found
    return " ".join(found[1].split())


@pytest.mark.django_db
@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("path", [*FOR_GUESTS, *FOR_EVERYONE])
def test_guests_see_it_in_the_shop_s_look(client: Client, prefix: str, path: str) -> None:
    response = client.get(f"{prefix}/accounts/{path}")
    assert response.status_code == 200
    assert title_of(response.text).endswith("DOST")
    assert response.text.count("<h1>") == 1
    assert response.text.count('name="csrfmiddlewaretoken"') == response.text.count('method="post"')
    assert 'class="site-header"' in response.text
    assert "style=" not in response.text


@pytest.mark.django_db
def test_failed_sign_in_elsewhere_has_a_page(client: Client) -> None:
    response = client.get("/en/accounts/3rdparty/login/error/")
    assert response.status_code == 401
    assert 'class="site-header"' in response.text


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("path", [*FOR_MEMBERS, *FOR_EVERYONE])
def test_members_see_it_in_the_shop_s_look(client: Client, member: User, prefix: str, path: str) -> None:
    client.force_login(member)
    response = client.get(f"{prefix}/accounts/{path}")
    assert response.status_code == 200
    assert response.text.count("<h1>") == 1
    assert response.text.count('name="csrfmiddlewaretoken"') == response.text.count('method="post"')
    assert "style=" not in response.text


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["email/", "password/change/", "password/set/", "reauthenticate/", "3rdparty/"])
def test_guests_are_sent_to_sign_in_first(client: Client, path: str) -> None:
    response = client.get(f"/en/accounts/{path}")
    assert response.headers["Location"] == f"/en/accounts/login/?next=/en/accounts/{path}"


@pytest.mark.parametrize("path", FOR_GUESTS[:3])
def test_members_need_no_page_for_guests(client: Client, member: User, path: str) -> None:
    client.force_login(member)
    assert client.get(f"/en/accounts/{path}").headers["Location"] == "/en/orders/mine/"


@pytest.mark.django_db
@pytest.mark.parametrize("path", FORMS)
def test_error_is_in_the_title_the_summary_and_at_the_field(client: Client, path: str) -> None:
    text = client.post(f"/en/accounts/{path}", {}).text
    field = next(iter(FORMS[path]))
    assert title_of(text).startswith("Error: ")
    assert 'class="error-summary"' in text
    assert f'href="#id_{field}"' in text
    control = re.search(rf"<input[^>]*\bid=\"id_{field}\"[^>]*>", text)
    assert control
    assert 'aria-invalid="true"' in control[0]
    assert f"id_{field}_error" in control[0]
    assert f'id="id_{field}_error"' in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "field", "attributes"),
    [
        ("login/", "login", {"autocomplete": "username", "type": "email"}),
        ("login/", "password", {"autocomplete": "current-password", "type": "password"}),
        ("signup/", "email", {"autocomplete": "email", "type": "email"}),
        ("signup/", "password1", {"autocomplete": "new-password", "type": "password"}),
        ("login/code/", "email", {"autocomplete": "username", "type": "email"}),
        ("password/reset/", "email", {"autocomplete": "username", "type": "email"}),
        ("login/code/confirm/", "code", {"autocomplete": "one-time-code", "inputmode": "numeric"}),
    ],
)
def test_browser_knows_what_a_field_is_for(client: Client, path: str, field: str, attributes: dict[str, str]) -> None:
    if path == "login/code/confirm/":
        client.post("/en/accounts/login/code/", {"email": "nobody@example.az"})
    control = re.search(rf"<input[^>]*\bid=\"id_{field}\"[^>]*>", client.get(f"/en/accounts/{path}").text)
    assert control
    for name, value in attributes.items():
        assert f'{name}="{value}"' in control[0]
    assert "placeholder" not in control[0]


@pytest.fixture
def strings(shared: Path) -> list[str]:
    read: list[str] = json.loads((shared / "test-data" / "naughty-strings.json").read_text())
    return read


@pytest.mark.shared
@pytest.mark.usefixtures("member")
def test_no_string_breaks_a_form_for_guests(client: Client, strings: list[str]) -> None:
    for text in strings:
        cache.clear()
        for path, filled in FORMS.items():
            for field in filled:
                client.cookies.clear()
                response = client.post(f"/en/accounts/{path}", {**filled, field: text})
                assert response.status_code < 500, (path, field, text)


@pytest.mark.shared
def test_no_string_breaks_a_form_for_members(client: Client, strings: list[str], member: User) -> None:
    for text in strings:
        cache.clear()
        client.force_login(member)
        client.post("/en/accounts/reauthenticate/", {"password": PASSWORD})
        for path, filled in MEMBER_FORMS.items():
            for field in filled:
                response = client.post(f"/en/accounts/{path}", {**filled, field: text})
                assert response.status_code < 500, (path, field, text)


@pytest.mark.shared
def test_no_string_breaks_the_code_or_the_way_back(
    client: Client, strings: list[str], member: User, code_from_mail: Callable[[], str]
) -> None:
    for text in strings:
        cache.clear()
        client.cookies.clear()
        assert client.get("/en/accounts/login/", {"next": text}).status_code < 500, text
        client.post("/en/accounts/login/code/", {"email": member.email})
        for data in ({"code": text}, {"code": "000000000", "action": text}):
            assert client.post("/en/accounts/login/code/confirm/", data).status_code < 500, text
        done = client.post("/en/accounts/login/code/confirm/", {"code": code_from_mail(), "next": text})
        assert done.status_code < 500, text
