"""A mail remembers that its sending was begun, so that a crash in the middle does not send it twice."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0022_failures_named")]

    operations = [
        migrations.AddField(
            model_name="ordermail",
            name="begun_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
