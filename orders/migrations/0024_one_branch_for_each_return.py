"""The branch of each return, the day a parcel came and the day until which it may be returned, as it was told."""

from datetime import date, timedelta

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone

DAYS_TO_RETURN = 14
FRIDAY = 5
DAY = timedelta(days=1)
# A holiday without an end closes the post no longer than this.
LONGEST_CLOSED = 400

type Holidays = list[tuple[date, date]]


def fill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Returns go where the shop sent them until now, and may be asked for as long as it told."""
    for returned in apps.get_model("orders", "Return").objects.select_related("order"):
        line = returned.lines.order_by("pk").select_related("line__fulfilment").first()
        returned.branch_id = returned.order.pickup_branch_id or line.line.fulfilment.branch_id
        returned.save(update_fields=["branch"])
    holidays = apps.get_model("orders", "Holiday").objects.filter(branch=None)
    closed = list(holidays.values_list("first_day", "last_day"))
    gone = apps.get_model("orders", "Fulfilment").objects.filter(handed_over_at__isnull=False)
    for part in gone.select_related("order"):
        day = timezone.localdate(part.handed_over_at)
        if part.order.delivery == "post":
            day = arrival(day, part.order.delivery_days_max or 0, closed)
        part.returnable_until = day + DAYS_TO_RETURN * DAY
        part.save(update_fields=["returnable_until"])


def arrival(day: date, days: int, closed: Holidays) -> date:
    """What left on a day without post leaves on the next one with it, and is so many such days on the way."""
    day = first_day_of_post(day, closed)
    for _step in range(days):
        day = first_day_of_post(day + DAY, closed)
    return day


def first_day_of_post(day: date, closed: Holidays) -> date:
    ahead = (day + step * DAY for step in range(LONGEST_CLOSED))
    return next((one for one in ahead if has_post(one, closed)), day)


def has_post(day: date, closed: Holidays) -> bool:
    return day.isoweekday() <= FRIDAY and not any(first <= day <= last for first, last in closed)


class Migration(migrations.Migration):
    dependencies = [("artisans", "0005_opening_hours"), ("orders", "0023_mails_begun")]

    operations = [
        migrations.AddField(
            model_name="fulfilment",
            name="received_on",
            field=models.DateField(blank=True, null=True, verbose_name="received by the buyer"),
        ),
        migrations.AddField(
            model_name="fulfilment",
            name="returnable_until",
            field=models.DateField(blank=True, null=True, verbose_name="can be returned until"),
        ),
        migrations.AddField(
            model_name="return",
            name="note",
            field=models.CharField(blank=True, max_length=250, verbose_name="note"),
        ),
        migrations.AddField(
            model_name="return",
            name="branch",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="returns",
                to="artisans.branch",
                verbose_name="branch",
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
