"""Who may do what, read from memberships at each request."""

from allauth.account.auth_backends import AuthenticationBackend
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, Permission
from django.db.models import Exists, OuterRef, Q, QuerySet

from dostshop.accounts.models import Membership, Role, User


class RoleBackend(AuthenticationBackend):
    """allauth's, and members have the rights of their role's group; to be put into that group gives nothing."""

    def get_user(self, user_id: int) -> User | None:
        """With what the doors to the pages of staff ask, in the question that finds the user."""
        of_user = {"user": OuterRef("pk")}
        factors = Authenticator.objects.filter(**of_user).exclude(type=Authenticator.Type.RECOVERY_CODES)
        roles = Membership.objects.filter(**of_user)
        found = User.objects.annotate(
            factor_found=Exists(factors),
            role_found=Exists(roles),
            instructor_found=Exists(roles.filter(role=Role.INSTRUCTOR)),
        )
        user = found.filter(pk=user_id, is_active=True).first()
        if user:
            user.has_second_factor, user.has_role_now = user.factor_found, user.role_found
            user.is_instructor = user.instructor_found
        return user

    def _get_group_permissions(self, user_obj: User) -> QuerySet[Permission]:
        others = Q(user=user_obj) & ~Q(name__in=Role.values)
        held = Q(name__in=Membership.objects.filter(user=user_obj).values("role"))
        return Permission.objects.filter(group__in=Group.objects.filter(others | held))
