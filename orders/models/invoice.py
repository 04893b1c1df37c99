"""Invoices and credit notes, numbered in one series a year."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dostshop import money
from orders.models.order import Order
from orders.models.payment import Payment, Refund

# A receipt of the tax office's own register, by its number.
FISCAL_PAGE = "https://monitoring.e-kassa.gov.az/#/index?doc="
FISCAL_ID = r"^[0-9A-Za-z]{12}$"
is_fiscal_id = RegexValidator(FISCAL_ID, _("A fiscal number has 12 letters and digits."))


class InvoiceSeries(models.Model):
    """The last number of a year. Its row is the last that anybody locks."""

    year = models.PositiveSmallIntegerField(_("year"), primary_key=True)
    last_number = models.PositiveIntegerField(_("last number"), default=0)

    class Meta:
        verbose_name = _("series of invoices")
        verbose_name_plural = _("series of invoices")
        ordering = ["-year"]

    def __str__(self) -> str:
        return f"{self.year}: {self.last_number}"


class Invoice(models.Model):
    """What was sold or given back, as it was then. Never deleted nor changed; a trigger refuses it.

    Only the fiscal number and the printed file come later.
    """

    class Kind(models.TextChoices):
        INVOICE = "invoice", _("invoice")
        CREDIT_NOTE = "credit_note", _("credit note")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    year = models.PositiveSmallIntegerField(_("year"))
    number_in_year = models.PositiveIntegerField(_("number in the year"))
    order = models.ForeignKey(Order, models.PROTECT, related_name="invoices", verbose_name=_("order"))
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="invoices", verbose_name=_("payment"))
    refund = models.OneToOneField(
        Refund, models.PROTECT, null=True, blank=True, related_name="credit_note", verbose_name=_("refund")
    )
    issued_at = models.DateTimeField(_("issued"))
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES)
    total = models.DecimalField(_("total"), max_digits=10, decimal_places=2)
    tax = models.DecimalField(_("tax in the total"), max_digits=10, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3, default=money.CURRENCY)
    # Seller, buyer, lines and taxes, as orders/invoices.py writes them.
    content = models.JSONField(_("content"))
    fiscal_id = models.CharField(_("fiscal number"), max_length=12, blank=True, validators=[is_fiscal_id])
    file = models.FileField(_("file"), upload_to="invoices/%Y/", blank=True)

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        ordering = ["-year", "-number_in_year"]
        constraints = [
            models.UniqueConstraint(fields=["year", "number_in_year"], name="orders_invoice_number_once"),
            models.UniqueConstraint(fields=["order"], condition=Q(kind="invoice"), name="orders_invoice_one_per_order"),
            models.CheckConstraint(
                condition=Q(kind="invoice", refund__isnull=True) | Q(kind="credit_note", refund__isnull=False),
                name="orders_invoice_credit_note_has_refund",
            ),
            models.CheckConstraint(condition=Q(number_in_year__gt=0), name="orders_invoice_number_positive"),
            models.CheckConstraint(
                condition=Q(total__gt=0, tax__gte=0, tax__lte=F("total")), name="orders_invoice_tax_within_total"
            ),
            models.UniqueConstraint(
                fields=["fiscal_id"], condition=~Q(fiscal_id=""), name="orders_invoice_fiscal_id_once"
            ),
            models.CheckConstraint(
                condition=Q(fiscal_id="") | Q(fiscal_id__regex=FISCAL_ID), name="orders_invoice_fiscal_id_has_12"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return f"{self.year}-{self.number_in_year:05d}"

    def get_absolute_url(self) -> str:
        """The document; opens for whoever has the order's link."""
        with translation.override(self.language):
            return reverse("orders:invoice", args=[self.order.code, self.order.secret, self.number])

    @property
    def title(self) -> str:
        """As the document calls itself, in the language of the page."""
        title = gettext("Credit note %(number)s") if self.is_credit_note else gettext("Invoice %(number)s")
        return title % {"number": self.number}

    @property
    def is_credit_note(self) -> bool:
        return self.kind == self.Kind.CREDIT_NOTE

    @property
    def gives_tax_back(self) -> bool:
        """Whether there is tax in it that a buyer can ask for with the fiscal number."""
        return bool(self.fiscal_id and self.tax and not self.is_credit_note)

    @property
    def fiscal_code_label(self) -> str:
        return gettext("The receipt in the tax office's register, as a code for the camera")

    @property
    def fiscal_url(self) -> str:
        """Where the receipt can be looked at; what its QR code says."""
        return FISCAL_PAGE + self.fiscal_id if self.fiscal_id else ""
