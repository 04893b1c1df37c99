"""People at work in the branches and in the centre, signed in; an account that buyers may pay into."""

import pytest
from django.test import Client
from pytest_django import Settings

from dostshop.accounts.models import Role
from tests.admin.conftest import BRANCH_WORK, signed_in, staff
from tests.factories import BranchFactory


def of(slug: str) -> Client:
    return signed_in(staff(Role.BRANCH_STAFF, *BRANCH_WORK, branch=BranchFactory.create(slug=slug)))


@pytest.fixture
def baku() -> Client:
    return of("baku")


@pytest.fixture
def barda() -> Client:
    return of("barda")


@pytest.fixture
def centre() -> Client:
    return signed_in(staff(Role.CENTRE_STAFF, *BRANCH_WORK))


@pytest.fixture
def bank_account(settings: Settings) -> None:
    settings.BANK_IBAN = "AZ39DOST00000000000000000001"
    settings.BANK_ACCOUNT_NAME = "DOST Mərkəzi"
    settings.BANK_NAME = "Nümunə Bank"
