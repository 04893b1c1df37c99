from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from orders import reconciling
from orders.models import Reconciliation


class Command(BaseCommand):
    help = "Compares the shop with its payment providers, repairs what differs, and prints what it changed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=reconciling.LOOKS_BACK.days, help="how far to look back")

    def handle(self, *args: Any, **options: Any) -> None:
        run = reconciling.reconcile(since=timezone.now() - timedelta(days=options["days"]))
        for found in run.findings:
            kind = Reconciliation.Finding(found["kind"]).label
            self.stdout.write(" · ".join(filter(None, [found["order"], str(kind), found["detail"]])))
        if not run.findings:
            self.stdout.write("Nothing to repair.")
