"""``make demo``: the whole shop on this machine, with nothing to configure."""

import logging
import signal
import socket
import sys
import time
from types import FrameType
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from dostshop import env
from dostshop.demo import people, static_files
from dostshop.demo.environment import EPOINT_STAND_IN
from dostshop.demo.processes import ProcessDied, Processes

FIRST_PAGE_WITHIN_SECONDS = 60


class Command(BaseCommand):
    help = "Runs the shop with its demo catalogue, and prints the address. Ctrl-C stops it."
    requires_system_checks = []

    def handle(self, *args: str, **options: object) -> None:
        refuse_another_database()
        for port, name in ports().items():
            refuse_taken_port(port, name)
        signal.signal(signal.SIGTERM, _interrupt)
        # A shell starts what it puts into the background with this signal ignored.
        signal.signal(signal.SIGINT, _interrupt)
        # What the shop tells its operators would bury what the demo tells the person at the terminal.
        logging.disable(logging.INFO)
        try:
            self.prepare()
            with Processes(settings.VAR / "log") as processes:
                start(processes)
                wait_for_first_page(processes)
                self.stdout.write(welcome())
                self.stdout.flush()
                processes.watch()
        except ProcessDied as death:
            raise CommandError(str(death)) from None
        except KeyboardInterrupt:
            self.stdout.write("\nThe shop is closed. What was bought is kept for the next time.")

    def prepare(self) -> None:
        self.stdout.write("Getting the shop ready. The first time takes a few minutes.")
        self.stdout.flush()
        call_command("migrate", verbosity=0, interactive=False)
        call_command("load_demo", stdout=self.stdout, stderr=self.stderr)
        static_files.collect_changed()


def refuse_another_database() -> None:
    if env.text("DATABASE_URL", default=""):
        raise CommandError(
            "DATABASE_URL is set, and the demo never touches a database that it did not make. "
            "Start it without: env -u DATABASE_URL make demo"
        )


def ports() -> dict[int, str]:
    """What the demo listens on, and the variable that changes it."""
    listening = {urlsplit(settings.SITE_URL).port or 80: "PORT"}
    if uses_stripe_stand_in():
        listening[env.integer("DEMO_STRIPE_PORT", default=0)] = "DEMO_STRIPE_PORT"
    if uses_epoint_stand_in():
        listening[env.integer("DEMO_EPOINT_PORT", default=0)] = "DEMO_EPOINT_PORT"
    return listening


def uses_stripe_stand_in() -> bool:
    """False where STRIPE_SECRET_KEY names an account at Stripe itself."""
    return bool(settings.STRIPE_API_URL)


def uses_epoint_stand_in() -> bool:
    """False where EPOINT_PUBLIC_KEY names a merchant at Epoint itself."""
    return bool(settings.EPOINT_PUBLIC_KEY == EPOINT_STAND_IN)


def refuse_taken_port(port: int, variable: str) -> None:
    with socket.socket() as probe:
        # As the servers do: a connection of the last run that is not quite over takes nothing.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise CommandError(
                f"Port {port} is in use, perhaps by another demo. Stop what uses it, or choose another port: "
                f"make demo {variable}={port + 10}"
            ) from None


def start(processes: Processes) -> None:
    manage = (sys.executable, "manage.py")
    if uses_stripe_stand_in():
        processes.start("Stripe stand-in", *manage, "stripe_stand_in")
    if uses_epoint_stand_in():
        processes.start("Epoint stand-in", *manage, "epoint_stand_in")
    processes.start("worker", *manage, "procrastinate", "worker")
    address = f"127.0.0.1:{urlsplit(settings.SITE_URL).port or 80}"
    server = (sys.executable, "-m", "gunicorn", "dostshop.wsgi")
    processes.start("web server", *server, "--config", "dostshop/gunicorn.py", "--bind", address)


def wait_for_first_page(processes: Processes) -> None:
    """Until the home page is there. Raises ProcessDied or CommandError where it does not come."""
    address = settings.SITE_URL.replace("localhost", "127.0.0.1")
    deadline = time.monotonic() + FIRST_PAGE_WITHIN_SECONDS
    while time.monotonic() < deadline:
        processes.check()
        try:
            status = requests.get(address, timeout=10).status_code
        except requests.RequestException:
            time.sleep(0.1)
            continue
        if status == 200:
            return
        raise CommandError(f"The home page answers with status {status}; {settings.VAR}/log/web-server.log says why.")
    raise CommandError(f"The home page did not come in {FIRST_PAGE_WITHIN_SECONDS} seconds.")


def welcome() -> str:
    width = max(len(person.title) for person in people.PEOPLE)
    sign_ins = [f"    {person.title:{width}}  {person.email}  {person.password}" for person in people.PEOPLE]
    return "\n".join(
        [
            "",
            f"  The shop is open:   {settings.SITE_URL}/   in Russian /ru/, in English /en/",
            f"  Its mails:          {settings.SITE_URL}{reverse('demo:mails')}",
            f"  The branches' work: {settings.SITE_URL}{reverse('work:list')}",
            f"  The admin:          {settings.SITE_URL}{reverse('admin:index')}",
            f"  Sign-ins:           {settings.SITE_URL}{reverse('account_login')}",
            *sign_ins,
            f"  Paying by card:     {_card_hint()}",
            "",
            "  Ctrl-C closes the shop.",
        ]
    )


def _card_hint() -> str:
    if uses_stripe_stand_in():
        return "no money moves; the payment page offers cards that pay, that ask, and that are declined"
    return f"by Stripe; let it report to {settings.SITE_URL}{reverse('payment_webhook', args=['stripe'])}"


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
