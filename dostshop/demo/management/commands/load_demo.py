from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from dostshop.demo import loading


class Command(BaseCommand):
    help = "Loads the demo catalogue. What is there already stays as it is."

    def handle(self, **options: Any) -> None:
        pieces = loading.load()
        self.stdout.write(f"{pieces} pieces are new in the demo catalogue.")
        call_command("render_pictures", "--missing", stdout=self.stdout, stderr=self.stderr)
