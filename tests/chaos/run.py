"""One chaos run, from an empty shop to its books."""

import random
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from django.core.management import call_command
from django.db import connection

from orders import ledger_checks
from tests.chaos import books, catalogue, checks, settling
from tests.chaos.clock import Clock
from tests.chaos.shop import Shop
from tests.chaos.shoppers import Diary, Shopper
from tests.chaos.staff import Hands, Staff
from tests.chaos.stand_ins import Providers

SHOPPERS = 8
STAFF = 2
# A shopper is most interested in what was put on the shelf last, and so are the others.
CROWD = 12
PROGRESS_SECONDS = 15
STANDSTILL_SECONDS = 180


@dataclass(frozen=True)
class Plan:
    orders: int
    kills: int
    seed: str


class Run:
    def __init__(self, shop: Shop, plan: Plan) -> None:
        self.shop = shop
        self.plan = plan
        self.diary = Diary()
        self.hands = Hands()
        self.providers = Providers(plan.seed)
        self.over = threading.Event()
        # So many orders, and when the last of them came.
        self.progress = 0, time.monotonic()
        self.staff = [Staff(shop, self.diary, self.hands, chance=self._chance(f"staff {n}")) for n in range(STAFF)]
        self.clock = Clock(self.providers, self.hands, chance=self._chance("clock"))

    def _chance(self, name: str) -> random.Random:
        return random.Random(f"{self.plan.seed} {name}")

    def go(self) -> list[str]:
        """What broke; empty where nothing did."""
        began = time.monotonic()
        call_command("migrate", verbosity=0, interactive=False)
        self.catalogue = catalogue.fill(self.plan.orders)
        connection.close()
        with self.providers.running():
            self.shop.open()
            for one in self.staff:
                one.sign_in()
            say(f"The shop is open: {len(self.catalogue.received)} pieces, {time.monotonic() - began:.0f} s.")
            self._storm()
            calm = time.monotonic()
            repaired = settling.settle(self.shop, self.providers, self.staff[0])
            say(f"It came to rest in {time.monotonic() - calm:.0f} s; the reconciler repaired {len(repaired)} things.")
            self.shop.stop_processes()
            return self._broken(time.monotonic() - began)

    def _storm(self) -> None:
        actors: list[tuple[Callable[[], object], float]] = [
            *((self._shop_at(self._chance(f"shopper {number}"), number), 0.05) for number in range(SHOPPERS)),
            *((one.work_once, 0.4) for one in self.staff),
            (self.clock.tick, 2.0),
        ]
        threads = [threading.Thread(target=self._act, args=actor, daemon=True) for actor in actors]
        threads.append(threading.Thread(target=self._guarded, args=[self._kill], daemon=True))
        for thread in threads:
            thread.start()
        said = time.monotonic()
        while not (self._is_enough() or self.over.wait(0.5)):
            if time.monotonic() - said > PROGRESS_SECONDS:
                said = time.monotonic()
                say(f"{len(self.diary.orders)} orders, {len(self.shop.kills)} kills")
                self._expect_progress()
        self.over.set()
        for thread in threads:
            thread.join(60)
            if thread.is_alive():
                self.diary.complaints.append(f"{thread.name} does not end, and may disturb the rest")

    def _is_enough(self) -> bool:
        return len(self.diary.orders) >= self.plan.orders and len(self.shop.kills) >= self.plan.kills

    def _expect_progress(self) -> None:
        now = time.monotonic()
        count = len(self.diary.orders)
        if count > self.progress[0]:
            self.progress = count, now
        elif now - self.progress[1] > STANDSTILL_SECONDS:
            raise SystemExit(f"No order was placed for {STANDSTILL_SECONDS} seconds.")

    def _act(self, act: Callable[[], object], pause: float) -> None:
        while not self.over.wait(pause):
            self._guarded(act)

    def _guarded(self, act: Callable[[], object]) -> None:
        """Who breaks down ends the run: one actor that goes home unnoticed would leave less to find."""
        try:
            act()
        except (Exception, SystemExit):  # noqa: BLE001 — whatever it was, it is told
            self.diary.complaints.append(traceback.format_exc())
            self.over.set()

    def _kill(self) -> None:
        """One after the other, spread over the orders of the run."""
        chance = self._chance("kills")
        between = self.plan.orders / (self.plan.kills + 1)
        victims: list[str] = []
        for number in range(self.plan.kills):
            while len(self.diary.orders) < (number + chance.uniform(0.2, 1)) * between:
                if self.over.wait(0.2):
                    return
            victims = victims or chance.sample(["web", "worker", "other worker", "database"], 4)
            victim = victims.pop()
            while not (self.shop.kill(victim, chance) or self.over.wait(0.2)):
                pass

    def _shop_at(self, chance: random.Random, number: int) -> Callable[[], None]:
        visits = iter(range(1_000_000))

        def come() -> None:
            once, more = self.catalogue.once, self.catalogue.more
            front = int(len(once) * min(1, len(self.diary.orders) / self.plan.orders))
            wanted = [*chance.sample(once[max(0, front - CROWD) : front + CROWD], chance.choice([0, 1, 1]))]
            wanted += chance.sample(more, chance.choice([1, 2]) if not wanted else chance.choice([0, 0, 1]))
            shopper = Shopper(
                self.shop,
                self.providers,
                self.diary,
                chance=chance,
                wanted=wanted,
                name=f"shopper-{number}-{next(visits)}",
            )
            shopper.come()

        return come

    def _broken(self, seconds: float) -> list[str]:
        read = books.read(
            received=self.catalogue.received, charges=self.providers.charges(), seen=set(self.diary.orders)
        )
        self._tell(read, seconds)
        broken = checks.problems(read) + settling.left_for_a_person() + _wrong_in_the_ledger()
        connection.close()
        return broken + self.diary.complaints + self.shop.deserters

    def _tell(self, read: books.Books, seconds: float) -> None:
        kills = Counter(kill.victim for kill in self.shop.kills)
        states = Counter(order.status for order in read.orders)
        mischief = self.providers.mischief
        say(f"Orders: {len(read.orders)} ({_counted(states)}).")
        say(f"Payments: {len(read.payments)}, charges {len(read.charges)}, refunds {len(read.refunds)}.")
        say(f"Kills: {sum(kills.values())} ({_counted(kills)}).")
        say(
            f"Webhooks: {mischief.dropped} dropped, {mischief.delayed} late, {mischief.repeated} repeated; "
            f"API calls: {mischief.failed} failed, {mischief.hung} without an answer."
        )
        say(f"Mails: {len(read.mails)}; invoices and credit notes: {len(read.invoices)}; tasks: {len(read.jobs)}.")
        say(f"Ledger: {len(read.ledger)} balances.")
        say(f"Steps of staff: {_counted(sum((one.taken for one in self.staff), Counter()))}.")
        say(
            f"Requests: {self.diary.requests}; turned away: {_counted(self.diary.turned_away)}; {seconds:.0f} s in all."
        )


def _wrong_in_the_ledger() -> list[str]:
    """What ``manage.py check_ledger`` would say; it would have booked the rest by itself."""
    not_booked = [f"the ledger lacks money of order {order.code}" for order in ledger_checks.not_booked()]
    return [*not_booked, *ledger_checks.disagreements()]


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def say(sentence: str) -> None:
    print(sentence, flush=True)  # noqa: T201 — this is what the command is for
