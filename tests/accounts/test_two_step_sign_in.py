"""Signing in with a second step: setting it up, signing in by it, losing it."""

import json
import re
import time
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from artisans.models import Branch
from dostshop.accounts import roles
from dostshop.accounts.models import Role, User
from tests.accounts.conftest import PASSWORD, PREFIXES, make_member, newest_html, signed_in
from tests.admin.conftest import english
from tests.admin.conftest import signed_in as client_of
from tests.factories import UserFactory

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
# What a browser sends of a passkey, of no passkey that there is.
WELL_FORMED = json.dumps(
    {
        "id": "AAAA",
        "rawId": "AAAA",
        "type": "public-key",
        "clientExtensionResults": {},
        "response": {
            "clientDataJSON": "e30",
            "attestationObject": "oA",
            "authenticatorData": "AAAA",
            "signature": "AAAA",
            "userHandle": "MQ",
        },
    }
)
ODD = ["", "İ" * 300, "\x00", "١٢٣٤٥٦", "123 456", "5", "[]", "null", '{"id": 1}', "-1", "💥"]
PAGES = ["", "totp/activate/", "webauthn/add/"]
PAGES_WITH_APP = ["totp/deactivate/", "recovery-codes/", "recovery-codes/generate/", "reauthenticate/"]


