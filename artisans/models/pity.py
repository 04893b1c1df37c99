"""Words that make a person smaller than the work."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class PityWord(models.Model):
    """Staff are warned of it in texts; ``artisans/dignity.py`` finds it with its endings."""

    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES)
    word = models.CharField(
        _("word"), max_length=60, help_text=_("As a dictionary has it; it is found with its endings too.")
    )

    class Meta:
        verbose_name = _("word of pity")
        verbose_name_plural = _("words of pity")
        ordering = ["language", "word"]
        constraints = [models.UniqueConstraint(fields=["language", "word"], name="artisans_pityword_once")]

    def __str__(self) -> str:
        return self.word
