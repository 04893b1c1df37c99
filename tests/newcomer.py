"""``make newcomer``: what the README promises to somebody new, done and timed.

Clones this checkout as it is committed, and in the clone, with nothing installed, types ``make demo``. From there to
the first page it may take five minutes, with the install, the database, the catalogue and its pictures; the second
time ten seconds. A piece is bought in between and must still be sold, Ctrl-C must leave nothing running but
PostgreSQL, and ``make stop`` nothing at all.

Packages come from wherever the pip and uv of this user take them, their caches included: a download is measured where
those are empty. Times mean something on a machine that does nothing else, which is why this is not one of the tests.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from html import unescape
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parent.parent
FIRST_PAGE_SECONDS = 300
NEXT_PAGE_SECONDS = 10
CLOSED_SECONDS = 30
# Of this environment, only what a newcomer has too: a home, and the way to the package registry.
KEPT = re.compile(r"PATH|HOME|LANG|(PIP|UV|SSL|REQUESTS|CURL)_\w+|\w+_proxy", re.IGNORECASE)


class Failed(SystemExit):
    """A promise was not kept; the message says which."""


def main() -> None:
    if not (ROOT / ".git").exists():
        raise Failed("Only a git checkout can be cloned, and this folder is none.")
    with tempfile.TemporaryDirectory(prefix="newcomer-") as folder:
        newcomer = Newcomer(Path(folder))
        try:
            visit(newcomer)
        finally:
            newcomer.leave()


def visit(newcomer: "Newcomer") -> None:
    newcomer.clone()
    first = newcomer.open_shop(patience=2 * FIRST_PAGE_SECONDS)
    say(f"The first page came {first:.0f} seconds after the first “make demo”; {FIRST_PAGE_SECONDS} are promised.")
    expect(first <= FIRST_PAGE_SECONDS, "That is too late.")
    product, order = buy_a_piece(newcomer.site)
    newcomer.close_shop()

    again = open_again(newcomer)
    say(f"The next time it came after {again:.1f} seconds; {NEXT_PAGE_SECONDS} are promised.")
    expect(again <= NEXT_PAGE_SECONDS, "That is too late.")
    expect(requests.get(order, timeout=30).status_code == 200, f"The order is lost: {order}")
    expect(not is_for_sale(product), f"What was bought is for sale again: {product}")
    newcomer.close_shop()

    newcomer.make("stop")
    wait(lambda: not newcomer.processes(), CLOSED_SECONDS, "“make stop” leaves PostgreSQL running.")
    say("What was bought is kept, and nothing is left running.")


def open_again(newcomer: "Newcomer") -> float:
    """The quickest of at most three starts: a busy moment of the machine is not the shop's."""
    seconds = [newcomer.open_shop(patience=60)]
    while min(seconds) > NEXT_PAGE_SECONDS and len(seconds) < 3:
        newcomer.close_shop()
        seconds.append(newcomer.open_shop(patience=60))
    return min(seconds)


class Newcomer:
    """Somebody with a clone of the shop and a terminal."""

    def __init__(self, folder: Path) -> None:
        self.shop = folder / "shop"
        self.output = folder / "output"
        ports = dict(zip(("PORT", "DEMO_STRIPE_PORT", "DEMO_EPOINT_PORT"), map(str, free_ports(3)), strict=True))
        self.site = f"http://localhost:{ports['PORT']}"
        kept = {name: value for name, value in os.environ.items() if KEPT.fullmatch(name)}
        self.environment = {**kept, **ports}
        self.terminal: subprocess.Popen[bytes]

    def clone(self) -> None:
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(self.shop)], check=True, env=self.environment)

    def make(self, target: str) -> None:
        subprocess.run(["make", "--silent", target], cwd=self.shop, check=True, env=self.environment)

    def open_shop(self, *, patience: float) -> float:
        """Seconds from the command to the home page. Raises Failed where it does not come."""
        began = time.monotonic()
        with self.output.open("wb") as output:
            self.terminal = subprocess.Popen(
                ["make", "demo"],
                cwd=self.shop,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C reaches everything in the terminal, and not this program.
                start_new_session=True,
            )
        wait(self.is_open, patience, f"“make demo” does not open the shop in {patience:.0f} seconds.")
        seconds = time.monotonic() - began
        wait(lambda: "Ctrl-C closes the shop" in self.words(), 60, "“make demo” does not say how to close it.")
        expect(self.site in self.words(), "“make demo” does not print the address.")
        return seconds

    def is_open(self) -> bool:
        expect(self.terminal.poll() is None, f"“make demo” ended: {self.words()}")
        try:
            return requests.get(self.site, timeout=30).status_code == 200
        except requests.ConnectionError:
            return False

    def close_shop(self) -> None:
        """Ctrl-C: the shop says good-bye, and nothing but PostgreSQL is left of it."""
        os.killpg(self.terminal.pid, signal.SIGINT)
        wait(lambda: self.terminal.poll() is not None, CLOSED_SECONDS, "Ctrl-C does not close the shop.")
        expect("The shop is closed" in self.words(), f"Ctrl-C closes the shop without a word: {self.words()}")
        wait(
            lambda: set(self.processes().values()) <= {"postgres"},
            CLOSED_SECONDS,
            "Ctrl-C leaves more running than PostgreSQL.",
        )

    def leave(self) -> None:
        """Whatever happened, nothing of it is left on the machine."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            for pid in self.processes():
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
            deadline = time.monotonic() + CLOSED_SECONDS
            while self.processes() and time.monotonic() < deadline:
                time.sleep(0.1)

    def words(self) -> str:
        return self.output.read_text(errors="replace")

    def processes(self) -> dict[int, str]:
        """The numbers and names of what runs in the clone, wherever it was started from."""
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if (process / "cwd").readlink().is_relative_to(self.shop):
                    found[int(process.name)] = (process / "comm").read_text().strip()
            except OSError:
                # It has ended, or is somebody else's.
                continue
        return found


def buy_a_piece(site: str) -> tuple[str, str]:
    """Buys one of a kind without scripts, to be paid at the branch: the addresses of its page and of the order."""
    browser = requests.Session()
    found = browser.get(f"{site}/en/search/", params={"q": "turquoise bowl"}, timeout=30).text
    product = site + re.findall(r'href="(/en/pieces/[\w-]+/)"', found)[0]
    expect(is_for_sale(product), f"The demo does not sell {product}")
    bag = browser.post(f"{site}/en/bag/add/", hidden_fields(browser.get(product, timeout=30).text), timeout=30)
    checkout = browser.post(f"{site}/en/checkout/begin/", hidden_fields(bag.text), timeout=30)
    answers = {
        "email": "newcomer@example.com",
        "name": "Yeni Gələn",
        "delivery": "pickup-baku",
        "payment": "branch",
        "terms": "on",
    }
    order = browser.post(f"{site}/en/checkout/", {**hidden_fields(checkout.text), **answers}, timeout=30)
    expect("/en/orders/" in order.url, f"The order was not placed; the shopper is at {order.url}")
    return product, order.url


def is_for_sale(product: str) -> bool:
    return 'name="variant"' in requests.get(product, timeout=30).text


def hidden_fields(page: str) -> dict[str, str]:
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
    return {name: unescape(value) for name, value in fields}


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _number in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def wait(done: Callable[[], bool], seconds: float, sentence: str) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        expect(time.monotonic() < deadline, sentence)
        time.sleep(0.05)


def expect(kept: bool, sentence: str) -> None:
    if not kept:
        raise Failed(sentence)


def say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
