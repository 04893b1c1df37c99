"""What a piece of work is about, in words that staff know: each app says it of the arguments that its tasks take."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dostshop.background.models import Job

type Namer = Callable[[set[Any]], Mapping[Any, str]]

_namers: dict[str, Namer] = {}


def named_by(argument: str, namer: Namer) -> None:
    """``namer`` answers for many values of this argument in one query."""
    _namers[argument] = namer


def of(jobs: Iterable[Job]) -> dict[int, str]:
    """By the jobs' primary keys; what nobody names, or what is no more, is told as it stands in the queue."""
    jobs = list(jobs)
    wanted: dict[str, set[int | str]] = defaultdict(set)
    for job in jobs:
        for argument, value in job.args.items():
            if argument in _namers and isinstance(value, (int, str)):
                wanted[argument].add(value)
    names = {argument: _namers[argument](values) for argument, values in wanted.items()}
    return {job.pk: ", ".join(_told(job, names)) for job in jobs}


def _told(job: Job, names: Mapping[str, Mapping[Any, str]]) -> Iterable[str]:
    for argument, value in job.args.items():
        if argument != "timestamp" and value != "":
            yield names.get(argument, {}).get(value) or f"{argument} {value}"
