"""Whoever has a role has its rights, from its first minute to its last, and there is no other way to them."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.db.models.signals import post_migrate

from artisans.models import Branch
from dostshop.accounts import roles
from dostshop.accounts.models import Membership, Role, User
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def named(role: Role) -> set[str]:
    return {f"{label}.{name}" for label, names in roles.RIGHTS.get(role, {}).items() for name in names}


def of_group(role: Role) -> set[str]:
    rights = Group.objects.get(name=role).permissions.values_list("content_type__app_label", "codename")
    return {f"{label}.{name}" for label, name in rights}


def migrated() -> None:
    """What every ``migrate`` ends with, for each app."""
    for config in apps.get_app_configs():
        post_migrate.send(sender=config, app_config=config, using="default", verbosity=0, interactive=False)


def member(role: Role) -> User:
    user: User = UserFactory.create()
    branch = Branch.objects.get(slug="baku") if role in {Role.INSTRUCTOR, Role.BRANCH_STAFF} else None
    roles.give(user, role, branch=branch.pk if branch else None)
    return User.objects.get(pk=user.pk)


@pytest.mark.parametrize("role", Role)
def test_a_new_shop_has_a_group_for_each_role_with_its_rights(role: Role) -> None:
    assert of_group(role) == named(role)


def test_every_update_puts_the_rights_right() -> None:
    group = Group.objects.get(name=Role.ACCOUNTANT)
    group.permissions.set(Permission.objects.filter(codename__in=["add_user", "view_order"]))
    other = Group.objects.create(name="Kuryer")
    other.permissions.set(Permission.objects.filter(codename="view_fulfilment"))
    migrated()
    assert of_group(Role.ACCOUNTANT) == named(Role.ACCOUNTANT)
    assert [right.codename for right in other.permissions.all()] == ["view_fulfilment"]


@pytest.mark.parametrize("role", Role)
def test_a_membership_alone_gives_the_rights_and_opens_the_admin(role: Role) -> None:
    user = member(role)
    assert user.get_all_permissions() == named(role)
    assert user.is_staff is (role != Role.INSTRUCTOR)
    assert not user.groups.exists()


def test_with_the_membership_its_rights_are_gone_at_once() -> None:
    user = member(Role.CENTRE_STAFF)
    user.memberships.all().delete()
    roles.let_in(user)
    former = User.objects.get(pk=user.pk)
    assert former.get_all_permissions() == set()
    assert not former.is_staff


def test_rights_of_two_roles_add_up() -> None:
    user = member(Role.ACCOUNTANT)
    roles.give(user, Role.INSTRUCTOR, branch=Branch.objects.get(slug="barda").pk)
    assert User.objects.get(pk=user.pk).get_all_permissions() == named(Role.ACCOUNTANT)
    assert User.objects.get(pk=user.pk).is_staff


def test_to_be_in_the_group_of_a_role_gives_nothing() -> None:
    user = UserFactory.create(is_staff=True)
    user.groups.set(Group.objects.filter(name__in=Role.values))
    assert User.objects.get(pk=user.pk).get_all_permissions() == set()
    extra = Group.objects.create(name="Kuryer")
    extra.permissions.set(Permission.objects.filter(codename="view_fulfilment"))
    user.groups.add(extra)
    assert User.objects.get(pk=user.pk).get_all_permissions() == {"orders.view_fulfilment"}


def test_who_is_no_longer_active_has_no_rights() -> None:
    user = member(Role.CENTRE_STAFF)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert User.objects.get(pk=user.pk).get_all_permissions() == set()


def test_an_instructor_has_no_rights_in_the_admin_even_as_staff() -> None:
    user = member(Role.INSTRUCTOR)
    User.objects.filter(pk=user.pk).update(is_staff=True)
    assert User.objects.get(pk=user.pk).get_all_permissions() == set()


def test_a_role_of_a_branch_is_not_given_without_one() -> None:
    user = UserFactory.create()
    with pytest.raises(ValidationError):
        roles.give(user, Role.BRANCH_STAFF)
    assert not Membership.objects.filter(user=user).exists()


def test_rights_take_two_questions(django_assert_num_queries: Any) -> None:
    user = member(Role.BRANCH_STAFF)
    with django_assert_num_queries(2):
        assert user.has_perm("orders.change_order")
        assert not user.has_perm("orders.add_refund")
