"""allauth's forms, with fewer questions: one password field, no “remember me”, no text inside empty fields."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.account import fields, forms
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.totp import forms as totp_forms
from allauth.mfa.webauthn import forms as webauthn_forms
from allauth.socialaccount import forms as socialaccount_forms
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from dostshop.accounts.models import normalised_email

PASSWORD_HELP = format_lazy(
    _("At least {count} characters. A few words in a row are easy to remember and hard to guess."),
    count=settings.PASSWORD_MIN_LENGTH,
)
CODE_HELP = format_lazy(
    _("Nine digits, with or without the dashes. The code works for {minutes} minutes."), minutes=settings.CODE_MINUTES
)
PASSKEY_REFUSED = _("That did not work. Try again, or choose another way.")


class EmailField(fields.EmailField):
    """Normalised before it is checked: a typed İ must not be refused where an I is meant."""

    def to_python(self, value: Any) -> str:
        return normalised_email(super().to_python(value))


class ShopForm:
    """Mixin for every form of allauth that the shop shows.

    ``email_autocomplete`` is what a browser may fill the address in from: ``username`` where the person has an
    account, so that password managers recognise it.
    """

    fields: dict[str, Any]
    email_autocomplete = "username"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # One field with a “forgotten?” way out loses fewer people than two that must match.
        self.fields.pop("password2", None)
        for name in {"email", "login"} & self.fields.keys():
            self.fields[name] = EmailField(label=_("E-mail"), required=self.fields[name].required)
            self.fields[name].widget.attrs["autocomplete"] = self.email_autocomplete
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
            if field.widget.attrs.get("autocomplete") == "current-password":
                # allauth puts a link here; a link inside a description is read out, not followed.
                field.help_text = ""
            elif field.widget.attrs.get("autocomplete") == "new-password":
                field.help_text = PASSWORD_HELP


class LoginForm(ShopForm, forms.LoginForm):
    pass


class SignupForm(ShopForm, forms.SignupForm):
    email_autocomplete = "email"


class SocialSignupForm(ShopForm, socialaccount_forms.SignupForm):
    email_autocomplete = "email"


class DisconnectForm(ShopForm, socialaccount_forms.DisconnectForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What the settings name no more signs nobody in, and allauth cannot show or remove it.
        known = [provider.sub_id for provider in get_adapter().list_providers(self.request)]
        self.accounts = SocialAccount.objects.filter(user=self.request.user, provider__in=known)
        account = self.fields["account"]
        account.queryset = self.accounts
        account.label = _("You can sign in with these too")
        account.error_messages["required"] = _("Choose which one to remove.")
        account.label_from_instance = _named


def _named(account: SocialAccount) -> str:
    """“Google: leyla@example.az”."""
    shown = account.get_provider_account()
    return f"{shown.get_brand()['name']}: {shown}"


class AddEmailForm(ShopForm, forms.AddEmailForm):
    email_autocomplete = "email"


class ChangeEmailForm(ShopForm, forms.ChangeEmailForm):
    email_autocomplete = "email"


class ChangePasswordForm(ShopForm, forms.ChangePasswordForm):
    pass


class SetPasswordForm(ShopForm, forms.SetPasswordForm):
    pass


class ResetPasswordForm(ShopForm, forms.ResetPasswordForm):
    pass


class ResetPasswordKeyForm(ShopForm, forms.ResetPasswordKeyForm):
    pass


class RequestLoginCodeForm(ShopForm, forms.RequestLoginCodeForm):
    pass


class ReauthenticateForm(ShopForm, forms.ReauthenticateForm):
    pass


class CodeForm(ShopForm):
    """Mixin for a code from a mail: pasted with or without its dashes, or typed on a phone's number keys."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        code = self.fields["code"]
        code.widget.attrs["inputmode"] = "numeric"
        code.help_text = CODE_HELP


class ConfirmLoginCodeForm(CodeForm, forms.ConfirmLoginCodeForm):
    pass


class ConfirmEmailVerificationCodeForm(CodeForm, forms.ConfirmEmailVerificationCodeForm):
    pass


class DigitsForm(ShopForm):
    """Mixin for a code that a device shows, or that was written down."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs["inputmode"] = "numeric"
        self.fields["code"].label = _("Code")


class ActivateTOTPForm(DigitsForm, totp_forms.ActivateTOTPForm):
    pass


class SecondStepForm(DigitsForm, mfa_forms.AuthenticateForm):
    pass


class SecondStepAgainForm(DigitsForm, mfa_forms.ReauthenticateForm):
    pass


@contextmanager
def _said_plainly() -> Iterator[None]:
    """What browsers send of passkeys is read by a library that expects nothing but a browser to have sent it."""
    try:
        yield
    except ValidationError as error:
        if error.code != "incorrect_code":
            raise
        raise ValidationError(PASSKEY_REFUSED) from error
    except (AttributeError, LookupError, TypeError, ValueError, struct.error) as error:
        raise ValidationError(PASSKEY_REFUSED) from error


class PasskeyForm(ShopForm):
    """Mixin for the passkey that somebody signs in with."""

    def clean_credential(self) -> Any:
        with _said_plainly():
            return super().clean_credential()  # type: ignore[misc]


class PasskeyStepForm(PasskeyForm, webauthn_forms.AuthenticateWebAuthnForm):
    pass


class PasskeyLoginForm(PasskeyForm, webauthn_forms.LoginWebAuthnForm):
    pass


class PasskeyAgainForm(PasskeyForm, webauthn_forms.ReauthenticateWebAuthnForm):
    pass


class AddPasskeyForm(ShopForm, webauthn_forms.AddWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("What you call it")
        passwordless = self.fields["passwordless"]
        passwordless.label = _("Sign in with it alone, without the password")
        passwordless.initial = True
        passwordless.help_text = ""

    def clean(self) -> Any:
        with _said_plainly():
            return super().clean()


class RenamePasskeyForm(ShopForm, webauthn_forms.EditWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("What you call it")
