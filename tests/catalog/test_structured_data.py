"""What search engines read about a branch."""

import json
import re
from datetime import time
from typing import Any

import pytest
from django.test import Client

from artisans.models import Branch, OpeningHours

pytestmark = pytest.mark.django_db


def store(client: Client) -> dict[str, Any]:
    page = client.get("/en/branches/baku/").content.decode()
    [found] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
    data: dict[str, Any] = json.loads(found)
    return data


def test_it_says_where_a_branch_is_and_when_it_is_open(client: Client) -> None:
    branch = Branch.objects.get(slug="baku")
    OpeningHours.objects.create(branch=branch, weekday=7, opens=time(9), closes=time(13, 30))
    found = store(client)
    assert (found["@type"], found["name"]) == ("Store", "Baku – DOST Centre")
    assert found["url"] == "http://localhost:8000/en/branches/baku/"
    assert found["telephone"] == branch.phone.as_e164
    assert found["email"] == "shop@localhost"
    assert found["address"]["addressCountry"] == "AZ"
    assert {
        "@type": "OpeningHoursSpecification",
        "dayOfWeek": "https://schema.org/Sunday",
        "opens": "09:00",
        "closes": "13:30",
    } in found["openingHoursSpecification"]


def test_it_leaves_out_what_is_not_known(client: Client) -> None:
    OpeningHours.objects.all().delete()
    Branch.objects.filter(slug="baku").update(offers_pickup=False, phone="", latitude=None)
    found = store(client)
    assert not {"telephone", "geo", "openingHoursSpecification"} & set(found)


def test_nothing_typed_ends_the_script(client: Client) -> None:
    name: dict[str, Any] = {"name_en": "</script><b>&"}
    Branch.objects.filter(slug="baku").update(**name)
    assert store(client)["name"] == "</script><b>&"
