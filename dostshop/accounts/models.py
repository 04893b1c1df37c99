"""Who signs in: shoppers and staff. The login is the e-mail address."""

import unicodedata
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


def normalised_email(email: str) -> str:
    """Lower case, NFKC, without the dot that lower-casing “İ” leaves behind.

    An Azerbaijani keyboard types İ where another types I; the address is ASCII all the same.
    """
    lowered = unicodedata.normalize("NFKC", email.strip()).replace("İ", "i").replace("ı", "i").lower()
    return lowered.replace("\u0307", "")


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=normalised_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=normalised_email(username or ""))


class User(AbstractBaseUser, PermissionsMixin):
    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(pgettext_lazy("of a person", "name"), max_length=150, blank=True)
    is_staff = models.BooleanField(_("may enter the admin"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(_("joined"), auto_now_add=True)

    # Of whoever is signed in, and of nobody else: see “accounts/backends.py”.
    has_second_factor: bool
    has_role_now: bool

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.CheckConstraint(
                condition=Q(email=models.functions.Lower("email")), name="accounts_user_email_lower"
            ),
        ]

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        super().clean()
        self.email = normalised_email(self.email)

    @cached_property
    def is_of_whole_centre(self) -> bool:
        """Asked once for a page, as permissions are."""
        return branches_seen_by(self) is None

    def has_role(self, role: "Role", *, branch: models.Model | None = None) -> bool:
        """Whether this person has the role now; for a branch role without ``branch``: in any branch."""
        memberships = self.memberships.filter(role=role)
        if branch is not None:
            memberships = memberships.filter(branch=branch.pk)
        return self.is_active and memberships.exists()

    @cached_property
    def is_instructor(self) -> bool:
        return self.has_role(Role.INSTRUCTOR)

    def branches_as(self, role: "Role") -> models.QuerySet["Membership", int | None]:
        """Keys of the branches where this person has the role, for ``branch__in=``."""
        memberships = self.memberships.filter(role=role) if self.is_active else self.memberships.none()
        return memberships.values_list("branch", flat=True)

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name or self.email


class Role(models.TextChoices):
    INSTRUCTOR = "instructor", _("instructor")
    BRANCH_STAFF = "branch_staff", _("branch staff")
    CENTRE_STAFF = "centre_staff", _("centre staff")
    ACCOUNTANT = "accountant", _("accountant")


BRANCH_ROLES = (Role.INSTRUCTOR, Role.BRANCH_STAFF)


class Membership(models.Model):
    """What a member of staff does, and for which branch."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships", verbose_name=_("user"))
    # By name: branches belong to an app above this one.
    branch = models.ForeignKey(
        "artisans.Branch",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="memberships",
        verbose_name=_("branch"),
    )
    role = models.CharField(_("role"), max_length=20, choices=Role)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "branch", "role"], nulls_distinct=False, name="accounts_membership_once"
            ),
            models.CheckConstraint(
                condition=Q(role__in=BRANCH_ROLES, branch__isnull=False)
                | (~Q(role__in=BRANCH_ROLES) & Q(branch__isnull=True)),
                name="accounts_membership_branch_for_branch_roles",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()}"

    def clean(self) -> None:
        if self.role in BRANCH_ROLES and self.branch_id is None:
            raise ValidationError({"branch": _("This role needs a branch.")})
        if self.role not in BRANCH_ROLES and self.branch_id is not None:
            raise ValidationError({"branch": _("This role is for the whole centre; leave the branch empty.")})


class SavedSearch(models.Model):
    """The filters of a list of the admin, under a name; see ``accounts/searches.py``."""

    user = models.ForeignKey(User, models.CASCADE, related_name="searches", verbose_name=_("user"))
    # Of the model that the list is of, such as “catalog.product”.
    page = models.CharField(max_length=80)
    name = models.CharField(pgettext_lazy("of a search", "name"), max_length=60)
    # As in the list's address.
    query = models.CharField(_("filters"), max_length=1000)

    class Meta:
        default_permissions = ()
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["user", "page", "name"], name="accounts_savedsearch_once")]

    def __str__(self) -> str:
        return self.name


def branches_seen_by(user: User) -> list[int] | None:
    """The branches whose rows the user may see, in the admin and among the work; None for all of them."""
    if user.is_superuser:
        return None
    held = list(Membership.objects.filter(user=user).values_list("role", "branch_id"))
    if any(role not in BRANCH_ROLES for role, _branch in held):
        return None
    return [branch for role, branch in held if role == Role.BRANCH_STAFF and branch is not None]


def branches_worked_on_by(user: User) -> list[int] | None:
    """The branches whose pieces the user works on in the studio; None for all. None of them: no studio either."""
    if user.is_superuser:
        return None
    roles = (Role.INSTRUCTOR, Role.CENTRE_STAFF)
    held = list(Membership.objects.filter(user=user, role__in=roles).values_list("role", "branch_id"))
    if any(role == Role.CENTRE_STAFF for role, _branch in held):
        return None
    return [branch for _role, branch in held if branch is not None]


def has_perm_everywhere(user: User, permission: str) -> bool:
    """For the whole Centre, or not at all: whoever works for one branch has it nowhere."""
    return user.has_perm(permission) and user.is_of_whole_centre
