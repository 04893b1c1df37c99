"""Orders and their lines keep the tax that they were sold with; those from before were sold with none."""

from django.db import migrations, models

VAT = [
    ("none", "the seller is not registered for VAT"),
    ("standard", "VAT"),
    ("exempt", "exempt from VAT"),
    ("export", "export, VAT 0 %"),
]


def columns(*, null: bool) -> "list[tuple[str, str, models.Field]]":
    kind = {"choices": VAT, "max_length": 10, "null": null}
    rate = {"decimal_places": 2, "max_digits": 4, "null": null}
    tax = {"decimal_places": 2, "max_digits": 10, "null": null}
    return [
        ("lineitem", "vat", models.CharField(verbose_name="VAT", **kind)),
        ("lineitem", "tax_rate", models.DecimalField(verbose_name="VAT, %", **rate)),
        ("lineitem", "tax", models.DecimalField(verbose_name="tax in the total", **tax)),
        ("order", "delivery_vat", models.CharField(verbose_name="VAT of the delivery", **kind)),
        ("order", "delivery_tax_rate", models.DecimalField(verbose_name="VAT of the delivery, %", **rate)),
        (
            "order",
            "delivery_tax",
            models.DecimalField(verbose_name="tax in the delivery", **{**tax, "max_digits": 8}),
        ),
        ("order", "tax", models.DecimalField(verbose_name="tax in the total", **tax)),
    ]


FILL = """
UPDATE orders_lineitem SET vat = 'none', tax_rate = 0, tax = 0 WHERE vat IS NULL;
UPDATE orders_order SET delivery_vat = 'none', delivery_tax_rate = 0, delivery_tax = 0, tax = 0 WHERE tax IS NULL;
-- Foreign keys that are checked at the commit stand in the way of changing the tables in the same transaction.
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0009_reconciliations")]

    operations = [
        *(migrations.AddField(model, name, field) for model, name, field in columns(null=True)),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        *(migrations.AlterField(model, name, field) for model, name, field in columns(null=False)),
        migrations.AddConstraint(
            model_name="lineitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("tax__gte", 0), ("tax__lte", models.F("total"))),
                name="orders_lineitem_tax_within_total",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("delivery_tax__gte", 0),
                    ("delivery_tax__lte", models.F("delivery_total")),
                    ("tax__gte", models.F("delivery_tax")),
                    ("tax__lte", models.F("total")),
                ),
                name="orders_order_tax_within_total",
            ),
        ),
    ]
