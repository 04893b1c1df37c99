"""News for the shop: carried from threads of their own, and again where the shop fails."""

import logging
import threading
import time
from typing import Any

import requests

from dostshop.demo.stand_in.faults import Faults

logger = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = (1, 3, 10, 30)
ANSWER_WITHIN_SECONDS = 10


class Post:
    """Carries to the shop's address; how a letter is written and signed is each provider's own."""

    def __init__(self, url: str, *, faults: Faults) -> None:
        self.url = url
        self.faults = faults
        self.sent: list[dict[str, Any]] = []
        self._closing = threading.Event()
        # One for each copy under way; set once the shop has been tried.
        self._tried: list[threading.Event] = []

    def letter(self, told: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
        """The body and the headers, signed at this moment."""
        raise NotImplementedError

    def carry(self, told: dict[str, Any]) -> None:
        self.sent.append(told)
        for _copy in range(self.faults.copies):
            tried = threading.Event()
            self._tried.append(tried)
            threading.Thread(target=self._deliver, args=(told, self.faults.delay_seconds, tried), daemon=True).start()

    def wait(self, seconds: float = ANSWER_WITHIN_SECONDS) -> None:
        """Until the shop has been tried with all that was sent."""
        deadline = time.monotonic() + seconds
        for tried in self._tried:
            tried.wait(max(0, deadline - time.monotonic()))
        self._tried.clear()

    def close(self) -> None:
        self._closing.set()

    def _deliver(self, told: dict[str, Any], delay: float, tried: threading.Event) -> None:
        for pause in (delay, *RETRY_AFTER_SECONDS):
            if self._closing.wait(pause):
                return
            has_arrived = self._try(told)
            tried.set()
            if has_arrived:
                return
        logger.error("The shop did not take %s", told)

    def _try(self, told: dict[str, Any]) -> bool:
        body, headers = self.letter(told)
        try:
            answer = requests.post(self.url, body, headers=headers, timeout=ANSWER_WITHIN_SECONDS)
        except requests.RequestException as error:
            logger.warning("The news did not reach the shop: %s", type(error).__name__)
            return False
        return answer.ok
