"""Where a test keeps its files: in folders, or in a bucket of a server that speaks the API of S3."""

from collections.abc import Iterator
from uuid import uuid4

import boto3
import pytest
from django.core.files.storage import Storage, storages
from moto.server import ThreadedMotoServer
from pytest_django import Settings

import dostshop.settings as shop

KEYS = {"S3_REGION": "eu-central-1", "S3_ACCESS_KEY": "access", "S3_SECRET_KEY": "secret"}


def serve_s3() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def use_bucket(address: str, *, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """As an operator would, by settings alone; the bucket is new and empty. Returns the environment that says so."""
    bucket = f"shop-{uuid4().hex}"
    environment = {**KEYS, "S3_ENDPOINT_URL": address, "S3_BUCKET": bucket}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(shop, "S3_BUCKET", bucket)
    monkeypatch.setattr(shop, "PUBLIC_MEDIA_URL", "https://pictures.example.az/")
    settings.STORAGES = {
        **settings.STORAGES,
        "default": shop.storage("private", public=False),
        "renditions": shop.storage("public", public=True),
    }
    client = boto3.client(
        "s3",
        endpoint_url=address,
        region_name=KEYS["S3_REGION"],
        aws_access_key_id=KEYS["S3_ACCESS_KEY"],
        aws_secret_access_key=KEYS["S3_SECRET_KEY"],
    )
    client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": KEYS["S3_REGION"]})
    return environment


def kept_in(name: str) -> set[str]:
    """The names of all files of a storage."""
    return set(_names(storages[name], ""))


def _names(storage: Storage, folder: str) -> Iterator[str]:
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        # A folder is made by the first file in it.
        return
    yield from (f"{folder}{name}" for name in files)
    for name in folders:
        yield from _names(storage, f"{folder}{name}/")
