"""Files that staff bring, what their rows would do, and what became of them."""

import uuid
from pathlib import PurePath
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


def stored_name(instance: "Import", filename: str) -> str:
    return f"imports/{uuid.uuid4()}{PurePath(filename).suffix.lower()}"


class Import(models.Model):
    """Never public, and kept for a few days only: tables may hold words of makers and addresses of buyers."""

    class State(models.TextChoices):
        CHECKING = "checking", _("being read")
        UNREADABLE = "unreadable", _("cannot be read")
        CHECKED = "checked", _("waits for you")
        APPLYING = "applying", _("being carried out")
        APPLIED = "applied", _("carried out")

    kind = models.CharField(_("what"), max_length=20)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("who"))
    # As its owner calls it.
    filename = models.CharField(_("file"), max_length=200)
    # Empty once it is not needed any more.
    file = models.FileField(upload_to=stored_name, blank=True)
    # In which its sentences are.
    language = models.CharField(max_length=2)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.CHECKING)
    # Why it cannot be read, or is to be looked at anew.
    sentence = models.TextField(blank=True)
    digest = models.CharField(max_length=64, blank=True)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    created_at = models.DateTimeField(_("since"), auto_now_add=True)
    applied_at = models.DateTimeField(_("carried out"), null=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.filename

    @property
    def is_at_work(self) -> bool:
        return self.state in {self.State.CHECKING, self.State.APPLYING}


class ImportLineQuerySet(models.QuerySet["ImportLine"]):
    def wrong(self) -> "ImportLineQuerySet":
        return self.exclude(problems=[])


class ImportLine(models.Model):
    """A row that changes something, or cannot be taken."""

    source = models.ForeignKey(Import, models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=300)
    is_new = models.BooleanField()
    # Lists of column, before and after.
    changes = models.JSONField(default=list)
    # Lists of column and sentence.
    problems = ArrayField(ArrayField(models.TextField(), size=2), default=list)

    objects: ClassVar[ImportLineQuerySet] = ImportLineQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.number}: {self.name}"
