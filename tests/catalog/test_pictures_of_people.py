"""Pictures on which somebody is to be seen: caches keep them for a minute, wherever they lie."""

import json
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from artisans.models import ArtisanPhoto
from catalog import photos
from catalog.models import Photo
from dostshop.bucket import RenditionsInBucket
from dostshop.pictures import Picture
from tests.catalog.test_photos import as_bytes, files_in, red_above_blue
from tests.factories import ArtisanFactory, piece

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]

A_MINUTE = "public, max-age=60, must-revalidate"
A_YEAR = "public, max-age=31536000, immutable"


def rendered(picture: Picture) -> Picture:
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
    assert isinstance(photo, Photo)
    before = json.dumps(photo.renditions)
    photo.shows_person = True
    photo.save()
    photos.render(photo)
    assert kept_for(client, photo) == {A_MINUTE}
    assert files_in(own_storage / "renditions") == {rendition["name"] for rendition in photo.renditions}
    assert client.get(f"/media/{json.loads(before)[0]['name']}").status_code == 404
