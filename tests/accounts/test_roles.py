"""Who has which role, and where."""

import pytest

from artisans.models import Branch
from dostshop.accounts.models import Membership, Role, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def baku() -> Branch:
    return Branch.objects.get(slug="baku")


@pytest.fixture
def barda() -> Branch:
    return Branch.objects.get(slug="barda")


@pytest.fixture
def instructor(baku: Branch) -> User:
    user = User.objects.create_user("instructor@example.az")
    Membership.objects.create(user=user, role=Role.INSTRUCTOR, branch=baku)
    return user


def test_role_in_the_own_branch_only(instructor: User, baku: Branch, barda: Branch) -> None:
    assert instructor.has_role(Role.INSTRUCTOR, branch=baku)
    assert instructor.has_role(Role.INSTRUCTOR)
    assert not instructor.has_role(Role.INSTRUCTOR, branch=barda)
    assert not instructor.has_role(Role.BRANCH_STAFF, branch=baku)


def test_branches_where_someone_has_the_role(instructor: User, baku: Branch) -> None:
    assert list(Branch.objects.filter(pk__in=instructor.branches_as(Role.INSTRUCTOR))) == [baku]
    assert list(instructor.branches_as(Role.BRANCH_STAFF)) == []


def test_who_is_no_longer_active_has_no_role(instructor: User, baku: Branch) -> None:
    instructor.is_active = False
    assert not instructor.has_role(Role.INSTRUCTOR, branch=baku)
    assert list(instructor.branches_as(Role.INSTRUCTOR)) == []


def test_centre_staff_have_their_role_without_a_branch() -> None:
    user = User.objects.create_user("centre@example.az")
    Membership.objects.create(user=user, role=Role.CENTRE_STAFF)
    assert user.has_role(Role.CENTRE_STAFF)
    assert not User.objects.create_user("shopper@example.az").has_role(Role.CENTRE_STAFF)
