"""The mails of the demo, in the browser."""

from pathlib import Path

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.urls import NoReverseMatch, reverse
from pytest_django import Settings

from dostshop.demo import mails


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.ROOT_URLCONF = "tests.demo.urls"
    settings.MAIL_FOLDER = str(tmp_path / "mail")
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "OPTIONS": {"file_path": settings.MAIL_FOLDER},
        }
    }
    return tmp_path / "mail"


def send(subject: str, *, text: str = "Salam", html: str = "") -> None:
    message = EmailMultiAlternatives(subject, text, to=["guest@example.com"])
    if html:
        message.attach_alternative(html, "text/html")
    message.send()


def only_key(folder: Path) -> str:
    (found,) = mails.newest_first(folder)
    return found.key


def test_no_folder_yet_is_no_mail(client: Client) -> None:
    answer = client.get(reverse("demo:mails"))

    assert answer.status_code == 200
    assert answer.context["mails"] == []


def test_mails_are_listed_the_newest_first(client: Client, folder: Path) -> None:
    send("Sifarişiniz qəbul edildi")
    (first,) = folder.iterdir()
    first.rename(folder / "20260101-000000-1.log")
    send("Ödəniş alındı: ₼")

    answer = client.get(reverse("demo:mails"))

    assert [found.subject for found in answer.context["mails"]] == ["Ödəniş alındı: ₼", "Sifarişiniz qəbul edildi"]
    assert "Sifarişiniz qəbul edildi" in answer.content.decode()


def test_two_mails_over_one_connection_are_two(folder: Path) -> None:
    connection = mail.mailers["default"]
    messages = [EmailMultiAlternatives(subject, "x", to=["a@example.com"]) for subject in ("one", "two")]
    connection.send_messages(messages)

    assert [found.subject for found in mails.newest_first(folder)] == ["two", "one"]
    assert len({found.key for found in mails.newest_first(folder)}) == 2


def test_a_mail_shows_its_text_with_links_that_lead_somewhere(client: Client, folder: Path) -> None:
    send("Kod", text="Kodunuz: 123456\nhttp://localhost:8000/orders/A/b/\n<b>x</b>")

    page = client.get(reverse("demo:mail", args=[only_key(folder)])).content.decode()

    assert "Kodunuz: 123456" in page
    assert 'href="http://localhost:8000/orders/A/b/"' in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page
    assert "<iframe" not in page


def test_the_html_is_framed_and_can_do_nothing(client: Client, folder: Path) -> None:
    send("Sifariş", html="<html><head><title>x</title></head><body><script>alert(1)</script>Ə</body></html>")
    key = only_key(folder)

    page = client.get(reverse("demo:mail", args=[key]))
    framed = client.get(reverse("demo:mail_html", args=[key]))

    assert f'src="{reverse("demo:mail_html", args=[key])}" sandbox="allow-top-navigation' in page.content.decode()
    assert "alert(1)" not in page.content.decode()
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    policy = framed.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert framed.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert '<base target="_top">' in framed.content.decode()


@pytest.mark.parametrize(
    "key",
    ["nothing", "..", "../secret-key", "%2e%2e%2fsecret-key", "..%2Fsecret-key", "secret-key-1", "a/b", "x%00", "*"],
)
@pytest.mark.parametrize("form", ["", "html/"])
def test_nothing_but_the_folders_mails_is_ever_shown(client: Client, folder: Path, key: str, form: str) -> None:
    send("Kod")
    (folder.parent / "secret-key").write_text("secret")
    (folder.parent / "secret-key.log").write_text("Subject: secret\n\nsecret")

    assert client.get(f"/demo/mail/{key}/{form}").status_code == 404


def test_these_addresses_are_the_demos_alone(settings: Settings, client: Client) -> None:
    settings.ROOT_URLCONF = "dostshop.urls"

    assert client.get("/demo/mail/").status_code == 404
    with pytest.raises(NoReverseMatch):
        reverse("demo:mails")
