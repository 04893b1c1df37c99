"""Invoices and credit notes; like order events they are only inserted, but for what comes later."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

SQL = """
CREATE TRIGGER orders_invoice_only_inserted
BEFORE UPDATE OF kind, year, number_in_year, order_id, payment_id, refund_id, issued_at, language, total, tax, currency,
    content OR DELETE ON orders_invoice
FOR EACH ROW EXECUTE FUNCTION orders_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0015_refunds_tried_again"),
    ]

    operations = [
        migrations.CreateModel(
            name="InvoiceSeries",
            fields=[
                ("year", models.PositiveSmallIntegerField(primary_key=True, serialize=False, verbose_name="year")),
                ("last_number", models.PositiveIntegerField(default=0, verbose_name="last number")),
            ],
            options={
                "verbose_name": "series of invoices",
                "verbose_name_plural": "series of invoices",
                "ordering": ["-year"],
            },
        ),
        migrations.AlterField(
            model_name="ordermail",
            name="kind",
            field=models.CharField(
                choices=[
                    ("received", "order received"),
                    ("paid", "payment received"),
                    ("ready", "ready for pickup"),
                    ("shipped", "parcel sent"),
                    ("handed_over", "handed over"),
                    ("cancelled", "order cancelled"),
                    ("expired", "order expired"),
                    ("paid_too_late", "refunded: the piece was gone"),
                    ("refunded", "money given back"),
                    ("reminder", "reminder to pay"),
                    ("return_asked", "return asked for"),
                    ("return_accepted", "return accepted"),
                    ("return_refused", "return refused"),
                    ("return_received", "returned pieces received"),
                    ("receipt", "receipt for the VAT refund"),
                ],
                max_length=20,
                verbose_name="mail",
            ),
        ),
        migrations.CreateModel(
            name="Invoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("invoice", "invoice"), ("credit_note", "credit note")],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                ("year", models.PositiveSmallIntegerField(verbose_name="year")),
                ("number_in_year", models.PositiveIntegerField(verbose_name="number in the year")),
                ("issued_at", models.DateTimeField(verbose_name="issued")),
                (
                    "language",
                    models.CharField(
                        choices=[("az", "Azərbaycanca"), ("ru", "Русский"), ("en", "English")],
                        max_length=2,
                        verbose_name="language",
                    ),
                ),
                ("total", models.DecimalField(decimal_places=2, max_digits=10, verbose_name="total")),
                ("tax", models.DecimalField(decimal_places=2, max_digits=10, verbose_name="tax in the total")),
                ("currency", models.CharField(default="AZN", max_length=3, verbose_name="currency")),
                ("content", models.JSONField(verbose_name="content")),
                (
                    "fiscal_id",
                    models.CharField(
                        blank=True,
                        max_length=12,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[0-9A-Za-z]{12}$", "A fiscal number has 12 letters and digits."
                            )
                        ],
                        verbose_name="fiscal number",
                    ),
                ),
                ("file", models.FileField(blank=True, upload_to="invoices/%Y/", verbose_name="file")),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invoices",
                        to="orders.order",
                        verbose_name="order",
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invoices",
                        to="orders.payment",
                        verbose_name="payment",
                    ),
                ),
                (
                    "refund",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credit_note",
                        to="orders.refund",
                        verbose_name="refund",
                    ),
                ),
            ],
            options={
                "verbose_name": "invoice",
                "verbose_name_plural": "invoices",
                "ordering": ["-year", "-number_in_year"],
                "constraints": [
                    models.UniqueConstraint(fields=("year", "number_in_year"), name="orders_invoice_number_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "invoice")), fields=("order",), name="orders_invoice_one_per_order"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "invoice"), ("refund__isnull", True)),
                            models.Q(("kind", "credit_note"), ("refund__isnull", False)),
                            _connector="OR",
                        ),
                        name="orders_invoice_credit_note_has_refund",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("number_in_year__gt", 0)), name="orders_invoice_number_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("tax__gte", 0), ("tax__lte", models.F("total")), ("total__gt", 0)),
                        name="orders_invoice_tax_within_total",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("fiscal_id", ""), _negated=True),
                        fields=("fiscal_id",),
                        name="orders_invoice_fiscal_id_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("fiscal_id", ""), ("fiscal_id__regex", "^[0-9A-Za-z]{12}$"), _connector="OR"
                        ),
                        name="orders_invoice_fiscal_id_has_12",
                    ),
                ],
            },
        ),
        migrations.RunSQL(SQL, "DROP TRIGGER orders_invoice_only_inserted ON orders_invoice"),
    ]
