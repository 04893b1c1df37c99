"""Creating an account: address, password, the code from the mail."""

import re
from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.utils import translation

from dostshop.accounts.models import User
from tests.accounts.conftest import PASSWORD, PREFIXES, newest_html, signed_in

pytestmark = pytest.mark.django_db
Code = Callable[[], str]


def sign_up(client: Client, *, email: str = "aynur@example.az", prefix: str = "/en") -> None:
    client.post(f"{prefix}/accounts/signup/", {"email": email, "password1": PASSWORD})


@pytest.mark.parametrize("prefix", PREFIXES)
def test_code_from_the_mail_opens_the_account(client: Client, code_from_mail: Code, prefix: str) -> None:
    sign_up(client, prefix=prefix)
    assert not signed_in(client)
    assert mail.outbox[-1].to == ["aynur@example.az"]
    response = client.post(f"{prefix}/accounts/confirm-email/", {"code": code_from_mail()})
    assert response.headers["Location"] == f"{prefix}/orders/mine/"
    assert signed_in(client)
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize("pasted", ["{} ", " {}\n", "{}"])
def test_code_is_taken_as_it_is_pasted(client: Client, code_from_mail: Code, pasted: str) -> None:
    sign_up(client)
    code = pasted.format(code_from_mail().replace("-", " "))
    client.post("/en/accounts/confirm-email/", {"code": code})
    assert signed_in(client)


def test_form_asks_for_two_things_only(client: Client) -> None:
    form = client.get("/en/accounts/signup/").context["form"]
    assert list(form.fields) == ["email", "password1"]
    assert form.fields["password1"].widget.attrs["autocomplete"] == "new-password"
    assert "10 characters" in str(form.fields["password1"].help_text)


def test_typed_dotted_capital_i_means_i(client: Client, code_from_mail: Code) -> None:
    sign_up(client, email=" İlqar.ALIYEV@Example.AZ ")
    client.post("/en/accounts/confirm-email/", {"code": code_from_mail()})
    assert User.objects.get().email == "ilqar.aliyev@example.az"
    assert EmailAddress.objects.get().email == "ilqar.aliyev@example.az"


def test_wrong_code_leaves_the_door_closed_and_another_try(client: Client, code_from_mail: Code) -> None:
    sign_up(client)
    response = client.post("/en/accounts/confirm-email/", {"code": "000-000-000"})
    assert "This is not the code" in response.text
    assert re.search(r"<title>\s*Error:", response.text)
    assert not signed_in(client)
    client.post("/en/accounts/confirm-email/", {"code": code_from_mail()})
    assert signed_in(client)


def test_mistyped_address_can_be_mended(client: Client, code_from_mail: Code) -> None:
    sign_up(client, email="aynur@exmaple.az")
    client.post("/en/accounts/confirm-email/", {"action": "change", "email": "aynur@example.az"})
    assert mail.outbox[-1].to == ["aynur@example.az"]
    client.post("/en/accounts/confirm-email/", {"code": code_from_mail()})
    assert User.objects.get().email == "aynur@example.az"


@pytest.mark.usefixtures("member")
def test_known_address_is_not_told_on_the_page(client: Client) -> None:
    known = client.post("/en/accounts/signup/", {"email": "leyla@example.az", "password1": PASSWORD})
    unknown = Client().post("/en/accounts/signup/", {"email": "other@example.az", "password1": PASSWORD})
    assert known.headers["Location"] == unknown.headers["Location"]
    assert mail.outbox[0].subject == "You already have an account"
    assert User.objects.count() == 2


def test_weak_password_is_refused_in_words(client: Client) -> None:
    response = client.post("/en/accounts/signup/", {"email": "aynur@example.az", "password1": "12345"})
    assert response.context["form"].errors["password1"]
    assert not User.objects.exists()


@pytest.mark.parametrize("language", ["az", "ru", "en"])
def test_mail_is_in_the_language_of_the_page(client: Client, language: str) -> None:
    sign_up(client, prefix="" if language == "az" else f"/{language}")
    with translation.override(language):
        assert mail.outbox[-1].subject == translation.gettext("Your code to confirm your e-mail address")
    assert f'lang="{language}"' in newest_html()
