"""What the steps of staff share: whose branch's work they are, and how one that cannot be taken is refused."""

from collections.abc import Collection
from typing import ClassVar


class NotPossible(Exception):
    """The message says why, for staff."""


class NotAsTyped(NotPossible):
    """Refused for what was typed in the field of this name."""

    field: ClassVar[str]


class BranchSteps:
    """What people of these branches, None for all, can do with something as it is now; a sentence for the rest.

    Each answer of a subclass is empty where the step is possible.
    """

    def __init__(self, branches: Collection[int] | None) -> None:
        self._branches = branches

    def _is_theirs(self, branch_pk: int | None) -> bool:
        return self._branches is None or branch_pk in self._branches
