"""Prints the private names of the database, one a line, to look for where none of them may stand."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import QuerySet

from artisans.models import ArtisanPrivate, ConsentForm


class Command(BaseCommand):
    help = "Prints the legal names of makers, and of who signed or stood by for them, one a line."

    def handle(self, *_args: Any, **_options: Any) -> None:
        records = ArtisanPrivate.objects.all()
        forms = ConsentForm.objects.all()
        names = {
            *_names(records, "legal_name"),
            *_names(records, "representative"),
            *_names(forms, "representative"),
            *_names(forms, "second_signer"),
            *_names(forms, "witness"),
        }
        self.stdout.writelines(f"{name}\n" for name in sorted(names - {""}))


def _names(rows: QuerySet[Any], field: str) -> set[str]:
    return {" ".join(name.split()) for name in rows.values_list(field, flat=True)}
