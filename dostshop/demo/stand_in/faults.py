"""What can be made to go wrong, for tests and for a careful look at the demo."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass
class Faults:
    # So many of the next requests to the API are answered with status 500, and nothing is done.
    failures: int = 0
    # Every request to the API is done, and its answer kept back for so long.
    hang_seconds: float = 0
    # Webhooks: how many times each is sent (0: never), and how long after its cause.
    copies: int = 1
    delay_seconds: float = 0

    def set(self, values: Mapping[str, str]) -> None:
        """Raises ValueError for what is unknown or no number; names left out go back to normal."""
        if unknown := set(values) - {"failures", "hang_seconds", "copies", "delay_seconds"}:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        self.failures = int(values.get("failures", 0))
        self.hang_seconds = float(values.get("hang_seconds", 0))
        self.copies = int(values.get("copies", 1))
        self.delay_seconds = float(values.get("delay_seconds", 0))

    def takes_failure(self) -> bool:
        if self.failures <= 0:
            return False
        self.failures -= 1
        return True
