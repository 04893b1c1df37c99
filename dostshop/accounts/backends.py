"""Who may do what, read from memberships at each request."""

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.models import Group, Permission
from django.db.models import Q, QuerySet

from dostshop.accounts.models import Membership, Role, User


class RoleBackend(AuthenticationBackend):
    """allauth's, and members have the rights of their role's group; to be put into that group gives nothing."""

    def _get_group_permissions(self, user_obj: User) -> QuerySet[Permission]:
        others = Q(user=user_obj) & ~Q(name__in=Role.values)
        held = Q(name__in=Membership.objects.filter(user=user_obj).values("role"))
        return Permission.objects.filter(group__in=Group.objects.filter(others | held))
