"""Mails that go once, though the worker may die at any moment and the mail server may be away.

A mail has a row before it is sent. Promises: the row remembers that the sending was begun, before the mail server is
asked, and that it was sent; so no mail goes twice by itself. What may have gone waits for a person.

Raises: ``MayHaveGone``, ``NoSuchAddress``, and what the mail server says to be tried again. Retry: what was sent is not
sent again, what was refused is; both tasks and people may call as often as they like.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from smtplib import SMTPRecipientsRefused, SMTPResponseException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, mailers
from django.db import models
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dostshop.background.retrying import OVER_THE_WEEKEND
from dostshop.locks import outside_transactions

# Answers of a mail server from here on stay the same however often it is asked (RFC 5321, 4.2.1).
LASTING_REFUSAL = 500


class MayHaveGone(Exception):
    """The worker died, or lost the database, while the mail was on its way: nothing here tells whether it went."""


class NoSuchAddress(Exception):
    """The mail server refused the reader's address for good: only a person can find out the right one."""


AGAIN_UNLESS_A_PERSON_DECIDES = replace(OVER_THE_WEEKEND, not_after=(MayHaveGone, NoSuchAddress))


class Mail(models.Model):
    """The row of a mail."""

    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    # Written before the mail server is asked, and taken back where it says no.
    begun_at = models.DateTimeField(null=True, blank=True, editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    class Meta:
        abstract = True


@outside_transactions
def send(mail: Mail, message: EmailMultiAlternatives) -> None:
    """Once. Raises MayHaveGone where a sending was begun and its end is not known, NoSuchAddress."""
    row = type(mail)._default_manager.filter(pk=mail.pk)
    with mailers.default as connection:
        if not row.filter(begun_at=None).update(begun_at=timezone.now()):
            raise MayHaveGone(str(mail))
        try:
            connection.send_messages([message])
        except (SMTPResponseException, SMTPRecipientsRefused) as error:
            # The mail server's own word that it did not take it.
            row.update(begun_at=None)
            if isinstance(error, SMTPRecipientsRefused) and _is_final(error):
                raise NoSuchAddress(str(mail)) from error
            raise
    row.update(sent_at=timezone.now())


def _is_final(error: SMTPRecipientsRefused) -> bool:
    return all(code >= LASTING_REFUSAL for code, _words in error.recipients.values())


def let_go_again(mails: models.QuerySet[Any]) -> None:
    """A person wants them sent, even if they may have gone already."""
    mails.filter(sent_at=None).update(begun_at=None)


def composed(folder: str, context: Mapping[str, Any], *, to: str, name: str) -> EmailMultiAlternatives:
    """From the templates of ``folder``, as text and HTML, in the language that is active.

    ``name``: of this mail alone, and the same each time: one that is sent again after a crash is the same message to
    the reader's mail program.
    """
    told = {**context, "site_url": settings.SITE_URL}
    message = EmailMultiAlternatives(
        subject=" ".join(render_to_string(f"{folder}/subject.txt", told).split()),
        # What a template leaves out leaves its empty lines.
        body=re.sub(r"\n{3,}", "\n\n", render_to_string(f"{folder}/body.txt", told)),
        to=[to],
        headers={"Message-ID": f"<{name}@{settings.ALLOWED_HOSTS[0]}>"},
    )
    message.attach_alternative(render_to_string(f"{folder}/body.html", told), "text/html")
    return message
