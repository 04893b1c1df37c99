"""Whose pieces somebody works on in the studio."""

import pytest

from catalog import studio
from catalog.models import Product
from dostshop.accounts.models import Membership, Role, User, branches_worked_on_by
from tests.factories import BranchFactory, ProductFactory, UserFactory, worker

pytestmark = pytest.mark.django_db


def member(role: Role, *slugs: str) -> User:
    user: User = UserFactory.create()
    for branch in [BranchFactory.create(slug=slug) for slug in slugs] or [None]:
        Membership.objects.create(user=user, role=role, branch=branch)
    return user


def draft(slug: str, state: str = Product.State.DRAFT) -> Product:
    product: Product = ProductFactory.create(branch__slug=slug, state=state)
    return product


def test_instructors_change_the_drafts_of_their_branches() -> None:
    here, asked, there = draft("baku"), draft("baku", Product.State.CHANGES_ASKED), draft("barda")
    assert set(studio.editable_by(member(Role.INSTRUCTOR, "baku"))) == {here, asked}
    assert set(studio.editable_by(member(Role.INSTRUCTOR, "baku", "barda"))) == {here, asked, there}


@pytest.mark.parametrize("state", sorted(set(Product.State) - set(studio.EDITABLE)))
def test_what_was_sent_is_changed_no_more(state: str) -> None:
    draft("baku", state)
    assert not studio.editable_by(worker()).exists()


def test_the_centre_changes_those_of_all_branches() -> None:
    drafts = {draft("baku"), draft("barda")}
    assert set(studio.editable_by(member(Role.CENTRE_STAFF))) == drafts
    assert set(studio.editable_by(worker())) == drafts


def test_nobody_else_has_a_studio() -> None:
    draft("baku")
    for user in (UserFactory.create(), member(Role.BRANCH_STAFF, "baku"), member(Role.ACCOUNTANT)):
        assert branches_worked_on_by(user) == []
        assert not studio.editable_by(user).exists()
