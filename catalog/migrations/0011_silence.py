"""Of which products the storefront names no branch: those that a minor had a hand in."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Who is not known to be of age is taken for a minor. The index on the makers of a product does the looking up, so that
# a page of products reads the makers of these alone.
VIEW = f"""
CREATE VIEW catalog_silence AS
SELECT product.id AS product_id
FROM catalog_product product
WHERE EXISTS (
    SELECT FROM catalog_productmaker made
    LEFT JOIN artisans_artisanprivate private ON private.artisan_id = made.artisan_id
    WHERE made.product_id = product.id
    AND (
        private.birth_date IS NULL
        OR private.birth_date + interval '18 years' > (now() AT TIME ZONE '{settings.TIME_ZONE}')::date
    )
)
"""  # noqa: S608 — the setting is the shop's own


class Migration(migrations.Migration):
    dependencies = [
        ("artisans", "0015_consents_in_order_of_time"),
        ("catalog", "0010_share_said_plainly"),
    ]

    operations = [
        migrations.CreateModel(
            name="Silence",
            fields=[
                (
                    "product",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="silence",
                        serialize=False,
                        to="catalog.product",
                    ),
                ),
            ],
            options={
                "managed": False,
                "default_permissions": (),
            },
        ),
        migrations.RunSQL(VIEW, "DROP VIEW catalog_silence"),
    ]
