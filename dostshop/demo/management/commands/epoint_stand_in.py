"""Runs the local Epoint stand-in. ``manage.py demo`` starts it; by hand it needs ``DEMO=1``."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from dostshop import env
from dostshop.demo.epoint_stand_in.server import EpointStandIn


class Command(BaseCommand):
    help = "Runs the local Epoint stand-in."

    def handle(self, *args: str, **options: object) -> None:
        port = env.integer("DEMO_EPOINT_PORT", default=8002)
        try:
            stand_in = EpointStandIn(
                public_key=settings.EPOINT_PUBLIC_KEY,
                private_key=settings.EPOINT_PRIVATE_KEY,
                callback_url=f"{settings.SITE_URL}{reverse('payment_webhook', args=['epoint'])}",
                port=port,
                file=settings.VAR / "epoint-stand-in.json",
            )
        except OSError as error:
            raise CommandError(f"Port {port} is in use. Choose another with DEMO_EPOINT_PORT.") from error
        stand_in.run()
