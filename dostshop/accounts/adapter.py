"""What allauth asks the shop about accounts."""

import logging
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.utils.translation import gettext_lazy as _

from dostshop.accounts.models import normalised_email
from dostshop.locks import outside_transactions

logger = logging.getLogger(__name__)


class EmailAdapter(DefaultAccountAdapter):
    """Keeps every address in the one form that the database knows, and says what went wrong in plain words."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _(
            "The e-mail address or the password is not right. Check both, or have a sign-in code sent to you."
        ),
        "incorrect_code": _("This is not the code from the newest mail. Check it and try again."),
        "rate_limited": _("A mail is on its way. Wait a moment before you ask for another."),
        "too_many_login_attempts": _("That was tried too often in a row. Wait a few minutes and try again."),
    }

    def clean_email(self, email: str) -> str:
        return normalised_email(super().clean_email(email))

    @outside_transactions
    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Sends within the request, for these mails carry codes and links that no queue or log should keep."""
        shop = {"code_minutes": settings.CODE_MINUTES, "site_url": settings.SITE_URL}
        try:
            super().send_mail(template_prefix, email, {**shop, **context})
        except (SMTPException, OSError):
            logger.exception("the mail %s could not be sent", template_prefix)
            messages.error(
                self.request,
                _("Our mail server does not answer at the moment, so the mail is not sent. Try again soon."),
            )
