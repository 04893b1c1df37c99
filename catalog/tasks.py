"""What the worker does for the catalogue."""

import logging

from django.apps import apps
from procrastinate.contrib.django import app

from catalog import photos
from dostshop.background.retrying import FOR_AN_HOUR
from dostshop.locks import outside_transactions
from dostshop.pictures import Picture

logger = logging.getLogger(__name__)


def render_later(picture: Picture) -> None:
    """Have the worker make the picture's renditions, once the transaction that this call is part of commits."""
    label = picture._meta.label
    render_picture.configure(lock=f"{label} {picture.pk}").defer(model=label, pk=picture.pk)


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
