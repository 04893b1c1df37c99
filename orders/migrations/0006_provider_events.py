"""The inbox takes what any provider reports, and a payment names its provider by a code of the settings."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0005_days_on_the_way")]

    operations = [
        migrations.RenameModel("StripeEvent", "ProviderEvent"),
        migrations.AlterModelOptions(
            "providerevent",
            {"verbose_name": "provider's event", "verbose_name_plural": "providers' events", "ordering": ["-pk"]},
        ),
        # Every event so far is Stripe's.
        migrations.AddField(
            "providerevent",
            "provider",
            models.CharField("provider", max_length=20, default="stripe"),
            preserve_default=False,
        ),
        migrations.AlterField("providerevent", "event_id", models.CharField("event", max_length=255)),
        migrations.AlterField(
            model_name="payment",
            name="provider",
            field=models.CharField(max_length=20, verbose_name="provider"),
        ),
        migrations.AddIndex(
            model_name="providerevent",
            index=models.Index(
                condition=models.Q(("handled_at", None)), fields=["received_at"], name="orders_providerevent_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="providerevent",
            constraint=models.UniqueConstraint(fields=("provider", "event_id"), name="orders_providerevent_once"),
        ),
    ]
