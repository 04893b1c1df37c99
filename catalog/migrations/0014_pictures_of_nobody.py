"""Pictures of branches and collections are shown once staff said that nobody is visible."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0013_no_name_shown_tells_the_legal_one"),
    ]

    operations = [
        migrations.AddField(
            model_name="collectionphoto",
            name="shows_nobody",
            field=models.BooleanField(
                default=False,
                help_text="The shop shows this picture once you have looked and ticked this. Choose one without people.",
                verbose_name="nobody is visible",
            ),
        ),
    ]
