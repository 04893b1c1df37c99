"""allauth's pages and messages speak as the rest of the shop does."""

import re
from importlib.util import find_spec
from pathlib import Path

import polib
import pytest
from django.core import mail
from django.test import Client

from dostshop.accounts.allauth_words import ALLAUTH_WORDS
from dostshop.accounts.models import User
from tests.accounts.conftest import PASSWORD
from tests.check import fault_of, translation_file


def test_every_sentence_is_still_allauth_s() -> None:
    spec = find_spec("allauth")
    assert spec
    assert spec.origin
    theirs = polib.pofile(str(Path(spec.origin).parent / "locale" / "az" / "LC_MESSAGES" / "django.po"))
    assert set(ALLAUTH_WORDS) <= {entry.msgid for entry in theirs if not entry.obsolete}


def test_english_has_other_words_for_them_alone() -> None:
    reworded = polib.pofile(str(translation_file("en")))
    assert {entry.msgid for entry in reworded} <= set(ALLAUTH_WORDS)
    assert not {entry.msgid: fault_of(entry) for entry in reworded if fault_of(entry)}


def heading(text: str) -> str:
    found = re.search(r"<h1>(.*?)</h1>", text, re.DOTALL)
    assert found
    return " ".join(found[1].split())


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/accounts/login/code/confirm/", "Giriş kodunu yazın"),
        ("/ru/accounts/login/code/confirm/", "Введите код для входа"),
        ("/en/accounts/login/code/confirm/", "Enter the sign-in code"),
    ],
)
def test_a_code_is_asked_for_in_a_sentence(client: Client, path: str, said: str) -> None:
    client.post("/en/accounts/login/code/", {"email": "nobody@example.az"})
    assert heading(client.get(path).text) == said


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/accounts/confirm-email/", "Məktubdakı kodu yazın"),
        ("/ru/accounts/confirm-email/", "Введите код из письма"),
        ("/en/accounts/confirm-email/", "Enter the code from the mail"),
    ],
)
@pytest.mark.django_db
def test_an_address_is_confirmed_in_a_sentence(client: Client, path: str, said: str) -> None:
    client.post("/en/accounts/signup/", {"email": "new@example.az", "password1": PASSWORD})
    assert mail.outbox
    assert heading(client.get(path).text) == said


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/accounts/password/change/", "Şifrəni yeniləyin"),
        ("/ru/accounts/password/change/", "Сменить пароль"),
        ("/en/accounts/password/change/", "Change the password"),
        ("/accounts/logout/", "Çıxış"),
        ("/en/accounts/logout/", "Sign out"),
    ],
)
def test_a_member_reads_sentences_too(client: Client, member: User, path: str, said: str) -> None:
    client.force_login(member)
    assert heading(client.get(path).text) == said


def test_labels_are_written_like_the_shop_s(client: Client, member: User) -> None:
    client.force_login(member)
    text = client.get("/en/accounts/password/change/").text
    assert "Current password" in text
    assert "New password" in text


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["password/reset/", "password/reset/done/"])
@pytest.mark.parametrize("prefix", ["", "/ru", "/en"])
def test_whoever_has_lost_the_password_finds_help(client: Client, prefix: str, path: str) -> None:
    assert (
        f'href="{prefix}/info/contact/"'
        in client.get(f"{prefix}/accounts/{path}").text.partition("<h1>")[2].partition("</main>")[0]
    )
