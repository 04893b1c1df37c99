"""Pages are made of the database alone: with files in a bucket, none of them asks the bucket anything."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.client import BaseClient
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from artisans.models import BranchPhoto
from catalog import photos
from catalog.models import Collection, CollectionPhoto, Photo, Product, Proposal
from tests.catalog.test_photos import as_bytes, red_above_blue
from tests.factories import ArtisanFactory, CollectionFactory, made_by, piece, worker

pytestmark = [pytest.mark.django_db, pytest.mark.parametrize("own_storage", ["bucket"], indirect=True)]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was asked of the bucket, as it is asked."""
    asked: list[str] = []
    really = BaseClient._make_api_call

    def noted(client: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:
        asked.append(operation)
        return really(client, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", noted)
    return asked


@pytest.fixture
def product(own_storage: object) -> Product:
    """With rendered pictures of itself, its maker, its branch and its collection."""
    product = piece(description_az="Əllə çərxdə düzəldilib.").product
    maker = ArtisanFactory.create()
    made_by(product, maker)
    Proposal.objects.create(product=product, instructor=worker())
    collection = CollectionFactory.create(is_featured=True)
    collection.products.add(product)
    for picture in (
        Photo(product=product, shows_person=False),
        BranchPhoto(branch=product.branch, shows_nobody=True),
        CollectionPhoto(collection=collection, shows_nobody=True),
    ):
        picture.original = SimpleUploadedFile("a.jpg", as_bytes(red_above_blue()))
        picture.save()
        photos.render(picture)
    return product


def pages(product: Product) -> Iterator[str]:
    yield from ("/", "/pieces/", "/search/?q=bady", "/artisans/", "/bag/", "/sitemap.xml", "/studio/", "/staff/")
    yield product.get_absolute_url()
    for linked in (product.craft, product.branch, Collection.objects.get()):
        yield linked.get_absolute_url()
    yield reverse("studio:piece", args=[product.code.lower()])
    yield from ("/admin/", "/admin/catalog/product/", f"/admin/catalog/product/{product.pk}/change/")
    yield f"/admin/artisans/branch/{product.branch_id}/change/"


def test_no_page_asks_the_bucket(product: Product, asked: list[str]) -> None:
    client = Client()
    client.force_login(worker())
    for address in pages(product):
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert asked == [], address


def test_a_page_names_pictures_by_their_public_address(product: Product, client: Client) -> None:
    page = client.get(product.get_absolute_url()).content.decode()
    assert f"https://pictures.example.az/public/{product.photos.get().renditions[0]['name']}" in page


def test_a_private_file_has_an_address_that_is_signed_and_ends(product: Product, asked: list[str]) -> None:
    signed = storages["default"].url(product.photos.get().original.name)
    assert "X-Amz-Signature=" in signed
    assert "X-Amz-Expires=" in signed
    assert asked == []
    # That it would be noticed:
    storages["default"].exists("originals/a.jpg")
    assert asked == ["HeadObject"]
