"""What each role may do, and who is let into the admin.

A membership is the one truth: whoever has it has the rights of its role's group (see ``backends``), and with the last
one everything ends. The groups are made by a migration, and after every ``migrate`` they have these rights and no
others: what is new is its role's from the first minute, and what was changed by hand does not last beside the code.
"""

from typing import Any

from django.apps import AppConfig
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from dostshop.accounts.models import Membership, Role, User

# App label, and models and actions within it. Instructors work in the studio, which asks for the role itself.
RIGHTS: dict[Role, dict[str, tuple[str, ...]]] = {
    Role.BRANCH_STAFF: {
        "artisans": (
            *("view_artisan", "view_branch", "view_consent", "view_consentform", "add_consentform"),
            *("view_withdrawal", "add_withdrawal", "view_thanks", "change_thanks"),
            *("view_artisanprivate", "add_artisanprivate", "change_artisanprivate"),
        ),
        "catalog": ("view_product", "change_product", "view_variant", "view_photo", "view_craft"),
        "orders": (
            *("view_order", "change_order", "view_stock", "change_stock", "view_hold"),
            *("view_return", "change_return", "view_invoice"),
            *("view_holiday", "add_holiday", "change_holiday", "delete_holiday"),
        ),
    },
    Role.CENTRE_STAFF: {
        "artisans": (
            *("view_artisan", "add_artisan", "change_artisan", "view_branch", "change_branch"),
            *("view_consent", "view_consentform", "add_consentform", "view_withdrawal", "add_withdrawal"),
            *("view_pityword", "add_pityword", "change_pityword", "delete_pityword", "view_statement"),
            *("view_artisanprivate", "add_artisanprivate", "change_artisanprivate"),
            *("view_thanks", "change_thanks"),
        ),
        "catalog": (
            *(
                f"{action}_{model}"
                for model in ("product", "variant", "photo", "productmaker", "collection", "collectionitem")
                for action in ("view", "add", "change", "delete")
            ),
            *("view_collectionphoto", "add_collectionphoto", "change_collectionphoto"),
            *("view_craft", "add_craft", "change_craft"),
        ),
        "orders": (
            *("view_order", "change_order", "view_payment", "view_refund", "add_refund", "view_hold", "view_bag"),
            *("confirm_transfer", "view_invoice", "change_invoice"),
            *("view_stock", "change_stock", "view_deliverymethod", "change_deliverymethod"),
            *("view_deliveryrate", "add_deliveryrate", "change_deliveryrate", "delete_deliveryrate"),
            *("view_holiday", "add_holiday", "change_holiday", "delete_holiday"),
            *("view_return", "change_return", "view_providerevent", "change_providerevent", "view_reconciliation"),
        ),
        "background": ("view_job", "change_job"),
        "pages": ("view_page", "change_page"),
    },
    Role.ACCOUNTANT: {
        "artisans": (
            *("view_artisan", "view_branch", "view_ledgerentry", "export_booking"),
            *("view_earningsrule", "add_earningsrule", "delete_earningsrule", "view_payout", "pay_payout"),
            *("view_statement", "add_statement"),
        ),
        "catalog": ("view_product", "view_variant"),
        "orders": (
            *("view_order", "view_payment", "view_refund", "view_return", "view_reconciliation"),
            *("confirm_transfer", "view_invoice", "change_invoice"),
        ),
    },
}


def give_rights(app_config: AppConfig, *, using: str, **_signal: Any) -> None:
    """Gives each role's group its rights of this app, and takes away all others of it."""
    label = app_config.label
    for group in Group.objects.using(using).filter(name__in=Role.values):
        named = RIGHTS.get(Role(group.name), {}).get(label, ())
        group.permissions.remove(*group.permissions.filter(content_type__app_label=label).exclude(codename__in=named))
        group.permissions.add(
            *Permission.objects.using(using).filter(content_type__app_label=label, codename__in=named)
        )


@transaction.atomic
def give(user: User, role: Role, *, branch: int | None = None) -> None:
    """A role from now on; for the branch of this key where it is a branch's."""
    membership = Membership(user=user, role=role, branch_id=branch)
    membership.full_clean()
    membership.save()
    let_in(user)


def let_in(user: User) -> None:
    """Opens the admin to whoever has work there by now, and closes it to everybody else."""
    works = Membership.objects.filter(user=OuterRef("pk")).exclude(role=Role.INSTRUCTOR)
    User.objects.filter(pk=user.pk).update(is_staff=Q(is_superuser=True) | Exists(works))


def has_any(user: User) -> bool:
    """Whether this person has a role, or rights of any other kind."""
    by_rights = user.is_staff or user.is_superuser or user.groups.exists() or user.user_permissions.exists()
    return by_rights or user.memberships.exists()
