"""Pictures of branches and collections are shown once staff said that nobody is visible."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("artisans", "0019_no_rule_of_days_gone_by"),
    ]

    operations = [
        migrations.AddField(
            model_name="branchphoto",
            name="shows_nobody",
            field=models.BooleanField(
                default=False,
                help_text="The shop shows this picture once you have looked and ticked this. Choose one without people.",
                verbose_name="nobody is visible",
            ),
        ),
    ]
