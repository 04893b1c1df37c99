from typing import Any

from django.core.management.base import BaseCommand

from catalog import withdrawals


class Command(BaseCommand):
    help = "Removes again what makers had taken back before a backup was restored."

    def handle(self, *args: Any, **options: Any) -> None:
        applied = withdrawals.apply()
        for withdrawal in applied:
            self.stdout.write(f"{withdrawal.artisan.code}: {', '.join(withdrawal.report['scopes'])}")
        if not applied:
            self.stdout.write("Nothing to remove.")
