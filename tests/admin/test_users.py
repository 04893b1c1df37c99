"""Only a superuser makes somebody staff, gives rights, or changes somebody who is staff."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from dostshop.accounts.models import Membership, Role, User
from tests.admin.conftest import english, signed_in, staff
from tests.factories import UserFactory

RIGHTS = ("add_user", "view_user", "change_user", "delete_user", "add_membership", "change_membership")


@pytest.fixture
def manager(db: None) -> Client:
    """Centre staff who may change users, and is no superuser."""
    return signed_in(staff(Role.CENTRE_STAFF, *RIGHTS))


def change(user: User) -> str:
    return reverse("admin:accounts_user_change", args=[user.pk])


def form(user: User, *, memberships: int = 0, **fields: Any) -> dict[str, Any]:
    return {
        "email": user.email,
        "name": user.name,
        "is_active": "on",
        "memberships-TOTAL_FORMS": memberships,
        "memberships-INITIAL_FORMS": 0,
        "emailaddress_set-TOTAL_FORMS": 0,
        "emailaddress_set-INITIAL_FORMS": 0,
        **fields,
    }


def test_a_manager_changes_a_shopper(manager: Client) -> None:
    shopper = UserFactory.create()
    manager.post(change(shopper), form(shopper, name="Yeni Ad"))
    shopper.refresh_from_db()
    assert shopper.name == "Yeni Ad"


def test_a_manager_gives_no_rights(manager: Client) -> None:
    shopper = UserFactory.create()
    role = {"memberships-0-role": Role.CENTRE_STAFF, "memberships-0-user": shopper.pk}
    forged = {"is_staff": "on", "is_superuser": "on", "user_permissions": ["1"], **role}
    manager.post(change(shopper), form(shopper, memberships=1, **forged))
    shopper.refresh_from_db()
    assert not shopper.is_staff
    assert not shopper.is_superuser
    assert not shopper.user_permissions.exists()
    assert not Membership.objects.filter(user=shopper).exists()


def test_a_manager_takes_over_no_account_of_staff(manager: Client, client: Client) -> None:
    boss = UserFactory.create(is_staff=True, is_superuser=True)
    password, email = boss.password, boss.email
    assert manager.post(change(boss), form(boss, email="thief@example.com")).status_code == 403
    passwords = {"password1": "thief's own words", "password2": "thief's own words", "usable_password": "true"}
    page = reverse("admin:auth_user_password_change", args=[boss.pk])
    assert manager.post(page, passwords).status_code == 403
    assert manager.post(reverse("admin:accounts_user_delete", args=[boss.pk]), {"post": "yes"}).status_code == 403
    data = {"action": "delete_selected", "_selected_action": [boss.pk], "post": "yes"}
    manager.post(reverse("admin:accounts_user_changelist"), data)
    boss.refresh_from_db()
    assert (boss.password, boss.email) == (password, email)


def test_an_administrator_makes_staff_with_a_role(administrator: Client) -> None:
    person = UserFactory.create()
    role = {"memberships-0-role": Role.ACCOUNTANT, "memberships-0-user": person.pk}
    answer = administrator.post(change(person), form(person, memberships=1, is_staff="on", **role))
    assert answer.status_code == 302
    person.refresh_from_db()
    assert person.is_staff
    assert [membership.role for membership in person.memberships.all()] == [Role.ACCOUNTANT]


def test_a_branch_role_without_a_branch_is_explained(administrator: Client) -> None:
    person = UserFactory.create()
    role = {"memberships-0-role": Role.INSTRUCTOR, "memberships-0-user": person.pk}
    page = administrator.post(english("accounts_user_change", person.pk), form(person, memberships=1, **role))
    assert "This role needs a branch." in page.content.decode()
    assert not person.memberships.exists()


def test_a_user_is_added_with_an_address_in_small_letters(administrator: Client) -> None:
    fields = {
        "email": "YENİ@Example.com",
        "name": "Yeni",
        "usable_password": "true",
        "password1": "a rather long password",
        "password2": "a rather long password",
        "memberships-TOTAL_FORMS": 0,
        "memberships-INITIAL_FORMS": 0,
        "emailaddress_set-TOTAL_FORMS": 0,
        "emailaddress_set-INITIAL_FORMS": 0,
    }
    administrator.post(reverse("admin:accounts_user_add"), fields)
    assert User.objects.filter(email="yeni@example.com").exists()
