"""Who may send photos of which piece to the studio."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from catalog.models import Product, Upload
from dostshop.accounts.models import Membership, Role, User
from tests.catalog.phones import TUS, Phone, draft, instructor, picture
from tests.factories import BranchFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]


@pytest.fixture
def user() -> User:
    return instructor()


@pytest.fixture
def product() -> Product:
    return draft()


@pytest.fixture
def phone(user: User, product: Product) -> Phone:
    return Phone(user, product)


@pytest.mark.parametrize(
    "who",
    [
        pytest.param(lambda: instructor("barda"), id="instructor of another branch"),
        pytest.param(UserFactory.create, id="shopper"),
        pytest.param(lambda: _with_role(Role.BRANCH_STAFF, "baku"), id="branch staff"),
        pytest.param(lambda: _with_role(Role.ACCOUNTANT), id="accountant"),
    ],
)
def test_for_others_there_is_no_such_piece(phone: Phone, who: Callable[[], User]) -> None:
    stranger = Phone(who(), phone.product)
    assert stranger.begin(1000).status_code == 404
    phone.begin(1000)
    stranger.place = phone.place
    assert stranger.ask().status_code == 404
    assert stranger.send(b"x", offset=0).status_code == 404
    assert stranger.stop().status_code == 404
    assert Upload.objects.get().offset == 0


def _with_role(role: Role, branch: str | None = None) -> User:
    user: User = UserFactory.create()
    Membership.objects.create(
        user=user, role=role, branch=BranchFactory.create(slug=branch) if branch is not None else None
    )
    return user


def test_another_instructor_of_the_branch_does_not_go_on_with_it(phone: Phone) -> None:
    phone.begin(1000)
    colleague = Phone(instructor(), phone.product)
    colleague.place = phone.place
    assert colleague.ask().status_code == 404
    assert colleague.send(b"x", offset=0).status_code == 404
    assert colleague.begin(1000).status_code == 201


def test_the_centres_staff_send_photos_of_every_branch(product: Product) -> None:
    for user in (_with_role(Role.CENTRE_STAFF), UserFactory.create(is_superuser=True)):
        content = picture()
        phone = Phone(user, product)
        phone.begin(len(content))
        assert phone.send(content, offset=0).status_code == 204


def test_who_left_the_branch_sends_nothing_more(phone: Phone) -> None:
    phone.begin(1000)
    Membership.objects.all().delete()
    assert phone.send(b"x", offset=0).status_code == 404


@pytest.mark.parametrize("state", sorted(set(Product.State) - {Product.State.DRAFT, Product.State.CHANGES_ASKED}))
def test_what_is_under_review_or_beyond_gets_no_photos(phone: Phone, state: str) -> None:
    Product.objects.update(state=state, published_at=timezone.now())
    assert phone.begin(1000).status_code == 404


def test_what_is_to_be_changed_gets_photos(phone: Phone) -> None:
    Product.objects.update(state=Product.State.CHANGES_ASKED)
    assert phone.begin(1000).status_code == 201


def test_who_is_not_signed_in_any_more_is_told_so_and_loses_nothing(phone: Phone, user: User) -> None:
    content = picture()
    phone.begin(len(content))
    phone.send(content[:500], offset=0)
    phone.client.logout()
    for answer in (phone.ask(), phone.send(content[500:], offset=500), phone.stop()):
        assert answer.status_code == 401
    assert "Sign in again" in answer.text
    place = phone.place
    assert phone.begin(1000).status_code == 401
    phone.client.force_login(user)
    phone.place = place
    assert phone.ask().headers["Upload-Offset"] == "500"
    assert phone.send(content[500:], offset=500).status_code == 204


def test_no_other_site_sends_photos(user: User, product: Product) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    begin = f"/studio/{product.code.lower()}/uploads/"
    assert client.post(begin, headers={**TUS, "Upload-Length": "10"}).status_code == 403
    assert not Upload.objects.exists()
