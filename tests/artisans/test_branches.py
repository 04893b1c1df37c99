"""Where orders can be picked up: only where a shopper can find the way."""

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import translation

from artisans.models import Branch
from tests.admin.conftest import english
from tests.factories import BranchFactory, UserFactory

pytestmark = pytest.mark.django_db

migration = import_module("artisans.migrations.0004_pickup_can_be_found")


@pytest.mark.parametrize("missing", [{"address_az": ""}, {"address_az": None}, {"phone": ""}])
def test_pickup_needs_a_street_address_and_a_phone(missing: dict[str, Any]) -> None:
    baku = Branch.objects.filter(slug="baku")
    with pytest.raises(IntegrityError, match="pickup_can_be_found"), transaction.atomic():
        baku.update(**missing)

    baku.update(**missing, offers_pickup=False)
    branch = baku.get()
    branch.full_clean()
    assert set(branch.lacks_for_pickup) == set(missing)

    branch.offers_pickup = True
    with pytest.raises(ValidationError) as refused:
        branch.full_clean()
    assert set(refused.value.message_dict) >= set(missing)


def test_the_other_languages_are_optional() -> None:
    branch = BranchFactory.create()
    branch.full_clean()
    with translation.override("ru"):
        assert branch.address == "Sınaq küçəsi 1"


def test_the_shop_opens_without_pickup_where_only_the_town_is_known() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE artisans_branch DROP CONSTRAINT artisans_branch_pickup_can_be_found")
    only_the_town: dict[str, Any] = {"address_az": "Bakı şəhəri"}
    Branch.objects.filter(slug="baku").update(**only_the_town)
    Branch.objects.filter(slug="barda").update(phone="")
    migration.leave_out_what_is_unknown(apps, None)

    assert list(Branch.objects.filter(offers_pickup=True).values_list("slug", flat=True)) == ["ismayilli"]
    assert [branch.slug for branch in Branch.objects.all() if "address_az" in branch.lacks_for_pickup] == ["baku"]


def test_an_address_that_staff_wrote_in_another_language_stays() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE artisans_branch DROP CONSTRAINT artisans_branch_pickup_can_be_found")
    half_filled: dict[str, Any] = {"address_az": "Bakı şəhəri", "address_ru": "ул. Низами, 1", "address_en": "Baku"}
    Branch.objects.filter(slug="baku").update(**half_filled)
    only_the_towns: dict[str, Any] = {
        "address_az": "AZ0900 Bərdə",
        "address_ru": "AZ0900 Барда",
        "address_en": "AZ0900 Bərdə",
    }
    Branch.objects.filter(slug="barda").update(**only_the_towns)
    migration.leave_out_what_is_unknown(apps, None)

    columns = ("slug", "address_az", "address_ru", "address_en", "offers_pickup")
    assert list(Branch.objects.filter(slug__in=("baku", "barda")).values_list(*columns)) == [
        ("baku", "", "ул. Низами, 1", "", False),
        ("barda", "", "", "", False),
    ]


def test_staff_see_which_branches_lack_what_pickup_needs(client: Client) -> None:
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    Branch.objects.filter(slug="baku").update(offers_pickup=False, phone="")
    Branch.objects.filter(slug="barda").update(offers_pickup=False)
    page = client.get(english("artisans_branch_changelist")).content.decode()

    assert page.count("address or phone missing") == page.count("not offered") == 1

    change = english("artisans_branch_change", Branch.objects.get(slug="baku").pk)
    fields = {"name_az": "Bakı", "city_az": "Bakı", "slug": "baku", "position": "1", "offers_pickup": "on"}
    fields["preparation_days"] = "2"
    inline = {f"{part}-{number}_FORMS": "0" for part in ("photo", "hours") for number in ("TOTAL", "INITIAL")}
    page = client.post(change, {**fields, **inline}).content.decode()

    assert "Pickup needs the street address in Azerbaijani." in page
    assert "Pickup needs a phone number that shoppers can call." in page
    assert not Branch.objects.get(slug="baku").offers_pickup

    filled = {"address_az": "Nizami küçəsi 1", "phone": "012 555 01 01"}
    assert client.post(change, {**fields, **inline, **filled}).status_code == 302
    assert Branch.objects.get(slug="baku").offers_pickup


def test_the_page_of_a_branch_without_an_address_names_the_town(client: Client) -> None:
    unknown: dict[str, Any] = {"offers_pickup": False, "address_az": "", "phone": ""}
    Branch.objects.filter(slug="barda").update(**unknown)
    page = " ".join(client.get("/en/branches/barda/").content.decode().split())

    assert "<dt>Address</dt> <dd> Bərdə" in page
    assert "pick up your order here" not in page
