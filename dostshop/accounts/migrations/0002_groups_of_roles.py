"""A group for each role. Its rights come with the code: see ``dostshop.accounts.roles``."""

from typing import Any

from django.db import migrations

ROLES = ("instructor", "branch_staff", "centre_staff", "accountant")


def make_groups(apps: Any, schema_editor: Any) -> None:
    """Nobody is in one: memberships say who has the role."""
    Group = apps.get_model("auth", "Group")
    for role in ROLES:
        group, _is_new = Group.objects.get_or_create(name=role)
        group.user_set.clear()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
