"""What is said of a share that cannot be; the rule is the same."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("catalog", "0009_people_in_photos")]

    operations = [
        migrations.AlterConstraint(
            model_name="productmaker",
            name="catalog_productmaker_share_range",
            constraint=models.CheckConstraint(
                condition=Q(("share__gt", 0), ("share__lte", 100)),
                name="catalog_productmaker_share_range",
                violation_error_message="A share is more than 0 and at most 100 percent.",
            ),
        ),
    ]
