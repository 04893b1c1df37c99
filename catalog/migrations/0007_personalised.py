"""What is made for one buyer alone is not taken back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0006_pages_are_signposts")]

    operations = [
        migrations.AddField(
            model_name="product",
            name="is_personalised",
            field=models.BooleanField(
                default=False,
                help_text="With a name on it, or to the buyer's own measure. It cannot be returned.",
                verbose_name="made for one buyer alone",
            ),
        ),
    ]
