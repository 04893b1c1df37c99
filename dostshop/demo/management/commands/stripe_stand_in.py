"""Runs the local Stripe stand-in. ``manage.py demo`` starts it; by hand it needs ``DEMO=1``."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from dostshop import env
from dostshop.demo.stripe_stand_in.server import StandIn


class Command(BaseCommand):
    help = "Runs the local Stripe stand-in."

    def handle(self, *args: str, **options: object) -> None:
        port = env.integer("DEMO_STRIPE_PORT", default=8001)
        try:
            stand_in = StandIn(
                secret_key=settings.STRIPE_SECRET_KEY,
                webhook_secret=settings.STRIPE_WEBHOOK_SECRET,
                webhook_url=f"{settings.SITE_URL}{reverse('payment_webhook', args=['stripe'])}",
                port=port,
                file=settings.VAR / "stripe-stand-in.json",
            )
        except OSError as error:
            raise CommandError(f"Port {port} is in use. Choose another with DEMO_STRIPE_PORT.") from error
        stand_in.run()
