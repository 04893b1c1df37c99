"""What the comparison with the payment providers found."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0008_mails_about")]

    operations = [
        migrations.CreateModel(
            name="Reconciliation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("started_at", models.DateTimeField(auto_now_add=True, verbose_name="began")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="ended")),
                ("findings", models.JSONField(default=list, verbose_name="findings")),
            ],
            options={
                "verbose_name": "reconciliation",
                "verbose_name_plural": "reconciliations",
                "ordering": ["-pk"],
            },
        ),
    ]
