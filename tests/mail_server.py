"""A mail server that answers as a test wants."""

from collections.abc import Sequence
from typing import ClassVar

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class MailServer(BaseEmailBackend):
    """Answers with the next of ``answers``: an error, or None for a mail that it takes."""

    answers: ClassVar[list[BaseException | None]] = []
    taken: ClassVar[list[str]] = []

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        answer = self.answers.pop(0)
        if answer is None or isinstance(answer, KeyboardInterrupt):
            self.taken.extend(str(message.subject) for message in messages)
        if answer is not None:
            raise answer
        return len(messages)
