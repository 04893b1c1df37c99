"""Shoppers with a browser each: they buy, hesitate, click twice, lose their connection, and come back."""

import random
import re
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from tests.chaos.shop import Shop
from tests.chaos.stand_ins import Providers
from tests.newcomer import hidden_fields

PATIENCE_SECONDS = 20
ADDRESS = {"phone": "050 123 45 67", "city": "Bakı", "address": "Nizami küçəsi 5, mənzil 7"}


class TurnedAway(Exception):
    """The shop said no, politely; the shopper goes."""


class Diary:
    """What people saw with their own eyes; threads share it."""

    def __init__(self) -> None:
        # Orders by code, with the link to each.
        self.orders: dict[str, str] = {}
        # Error pages that nothing excuses.
        self.complaints: list[str] = []
        # Why shoppers went without an order, and how many.
        self.turned_away: Counter[str] = Counter()
        self.requests = 0

    def sees_order(self, url: str) -> None:
        if match := re.search(r"/orders/([A-Z0-9]+)/[\w-]+/", url):
            self.orders[match[1]] = url.partition("?")[0]


class Browser:
    """Tries again for a while where a page does not come, as a person does; answers of the shop's own are kept."""

    def __init__(self, shop: Shop, diary: Diary) -> None:
        self.shop = shop
        self.diary = diary
        self.session = requests.Session()

    def get(self, url: str) -> requests.Response:
        return self._insist("GET", url)

    def post(self, url: str, form: dict[str, Any], *, follow: bool = True, **options: Any) -> requests.Response:
        return self._insist("POST", url, data=form, allow_redirects=follow, **options)

    def _insist(self, method: str, url: str, **options: Any) -> requests.Response:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            began = time.monotonic()
            self.diary.requests += 1
            try:
                answer = self.session.request(method, url, timeout=10, **options)
            except requests.RequestException:
                answer = None
            if answer is not None and answer.status_code < 400:
                return answer
            if answer is not None and answer.status_code < 500:
                raise TurnedAway(f"status {answer.status_code} of {urlsplit(answer.url).path}")
            if answer is not None and answer.url.startswith(self.shop.site) and not self.shop.is_disturbed(began):
                self.diary.complaints.append(f"{method} {answer.url}: status {answer.status_code}")
            if time.monotonic() > deadline:
                raise TurnedAway("no page came")
            time.sleep(0.3)