def code_of(secret: str = SECRET, *, steps: int = 0) -> str:
    """What the app shows now, or so many half minutes from now."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps)))


def with_app(user: User) -> User:
    TOTP.activate(user, SECRET)
    RecoveryCodes.activate(user)
    return user


def confirmed(user: User) -> Client:
    """Signed in, and asked for the password a moment ago."""
    client = client_of(user)
    client.post("/en/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def password_typed(client: Client, user: User) -> str:
    """Where the sign-in goes on."""
    answer = client.post("/en/accounts/login/", {"login": user.email, "password": PASSWORD})
    return str(answer.headers["Location"])


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("path", [*PAGES, *PAGES_WITH_APP])
def test_pages_are_in_the_shop_s_look(member: User, prefix: str, path: str) -> None:
    client = confirmed(with_app(member) if path in PAGES_WITH_APP else member)
    if path == "reauthenticate/":
        client.force_login(member)
    response = client.get(f"{prefix}/accounts/2fa/{path}")
    assert response.status_code == 200
    assert response.text.count("<h1>") == 1
    assert response.text.count('name="csrfmiddlewaretoken"') == response.text.count('method="post"')
    assert "style=" not in response.text
    assert "data:" not in response.text.replace('"data"', "")


@pytest.mark.django_db
@pytest.mark.parametrize("path", [*PAGES, *PAGES_WITH_APP, "webauthn/", "webauthn/keys/1/remove/"])
def test_guests_are_sent_to_sign_in_first(client: Client, path: str) -> None:
    assert "/en/accounts/login/" in client.get(f"/en/accounts/2fa/{path}").headers["Location"]


def test_nothing_is_set_up_without_the_password_typed_a_moment_ago(member: User) -> None:
    client = client_of(member)
    for path in ("totp/activate/", "webauthn/add/"):
        assert "/reauthenticate/" in client.get(f"/en/accounts/2fa/{path}").headers["Location"]
        assert "/reauthenticate/" in client.post(f"/en/accounts/2fa/{path}", {"code": "0"}).headers["Location"]
    assert not Authenticator.objects.exists()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_an_app_is_set_up_and_codes_come_with_it(member: User) -> None:
    """The mail goes after the transaction."""
    client = confirmed(member)
    page = client.get("/en/accounts/2fa/totp/activate/").text
    found = re.search(r'<code class="secret">(\w+)</code>', page)
    assert found
    wrong = client.post("/en/accounts/2fa/totp/activate/", {"code": "000000"})
    assert "This did not fit" in wrong.text
    assert found[1] in wrong.text
    done = client.post("/en/accounts/2fa/totp/activate/", {"code": code_of(found[1])}, follow=True)
    assert "Recovery codes" in done.text
    assert len(re.findall(r"<li><code>\d{8}</code>", done.text)) == 10
    assert mail.outbox[-1].subject == "An authenticator app was set up"
    assert "<html" in newest_html()


def test_the_password_alone_signs_nobody_in_who_has_an_app(client: Client, member: User) -> None:
    with_app(member)
    assert password_typed(client, member) == "/en/accounts/2fa/authenticate/"
    assert not signed_in(client)
    assert client.get("/en/orders/mine/").status_code == 302
    assert "This did not fit" in client.post("/en/accounts/2fa/authenticate/", {"code": "000000"}).text
    assert not signed_in(client)
    client.post("/en/accounts/2fa/authenticate/", {"code": code_of()})
    assert signed_in(client)


@pytest.mark.parametrize(("steps", "fits"), [(-1, True), (1, True), (-3, False), (3, False)])
def test_a_code_is_right_for_half_a_minute_more_or_less(client: Client, member: User, steps: int, fits: bool) -> None:
    password_typed(client, with_app(member))
    client.post("/en/accounts/2fa/authenticate/", {"code": code_of(steps=steps)})
    assert signed_in(client) is fits


def test_a_code_signs_in_once(member: User) -> None:
    with_app(member)
    code, first, second = code_of(), Client(), Client()
    for client in (first, second):
        password_typed(client, member)
        client.post("/en/accounts/2fa/authenticate/", {"code": code})
    assert signed_in(first)
    assert not signed_in(second)


def test_a_recovery_code_signs_in_once(member: User) -> None:
    with_app(member)
    code = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[0]
    first, second = Client(), Client()
    for client in (first, second):
        password_typed(client, member)
        client.post("/en/accounts/2fa/authenticate/", {"code": code})
    assert signed_in(first)
    assert not signed_in(second)
    assert "9 codes are left." in first.get("/en/accounts/2fa/").text


def test_codes_are_not_guessed(client: Client, member: User, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "3/5m/key"}
    password_typed(client, with_app(member))
    for _try in range(3):
        client.post("/en/accounts/2fa/authenticate/", {"code": "000000"})
    answer = client.post("/en/accounts/2fa/authenticate/", {"code": code_of()})
    assert "tried too often" in answer.text
    assert not signed_in(client)


@pytest.mark.parametrize(
    "text", ["", "İ" * 300, "\x00", "١٢٣٤٥٦", "123 456", "5", "[]", "null", '{"id": 1}', WELL_FORMED, "-1", "💥"]
)
def test_no_string_breaks_a_form(member: User, text: str) -> None:
    client, half = confirmed(with_app(member)), Client()
    password_typed(half, member)
    for path in ("reauthenticate/", "webauthn/add/", "webauthn/reauthenticate/"):
        typed = {"code": text, "credential": text, "name": text}
        assert client.post(f"/en/accounts/2fa/{path}", typed).status_code < 500, path
    for field in ("code", "credential"):
        assert half.post("/en/accounts/2fa/authenticate/", {field: text}).status_code < 500
    assert Client().post("/en/accounts/2fa/webauthn/login/", {"credential": text}).status_code < 500
    assert not signed_in(half)


# --- What is asked of staff ---


DOORS = ["/en/admin/", "/en/staff/", "/en/admin/accounts/user/"]


def member_of_staff(*, days: int, role: Role | None = Role.BRANCH_STAFF) -> User:
    user = make_member("staff@example.az")
    if role:
        in_branch = role in {Role.INSTRUCTOR, Role.BRANCH_STAFF}
        roles.give(user, role, branch=Branch.objects.get(slug="baku").pk if in_branch else None)
    User.objects.filter(pk=user.pk).update(date_joined=timezone.now() - timedelta(days=days))
    return User.objects.get(pk=user.pk)


@pytest.mark.django_db
@pytest.mark.parametrize("days", [0, 6])
def test_a_new_account_is_told_until_when(days: int) -> None:
    answer = client_of(member_of_staff(days=days)).get("/en/admin/")
    assert answer.status_code == 200
    assert "these pages ask for a second step" in answer.text
    assert 'href="/en/accounts/2fa/"' in answer.text


@pytest.mark.django_db
def test_the_work_pages_tell_it_too() -> None:
    assert "these pages ask for a second step" in client_of(member_of_staff(days=1)).get("/en/staff/").text


@pytest.mark.django_db
@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize("role", [*Role, None])
def test_after_seven_days_staff_are_led_to_set_it_up_first(path: str, role: Role | None) -> None:
    """A superuser is one without a role."""
    user = member_of_staff(days=8, role=role)
    if role is None:
        User.objects.filter(pk=user.pk).update(is_superuser=True, is_staff=True)
    client = client_of(user)
    for answer in (client.get(path), client.post(path, {})):
        assert (answer.status_code, answer.headers["Location"]) == (302, "/en/accounts/2fa/")
    assert "The pages of staff open once" in client.get("/en/accounts/2fa/").text
    assert client.get("/en/orders/mine/").status_code == 200


@pytest.mark.django_db
def test_once_it_is_set_up_the_work_goes_on() -> None:
    user = member_of_staff(days=8)
    client = client_of(user)
    client.get("/en/staff/?branch=1")
    with_app(user)
    assert 'href="/en/staff/?branch=1"' in client.get("/en/accounts/2fa/").text
    assert client.get("/en/staff/?branch=1").status_code == 200
    assert "/en/staff/?branch=1" not in client.get("/en/accounts/2fa/").text


@pytest.mark.django_db
def test_recovery_codes_alone_are_no_second_step() -> None:
    user = member_of_staff(days=8)
    RecoveryCodes.activate(user)
    assert client_of(user).get("/en/staff/").headers["Location"] == "/en/accounts/2fa/"


@pytest.mark.django_db
def test_whoever_switches_it_off_is_asked_again_at_once() -> None:
    user = with_app(member_of_staff(days=8))
    client = client_of(user)
    assert client.get("/en/staff/").status_code == 200
    Authenticator.objects.filter(user=user).delete()
    assert client.get("/en/staff/").headers["Location"] == "/en/accounts/2fa/"


@pytest.mark.django_db
def test_shoppers_are_asked_for_nothing() -> None:
    client = client_of(member_of_staff(days=100, role=None))
    assert client.get("/en/orders/mine/").status_code == 200
    assert client.get("/en/admin/").headers["Location"] == "/en/admin/login/?next=/en/admin/"


@pytest.mark.django_db
def test_in_the_demo_the_days_never_end(settings: Settings) -> None:
    settings.SECOND_FACTOR_GRACE = None
    answer = client_of(member_of_staff(days=1000)).get("/en/staff/")
    assert answer.status_code == 200
    assert "second step" not in answer.text


@pytest.mark.django_db
def test_the_doors_ask_no_question_of_the_database_more() -> None:
    """The question that finds the user answers it."""
    client = client_of(with_app(member_of_staff(days=8)))
    with CaptureQueriesContext(connection) as queries:
        client.get("/en/staff/")
    assert sum("mfa_authenticator" in query["sql"] for query in queries) == 1
    assert sum('FROM "accounts_user"' in query["sql"] for query in queries) == 1


# --- A colleague who has lost everything ---


@pytest.fixture
def administrator(db: None) -> Client:
    return client_of(UserFactory.create(is_staff=True, is_superuser=True, email="boss@example.az"))


def reset_page(user: User) -> str:
    return english("accounts_user_reset_second_factor", user.pk)


def test_an_administrator_resets_it_and_the_person_is_told(administrator: Client, client: Client) -> None:
    user = with_app(member_of_staff(days=8))
    answer = administrator.post(reset_page(user), {"_form_submitted": "on"}, follow=True)
    assert "Two-step sign-in reset: staff@example.az" in answer.text
    assert not Authenticator.objects.filter(user=user).exists()
    assert (mail.outbox[-1].to, mail.outbox[-1].subject) == ([user.email], "Your two-step sign-in was reset")
    assert "your recovery codes no longer work" in newest_html()
    entry = LogEntry.objects.get(object_id=str(user.pk))
    assert (entry.change_message, entry.user.email) == ("Two-step sign-in reset", "boss@example.az")
    password_typed(client, user)
    assert client.get("/en/staff/").headers["Location"] == "/en/accounts/2fa/"


def test_nobody_else_resets_it(db: None) -> None:
    user = with_app(member_of_staff(days=8))
    boss = UserFactory.create(is_staff=True, is_superuser=True)
    colleague = UserFactory.create()
    roles.give(colleague, Role.CENTRE_STAFF)
    for who in (colleague, user, UserFactory.create()):
        assert client_of(who).post(reset_page(user), {"_form_submitted": "on"}).status_code in {302, 403}
    with_app(boss)
    own = client_of(boss).post(reset_page(boss), {"_form_submitted": "on"}, follow=True)
    assert "You change your own" in own.text
    assert Authenticator.objects.filter(user__in=[user, boss]).count() == 4
    assert mail.outbox == []


def test_there_may_be_nothing_to_reset(administrator: Client) -> None:
    user = member_of_staff(days=8)
    answer = administrator.post(reset_page(user), {"_form_submitted": "on"}, follow=True)
    assert "There is no second step to reset." in answer.text
    assert mail.outbox == []
    assert "Reset the two-step" not in administrator.get(english("accounts_user_change", user.pk)).text
