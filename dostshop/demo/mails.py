"""The mails of the demo, read from the folder into which the file backend of Django writes them."""

import email
import email.policy
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

# Django writes this line after each mail.
_END = b"\n" + b"-" * 79 + b"\n"


@dataclass(frozen=True)
class Mail:
    key: str
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"] or "")

    @property
    def to(self) -> str:
        return str(self.message["To"] or "")

    @property
    def sent_at(self) -> datetime:
        return parsedate_to_datetime(str(self.message["Date"]))

    @property
    def text(self) -> str:
        return self._body("plain")

    @property
    def html(self) -> str:
        return self._body("html")

    def _body(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        return str(part.get_content()) if part is not None else ""


def newest_first(folder: Path) -> list[Mail]:
    files = sorted(folder.glob("*.log"), key=lambda file: file.name, reverse=True)
    return [mail for file in files for mail in reversed(_mails_of(file))]


def find(folder: Path, key: str) -> Mail | None:
    """The mail of that key among those of the folder; no path is ever made from a key."""
    return next((mail for mail in newest_first(folder) if mail.key == key), None)


def _mails_of(file: Path) -> list[Mail]:
    """One file has the mails that were sent over one connection."""
    messages = [content for content in file.read_bytes().split(_END) if content.strip()]
    return [
        Mail(f"{file.stem}-{number}", email.message_from_bytes(content.lstrip(), policy=email.policy.default))
        for number, content in enumerate(messages, start=1)
    ]
