"""Pictures on which somebody is to be seen: caches keep them for a minute, wherever they lie."""

import json
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from artisans.models import ArtisanPhoto, BranchPhoto
from catalog import photos, tasks
from catalog.models import CollectionItem, CollectionPhoto, Photo
from dostshop.background.models import Job
from dostshop.bucket import RenditionsInBucket
from dostshop.pictures import Picture, PictureOfNobody
from tests.admin.test_withdrawals import form_at
from tests.catalog.test_photos import as_bytes, files_in, red_above_blue
from tests.factories import ArtisanFactory, BranchFactory, CollectionFactory, piece, worker

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]

A_MINUTE = "public, max-age=60, must-revalidate"
A_YEAR = "public, max-age=31536000, immutable"


def rendered[P: Picture](picture: P) -> P:
    picture.original = SimpleUploadedFile("IMG_1.JPG", as_bytes(red_above_blue()))
    picture.save()
    photos.render(picture)
    return picture


def kept_for(client: Client, picture: Picture) -> set[str]:
    """What the address of each rendition says, asked as a browser asks."""
    answers = [client.get(f"/media/{rendition['name']}") for rendition in picture.renditions]
    assert len(answers) >= 3
    assert {answer.status_code for answer in answers} == {200}
    assert all(answer.getvalue() for answer in answers)
    return {answer.headers["Cache-Control"] for answer in answers}


def test_pictures_are_kept_for_a_minute_until_somebody_said_that_nobody_is_in_them(client: Client) -> None:
    product = piece().product
    assert kept_for(client, rendered(ArtisanPhoto(artisan=ArtisanFactory.create()))) == {A_MINUTE}
    assert kept_for(client, rendered(Photo(product=product, shows_person=True))) == {A_MINUTE}
    assert kept_for(client, rendered(Photo(product=product))) == {A_MINUTE}
    assert kept_for(client, rendered(Photo(product=product, shows_person=False))) == {A_YEAR}


def test_pictures_of_branches_and_collections_are_shown_once_somebody_said_that_nobody_is_visible(
    client: Client,
) -> None:
    branch = BranchFactory.create()
    collection = CollectionFactory.create(slug="novruz", is_featured=True)
    CollectionItem.objects.create(collection=collection, product=piece().product)
    pictures: list[PictureOfNobody] = [
        rendered(BranchPhoto(branch=branch)),
        rendered(CollectionPhoto(collection=collection)),
    ]
    pages = ("/", "/branches/baku/", "/collections/novruz/")

    def shown() -> list[str]:
        texts = [client.get(address).content.decode() for address in pages]
        return [
            address for address, text in zip(pages, texts, strict=True) if any(str(p.key) in text for p in pictures)
        ]

    assert shown() == []
    for picture in pictures:
        assert kept_for(client, picture) == {A_MINUTE}
        picture.shows_nobody = True
        picture.save()
        photos.render(picture)
        assert kept_for(client, picture) == {A_YEAR}
    assert shown() == list(pages)


def test_staff_say_so_on_the_page_of_the_branch(client: Client) -> None:
    picture = rendered(BranchPhoto(branch=BranchFactory.create()))
    client.force_login(worker())
    address = reverse("admin:artisans_branch_change", args=[picture.branch_id])
    fields = form_at(client, address)
    fields.pop("photo-0-original")
    assert client.post(address, {**fields, "photo-0-shows_nobody": "on"}).status_code == 302
    picture.refresh_from_db()
    assert picture.shows_nobody
    assert Job.objects.get(task_name=tasks.render_picture.name).args["pk"] == picture.pk


def test_what_is_not_there_is_kept_by_nobody(client: Client) -> None:
    for address in ("/media/people/x/1-320.avif", "/media/people/", "/media/"):
        answer = client.get(address)
        assert answer.status_code == 404
        assert answer.headers["Cache-Control"] == "private, no-store"


def test_no_spelling_of_an_address_is_kept_for_longer(client: Client) -> None:
    name = rendered(ArtisanPhoto(artisan=ArtisanFactory.create())).renditions[0]["name"]
    for address in (f"/media//{name}", f"/media/./{name}", f"/media/x/../{name}"):
        answer = client.get(address)
        assert answer.getvalue()
        assert answer.headers["Cache-Control"] == A_MINUTE


def test_a_bucket_tells_its_caches_the_same() -> None:
    bucket = RenditionsInBucket(bucket_name="shop", location="public", object_parameters={"Tagging": "x=y"})
    of_people = bucket.get_object_parameters("public/people/x/1-320.avif")
    assert of_people == {"CacheControl": A_MINUTE, "Tagging": "x=y"}
    assert bucket.get_object_parameters("public/x/1-320.avif")["CacheControl"] == A_YEAR


def test_renditions_move_when_somebody_is_noticed(client: Client, own_storage: Path) -> None:
    photo = rendered(Photo(product=piece().product, shows_person=False))
    before = json.dumps(photo.renditions)
    photo.shows_person = True
    photo.save()
    photos.render(photo)
    assert kept_for(client, photo) == {A_MINUTE}
    assert files_in(own_storage / "renditions") == {rendition["name"] for rendition in photo.renditions}
    assert client.get(f"/media/{json.loads(before)[0]['name']}").status_code == 404
