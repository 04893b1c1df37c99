"""That a maker took consents back."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from artisans.models.artisan import Artisan
from artisans.models.consent import Channel, Scope


class Withdrawal(models.Model):
    """It names nobody: it outlives what it removed, and a copy beside the files outlives the database."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    artisan = models.ForeignKey(Artisan, models.PROTECT, related_name="withdrawals", verbose_name=_("artisan"))
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope), verbose_name=_("what"))
    channels = ArrayField(models.CharField(max_length=20, choices=Channel), verbose_name=_("where"))
    withdrawn_at = models.DateTimeField(_("withdrawn"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("recorded by"),
    )
    # See ``digest_of``: the pages at these addresses answer 410.
    former_addresses = ArrayField(models.CharField(max_length=64), default=list, editable=False)
    # What was removed and what stays, as numbers and codes.
    report = models.JSONField(_("report"), default=dict, editable=False)
    # Storage and name of each file that is to go; empty once they are gone.
    files = models.JSONField(default=list, editable=False)
    files_gone_at = models.DateTimeField(_("files deleted"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("withdrawal")
        verbose_name_plural = _("withdrawals")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.artisan.code} {timezone.localdate(self.withdrawn_at):%d.%m.%Y}"
