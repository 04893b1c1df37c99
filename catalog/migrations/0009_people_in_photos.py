"""Who is visible in a photo; and makers of products, to be asked only as far as they may be shown."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("artisans", "0007_consent_in_force"),
        ("catalog", "0008_export_rules"),
    ]

    operations = [
        migrations.CreateModel(
            name="PublicMaker",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("share", models.DecimalField(decimal_places=2, max_digits=5)),
            ],
            options={
                "ordering": ["-share", "pk"],
                "managed": False,
                "default_permissions": (),
            },
        ),
        migrations.RunSQL(
            "CREATE VIEW catalog_publicmaker AS SELECT id, product_id, artisan_id, share FROM catalog_productmaker",
            "DROP VIEW catalog_publicmaker",
        ),
        migrations.AddField(
            model_name="photo",
            name="people",
            field=models.ManyToManyField(
                blank=True,
                help_text="Everybody. The photo is shown while each of them agrees to be shown by face.",
                related_name="+",
                to="artisans.artisan",
                verbose_name="who is visible",
            ),
        ),
        migrations.AlterField(
            model_name="signpost",
            name="artisan",
            field=models.ForeignKey(
                db_constraint=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="artisans.publicartisan",
            ),
        ),
    ]
