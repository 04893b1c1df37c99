"""What is here of a photo on its way, by name: two requests may have stored a part for the same place."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0015_studio")]

    operations = [
        migrations.AddField(
            model_name="upload",
            name="parts",
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=100), default=list),
        ),
    ]
