"""How a product was before: what staff typed of it, each time that it was changed."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from catalog.models.product import Product


class ProductVersion(models.Model):
    """A product with its variants, makers and photos as a transaction left them.

    Triggers, made by a migration, write it; ``catalog/versions.py`` says who is at work, and forgets what is withdrawn.
    """

    product = models.ForeignKey(
        Product, models.CASCADE, db_index=False, related_name="versions", verbose_name=_("product")
    )
    at = models.DateTimeField(_("when"), db_default=Now())
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("who")
    )
    # By column; ``variants``, ``makers`` and ``photos`` by code or key, then by column.
    data = models.JSONField(_("content"))

    class Meta:
        verbose_name = _("version of a product")
        verbose_name_plural = _("versions of products")
        ordering = ["-pk"]
        default_permissions = ()
        indexes = [models.Index(fields=["product", "-id"], name="catalog_productversion_last")]

    def __str__(self) -> str:
        return f"{self.product_id} {self.at:%Y-%m-%d %H:%M}"


class KeepsNoTexts(models.Model):
    """That versions of a product have no texts: a name that was withdrawn stood in them."""

    product = models.OneToOneField(Product, models.CASCADE, primary_key=True, related_name="+")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.product_id)
