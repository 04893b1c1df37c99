"""Every page of the admin: it opens for who may see it and for nobody else, in all three languages."""

from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import translation

from artisans.models import BranchPhoto
from catalog.models import CollectionItem, CollectionPhoto
from dostshop.accounts.models import Membership, Role
from dostshop.pages.models import Page
from orders.models import Order, ProviderEvent
from tests.admin.conftest import signed_in, staff
from tests.factories import (
    ArtisanFactory,
    BranchFactory,
    CollectionFactory,
    PhotoFactory,
    UserFactory,
    delivery_method,
    made_by,
    order_of,
    piece,
)

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
RENDITIONS = [{"format": "webp", "width": 320, "height": 240, "name": "x/320.webp", "size": 9000}]
ORIGINAL: dict[str, Any] = {"original": "originals/x.jpg", "original_width": 320, "original_height": 240}


@pytest.fixture
def order(db: None) -> Order:
    """An order, and with it a row of all that the shop's own pages show."""
    variant = piece()
    made_by(variant.product, ArtisanFactory.create())
    PhotoFactory.create(product=variant.product)
    BranchPhoto.objects.create(branch=BranchFactory.create(), renditions=RENDITIONS, **ORIGINAL)
    collection = CollectionFactory.create()
    CollectionPhoto.objects.create(collection=collection, **ORIGINAL)
    CollectionItem.objects.create(collection=collection, product=variant.product)
    ArtisanFactory.create()
    Page.objects.get_or_create(slug="about", defaults={"title": "Haqqımızda"})
    ProviderEvent.objects.create(event_id="evt_1", type="checkout.session.completed", payload={"id": "evt_1"})
    Membership.objects.create(user=UserFactory.create(), role=Role.CENTRE_STAFF)
    delivery_method()
    return order_of(variant, provider="branch")


def address(model: type[Model], page: str, *args: object, language: str = "az") -> str:
    with translation.override(language):
        return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.mark.parametrize("language", ["az", "ru", "en"])
def test_the_administrator_opens_every_page(administrator: Client, order: Order, language: str) -> None:
    with translation.override(language):
        assert administrator.get(reverse("admin:index")).status_code == 200
    for model in MODELS:
        assert administrator.get(address(model, "changelist", language=language)).status_code == 200, model
        assert administrator.get(address(model, "add", language=language)).status_code in {200, 403}, model
        row = model._default_manager.first()
        if row is not None:
            page = administrator.get(address(model, "change", row.pk, language=language))
            assert page.status_code == 200, model


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_strangers_are_asked_to_sign_in_and_shoppers_refused(client: Client, db: None, model: type[Model]) -> None:
    page = address(model, "changelist")
    assert client.get(page, follow=True).redirect_chain[-1][0] == f"{reverse('account_login')}?next={page}"
    assert signed_in(UserFactory.create()).get(page, follow=True).status_code == 403
    assert signed_in(staff(Role.CENTRE_STAFF)).get(page).status_code == 403
