"""A phone that sends photos to the studio, and what is left of them."""

from io import BytesIO
from typing import TYPE_CHECKING, Any

from django.test import Client
from PIL import Image

from catalog import tasks
from catalog.models import Photo, Product
from dostshop.accounts.models import Membership, Role, User
from dostshop.background.models import Job
from tests.factories import BranchFactory, ProductFactory, UserFactory
from tests.storing import kept_in

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

TUS = {"Tus-Resumable": "1.0.0"}


def picture(width: int = 300, height: int = 200, picture_format: str = "JPEG") -> bytes:
    content = BytesIO()
    Image.effect_noise((width, height), 60).convert("RGB").save(content, picture_format, quality=85)
    return content.getvalue()


def instructor(slug: str = "baku") -> User:
    user: User = UserFactory.create()
    Membership.objects.create(user=user, role=Role.INSTRUCTOR, branch=BranchFactory.create(slug=slug))
    return user


def draft(**fields: Any) -> Product:
    product: Product = ProductFactory.create(**{"state": Product.State.DRAFT, "published_at": None, **fields})
    return product


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


class Phone:
    """Speaks tus as the studio's page does, in English."""

    def __init__(self, user: User, product: Product) -> None:
        self.client = signed_in(user)
        self.product = product
        self.place = ""

    def begin(self, length: object, **headers: str) -> "Answer":
        answer = self.client.post(
            f"/en/studio/{self.product.code.lower()}/uploads/",
            headers={**TUS, "Upload-Length": str(length), **headers},
        )
        self.place = answer.headers.get("Location", "")
        return answer

    def send(self, part: bytes, *, offset: object, **headers: str) -> "Answer":
        return self.client.patch(
            self.place,
            part,
            content_type="application/offset+octet-stream",
            headers={**TUS, "Upload-Offset": str(offset), **headers},
        )

    def ask(self) -> "Answer":
        return self.client.head(self.place, headers=TUS)

    def stop(self) -> "Answer":
        return self.client.delete(self.place, headers=TUS)


def content_of(photo: Photo) -> bytes:
    with photo.original.open() as file:
        content: bytes = file.read()
    return content


def do_deferred() -> None:
    """What the worker would do with files, without its queue."""
    for job in Job.objects.filter(status="todo", task_name="catalog.discard_files"):
        tasks.discard_files(**job.args)


def stored() -> list[str]:
    """The files left once the worker is done."""
    do_deferred()
    return sorted(f"{storage}/{name}" for storage in ("default", "renditions") for name in kept_in(storage))
