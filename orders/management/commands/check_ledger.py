from typing import Any

from django.core.management.base import BaseCommand, CommandError

from orders import ledger_checks


class Command(BaseCommand):
    help = "Books what the ledger lacks of the orders' money, and tells where the two differ."

    def handle(self, *args: Any, **options: Any) -> None:
        orders = ledger_checks.not_booked()
        for order in orders:
            ledger_checks.book(order.pk)
            self.stdout.write(f"{order.code}: booked now")
        if problems := list(ledger_checks.disagreements()):
            raise CommandError("\n".join(problems))
        self.stdout.write("The ledger, the payments and the payouts agree.")
