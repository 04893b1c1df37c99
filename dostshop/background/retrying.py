"""When failed work is tried again."""

from dataclasses import dataclass

from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy, RetryDecision

LONGEST_PAUSE_SECONDS = 3600


@dataclass(frozen=True)
class GrowingPauses(BaseRetryStrategy):
    """After 3, 9, 27 … seconds, and at last every hour: 78 attempts are three days."""

    most_attempts: int
    # After which a person has to decide.
    not_after: tuple[type[Exception], ...] = ()

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if self.is_over(job) or isinstance(exception, self.not_after):
            return None
        return RetryDecision(retry_in={"seconds": min(3 ** (job.attempts + 1), LONGEST_PAUSE_SECONDS)})

    def is_over(self, job: Job) -> bool:
        return job.attempts >= self.most_attempts


# Mails, money and papers: a mail server or a provider may be away for a weekend.
OVER_THE_WEEKEND = GrowingPauses(most_attempts=78)
FOR_AN_HOUR = GrowingPauses(most_attempts=8)
