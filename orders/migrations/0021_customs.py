"""Lines keep what the customs ask about them; those from before have the weights of today."""

from django.db import migrations, models

WEIGHT = "weight of one, g"
FILL = """
UPDATE orders_lineitem SET weight_g = product.weight_g
FROM catalog_variant variant JOIN catalog_product product ON product.id = variant.product_id
WHERE variant.id = orders_lineitem.variant_id AND orders_lineitem.weight_g IS NULL;
-- Foreign keys that are checked at the commit stand in the way of changing the table in the same transaction.
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0008_export_rules"), ("orders", "0020_surcharges_and_towns")]

    operations = [
        migrations.AddField("lineitem", "weight_g", models.PositiveIntegerField(verbose_name=WEIGHT, null=True)),
        migrations.AddField(
            "lineitem",
            "hs_code",
            models.CharField(verbose_name="customs code (HS)", max_length=10, blank=True, default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            "lineitem",
            "export_permit",
            models.CharField(verbose_name="number of the export permit", max_length=60, blank=True, default=""),
            preserve_default=False,
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField("lineitem", "weight_g", models.PositiveIntegerField(verbose_name=WEIGHT)),
    ]
