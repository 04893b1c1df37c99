"""Information pages that staff write: about the Centre, how to buy, delivery, returns, privacy, contact."""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class Page(models.Model):
    slug = models.SlugField(_("address"), unique=True)
    title = models.CharField(_("title"), max_length=120)
    body = models.TextField(
        _("text"),
        blank=True,
        help_text=_(
            "Markdown: ## heading, - list, **bold**, [link](/…). "
            "On the page “Delivery” the prices stand before the first heading."
        ),
    )
    search_words = models.CharField(
        _("also found by"),
        max_length=300,
        blank=True,
        help_text=_("Words that a visitor may search for, in every language: phone, telefon, телефон"),
    )
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("information page")
        verbose_name_plural = _("information pages")
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("pages:page", args=[self.slug])