class Shopper:
    """One who comes once."""

    def __init__(
        self, shop: Shop, providers: Providers, diary: Diary, *, chance: random.Random, wanted: list[str], name: str
    ) -> None:
        self.shop, self.providers, self.diary = shop, providers, diary
        self.chance = chance
        self.wanted = wanted
        self.email = f"{name}@example.com"
        self.browser = Browser(shop, diary)

    def come(self) -> None:
        with suppress(requests.RequestException):
            try:
                self._buy()
            except TurnedAway as reason:
                self.diary.turned_away[str(reason)] += 1

    def _buy(self) -> None:
        language = self.chance.choice(["", "/ru", "/en"])
        for variant in self.wanted:
            quantity = self.chance.choice(["1", "1", "1", "2", "3"])
            bag = self.browser.post(f"{self.shop.site}{language}/bag/add/", {"variant": variant, "quantity": quantity})
        begin = f"{language}/checkout/begin/"
        if begin not in bag.text:
            raise TurnedAway("nothing in the bag can be had")
        checkout = self._click_twice_or_once(lambda: self.browser.post(self.shop.site + begin, hidden_fields(bag.text)))
        if "/checkout/" not in checkout.url:
            raise TurnedAway("others were quicker")
        self._lead_on(self._place(checkout))

    def _place(self, checkout: requests.Response) -> str:
        """Where the order leads: to a payment page, or to its own."""
        typed = {"email": self.email, "name": "Ləman Əzizova", "terms": "on", **self._choices(checkout.text)}
        form = {**hidden_fields(checkout.text), **typed}
        if self.chance.random() < 0.05:
            # The connection breaks before the answer comes.
            with suppress(requests.RequestException):
                self.browser.session.post(checkout.url, form, timeout=0.02)
        answer = self._click_twice_or_once(lambda: self.browser.post(checkout.url, form, follow=False))
        location = answer.headers.get("Location", "")
        if answer.status_code != 302 or not re.search(r"/orders/|/pay/", location):
            raise TurnedAway("the bag is gone" if location else "the form came back")
        return urljoin(self.shop.site, location)

    def _choices(self, page: str) -> dict[str, str]:
        ways = dict.fromkeys(re.findall(r'name="delivery"\s+value="([\w-]+)"', page))
        abroad = set(re.findall(r'value="([\w-]+)"[^>]+data-goes="abroad"', page))
        payments = re.findall(r'name="payment"\s+value="(\w+)"', page)
        payment = self.chance.choice([*payments, *[one for one in payments if one in {"stripe", "epoint"}] * 2])
        near = [way for way in ways if way not in abroad and (payment != "branch" or way.startswith("pickup"))]
        if not near:
            raise TurnedAway("nothing goes there")
        way = self.chance.choice(near)
        return {"delivery": way, "payment": payment, **({} if way.startswith("pickup") else ADDRESS)}

    def _click_twice_or_once(self, click: Callable[[], requests.Response]) -> requests.Response:
        if self.chance.random() > 0.1:
            return click()
        with ThreadPoolExecutor(2) as both:
            first, second = both.submit(click), both.submit(click)
            first.result()
            return second.result()

    def _lead_on(self, page: str) -> None:
        if "/pay/" not in page:
            self.diary.sees_order(page)
            self._think_again(page)
            return
        order = self.providers.order_page(page)
        self.diary.sees_order(order)
        mood = self.chance.random()
        if mood < 0.62:
            self._pay(page)
        elif mood < 0.70:
            self._cancel(order)
            self._pay(page)
        elif mood < 0.78:
            self._pay_again(order, page)
        elif mood < 0.84:
            # Comes back when the time is over, or almost.
            time.sleep(self.chance.uniform(2, 12))
            self._pay(page)
        elif mood < 0.90:
            self._cancel(order)

    def _think_again(self, order: str) -> None:
        if self.chance.random() < 0.15:
            self._cancel(order)

    def _pay(self, page: str) -> None:
        asks_twice = ["second-step"] if "/pay/cs_" in page else []
        card = self.chance.choice(["pays"] * 6 + ["declined", "no-money", *asks_twice])
        answer = self._click_twice_or_once(lambda: self.browser.post(page, {"card": card}))
        if card == "second-step":
            answer = self.browser.post(f"{page}/confirm", {"answer": self.chance.choice(["yes", "yes", "no"])})
        elif card != "pays" and self.chance.random() < 0.7:
            answer = self.browser.post(page, {"card": "pays"})
        if "check/" in answer.text:
            self.browser.post(f"{answer.url.partition('?')[0]}check/", hidden_fields(answer.text))

    def _cancel(self, order: str) -> None:
        page = self.browser.get(order).text
        if "cancel/" in page:
            self._click_twice_or_once(lambda: self.browser.post(f"{order}cancel/", hidden_fields(page)))

    def _pay_again(self, order: str, first: str) -> None:
        """Back to the shop, on to another payment page, and then perhaps both are paid."""
        page = self.browser.get(order).text
        if "pay/" not in page:
            return
        typed = {**hidden_fields(page), "provider": self.chance.choice(["stripe", "epoint"])}
        answer = self.browser.post(f"{order}pay/", typed, follow=False)
        second = answer.headers.get("Location", "")
        pages = [page for page in (first, second) if "/pay/" in page]
        self.chance.shuffle(pages)
        for page in pages[: self.chance.choice([1, 2])]:
            self._pay(page)
