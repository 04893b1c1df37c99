"""What the worker does for the catalogue."""

import logging

from django.apps import apps
from django.db import transaction
from procrastinate.contrib.django import app

from catalog import photos
from catalog.models import Upload
from dostshop.background.retrying import FOR_AN_HOUR, OVER_THE_WEEKEND
from dostshop.erasing import erase_all
from dostshop.locks import outside_transactions
from dostshop.pictures import Picture

logger = logging.getLogger(__name__)


def render_later(picture: Picture) -> None:
    """Have the worker make the picture's renditions, once the transaction that this call is part of commits."""
    render_picture.configure(lock=_lock(picture)).defer(model=picture._meta.label, pk=picture.pk)


def discard_later(picture: Picture, *, original: str = "") -> None:
    """Have the worker delete the files of a deleted picture, or an original that another one took the place of."""
    files = [("default", original)] if original else picture.files
    discard_files.configure(lock=_lock(picture)).defer(files=[list(file) for file in files])


def discard_parts_later(upload: Upload) -> None:
    """Have the worker delete what came of a photo; also the photo's original, where no photo was made of it."""
    beginnings = [upload.folder] if upload.photo_id else [upload.folder, f"originals/{upload.key}"]
    discard_files.configure(lock=f"Upload {upload.key}").defer(files=[["default", name] for name in beginnings])


def _lock(picture: Picture) -> str:
    return f"{picture._meta.label} {picture.pk}"


@app.task(name="catalog.render_picture", queue="pictures", retry=FOR_AN_HOUR)
@outside_transactions
def render_picture(*, model: str, pk: int) -> None:
    """A picture that was deleted meanwhile is no mistake; one that cannot be used is not tried again."""
    picture = apps.get_model(model)._default_manager.filter(pk=pk).first()
    if not isinstance(picture, Picture):
        return
    try:
        photos.render(picture)
    except photos.UnusablePicture as problem:
        logger.warning("%s %s cannot be rendered: %s", model, pk, problem.message)


@app.task(name="catalog.discard_files", queue="pictures", retry=OVER_THE_WEEKEND)
@outside_transactions
def discard_files(*, files: list[list[str]]) -> None:
    """Any number of times."""
    erase_all((alias, beginning) for alias, beginning in files)


@app.periodic(cron="41 * * * *")
@app.task(name="catalog.forget_uploads", queueing_lock="catalog.forget_uploads", pass_context=False)
def forget_uploads(timestamp: int) -> None:
    """Every hour: photos of which nothing more came."""
    for upload in Upload.objects.abandoned():
        with transaction.atomic():
            # Unless the phone went on with it meanwhile.
            if Upload.objects.abandoned().filter(pk=upload.pk).delete()[0]:
                discard_parts_later(upload)
