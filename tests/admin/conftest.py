"""Signed-in people for the pages of the admin, and one row of everything that it shows."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse
from django.utils import translation

from artisans.models import Branch
from dostshop.accounts.models import Membership, Role, User
from tests.factories import UserFactory

# What somebody would be given who does a branch's daily work.
BRANCH_WORK = (
    "view_order",
    "change_order",
    "view_product",
    "change_product",
    "view_variant",
    "change_stock",
    "view_hold",
    "view_artisan",
    "view_branch",
    "view_invoice",
    "view_return",
    "change_return",
)


def staff(role: Role, *permissions: str, branch: Branch | None = None) -> User:
    """With these rights alone: in this test the role itself brings none. “test_rights.of” makes those with a role's."""
    Group.objects.get(name=role).permissions.clear()
    user: User = UserFactory.create(is_staff=True)
    Membership.objects.create(user=user, role=role, branch=branch)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def english(name: str, *args: object) -> str:
    """The address of a page of the admin in English, for tests that read what it says."""
    with translation.override("en"):
        return reverse(f"admin:{name}", args=args)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture(autouse=True)
def _each_test_begins_in_azerbaijani() -> Iterator[None]:
    """A request leaves its language behind, and ``reverse`` follows it."""
    with translation.override("az"):
        yield


@pytest.fixture
def administrator(db: None) -> Client:
    return signed_in(UserFactory.create(is_staff=True, is_superuser=True))


@pytest.fixture
def baku_staff(db: None) -> Client:
    return signed_in(staff(Role.BRANCH_STAFF, *BRANCH_WORK, branch=Branch.objects.get(slug="baku")))


@pytest.fixture
def barda_staff(db: None) -> Client:
    return signed_in(staff(Role.BRANCH_STAFF, *BRANCH_WORK, branch=Branch.objects.get(slug="barda")))


@pytest.fixture
def centre_staff(db: None) -> Client:
    return signed_in(staff(Role.CENTRE_STAFF, *BRANCH_WORK))
