"""Only a superuser gives roles and rights, or changes somebody who has any."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from artisans.models import Branch
from dostshop.accounts import roles
from dostshop.accounts.models import Membership, Role, User
from tests.admin.conftest import english, signed_in, staff
from tests.admin.test_rights import of
from tests.factories import UserFactory

# All that is about users and groups: what would be given by mistake at the worst.
RIGHTS = tuple(
    f"{action}_{model}"
    for action in ("add", "view", "change", "delete")
    for model in ("user", "membership", "group", "permission")
)


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


def rights_of(user: User) -> tuple[Any, ...]:
    kept = User.objects.get(pk=user.pk)
    lists = (kept.groups, kept.user_permissions, kept.memberships)
    return kept.is_staff, kept.is_superuser, *(sorted(each.values_list("pk", flat=True)) for each in lists)


def test_a_manager_is_shown_no_field_that_gives_rights(manager: Client) -> None:
    page = manager.get(change(UserFactory.create()))
    asked = set(page.context["adminform"].form.fields)
    assert "name" in asked
    assert asked.isdisjoint({"is_staff", "is_superuser", "groups", "user_permissions"})
    assert not any(inline.has_add_permission for inline in page.context["inline_admin_formsets"])


@pytest.mark.parametrize("whose", ["own", "an instructor's", "a shopper's with rights"])
def test_nobody_with_rights_is_changed_by_a_manager(manager: Client, whose: str) -> None:
    people = {"own": User.objects.get(memberships__role=Role.CENTRE_STAFF)}
    people["an instructor's"] = instructor = UserFactory.create()
    roles.give(instructor, Role.INSTRUCTOR, branch=Branch.objects.get(slug="baku").pk)
    people["a shopper's with rights"] = shopper = UserFactory.create()
    shopper.user_permissions.set(Permission.objects.filter(codename="view_order"))
    user = people[whose]
    before = rights_of(user), user.email
    forged = {"is_superuser": "on", "groups": ["1"], "memberships-0-role": Role.ACCOUNTANT}
    answer = manager.post(change(user), form(user, memberships=1, email="thief@example.com", **forged))
    assert answer.status_code == 403
    page = reverse("admin:auth_user_password_change", args=[user.pk])
    typed = {"password1": "thief's own words", "password2": "thief's own words", "usable_password": "true"}
    assert manager.post(page, typed).status_code == 403
    assert (rights_of(user), User.objects.get(pk=user.pk).email) == before
    assert User.objects.get(pk=user.pk).password == user.password


@pytest.mark.parametrize("role", [*Role, None])
def test_whoever_is_no_administrator_makes_and_changes_no_group(role: Role | None, db: None) -> None:
    """With a role's own rights, and (None) with every right there is about users and groups."""
    client = of(role) if role else signed_in(staff(Role.CENTRE_STAFF, *RIGHTS))
    group = Group.objects.create(name="Kuryer")
    typed = {"name": "Hamısı", "permissions": list(Permission.objects.values_list("pk", flat=True))}
    urls = [english("auth_group_add"), english("auth_group_change", group.pk), english("auth_group_delete", group.pk)]
    assert [client.post(url, {**typed, "post": "yes"}).status_code for url in urls] in ([403] * 3, [302] * 3)
    group.refresh_from_db()
    assert (group.name, group.permissions.count()) == ("Kuryer", 0)
    assert not Group.objects.filter(name="Hamısı").exists()


def test_a_user_whom_a_manager_adds_has_no_rights(manager: Client) -> None:
    typed = {
        "email": "new@example.com",
        "usable_password": "true",
        "is_staff": "on",
        "is_superuser": "on",
        "password1": "a rather long password",
        "password2": "a rather long password",
        "groups": ["1"],
        "memberships-TOTAL_FORMS": 1,
        "memberships-INITIAL_FORMS": 0,
        "memberships-0-role": Role.CENTRE_STAFF,
        "emailaddress_set-TOTAL_FORMS": 0,
        "emailaddress_set-INITIAL_FORMS": 0,
        "user_permissions": ["1"],
    }
    manager.post(reverse("admin:accounts_user_add"), typed)
    assert rights_of(User.objects.get(email="new@example.com")) == (False, False, [], [], [])


def test_the_group_of_a_role_is_looked_at_and_nobody_is_put_into_it(administrator: Client) -> None:
    group, person = Group.objects.get(name=Role.ACCOUNTANT), UserFactory.create()
    before = group.permissions.count()
    page = english("auth_group_change", group.pk)
    assert administrator.get(page).status_code == 200
    assert administrator.post(page, {"name": "accountant", "permissions": []}).status_code == 403
    assert administrator.post(english("auth_group_delete", group.pk), {"post": "yes"}).status_code == 403
    assert group.permissions.count() == before
    answer = administrator.post(english("accounts_user_change", person.pk), form(person, groups=[group.pk]))
    assert answer.status_code == 200
    assert not person.groups.exists()


def test_a_role_opens_the_admin_by_itself_and_closes_it(administrator: Client) -> None:
    person = UserFactory.create()
    given = {"memberships-0-role": Role.CENTRE_STAFF, "memberships-0-user": person.pk}
    administrator.post(change(person), form(person, memberships=1, **given))
    assert User.objects.get(pk=person.pk).is_staff
    kept = person.memberships.get()
    taken = {**given, "memberships-0-id": kept.pk, "memberships-0-DELETE": "on", "memberships-INITIAL_FORMS": 1}
    administrator.post(change(person), form(person, memberships=1, is_staff="on", **taken))
    assert not User.objects.get(pk=person.pk).is_staff


def test_an_administrator_makes_another(administrator: Client) -> None:
    person = UserFactory.create()
    administrator.post(change(person), form(person, is_superuser="on"))
    assert rights_of(person)[:2] == (True, True)


def test_an_administrator_makes_staff_with_a_role(administrator: Client) -> None:
    person = UserFactory.create()
    role = {"memberships-0-role": Role.ACCOUNTANT, "memberships-0-user": person.pk}
    answer = administrator.post(change(person), form(person, memberships=1, **role))
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
