"""Who can sign in to the demo. The passwords are public: the demo is a shop on one machine."""

from dataclasses import dataclass

from dostshop.accounts.models import Role

PASSWORD = "nar-cinar-2026"  # noqa: S105


@dataclass(frozen=True)
class Person:
    email: str
    # What `make demo` prints beside the address.
    title: str
    name: str
    role: Role | None = None
    branch: str = ""
    is_staff: bool = False
    is_superuser: bool = False
    password: str = PASSWORD


ADMINISTRATOR = Person("admin@dost.example", "administrator", "Demo Admin", is_staff=True, is_superuser=True)
SHOPPER = Person("shopper@dost.example", "shopper", "Leyla Quliyeva")
BRANCH_STAFF = Person(
    "branch@dost.example", "branch staff, İsmayıllı", "Demo İsmayıllı", Role.BRANCH_STAFF, "ismayilli", is_staff=True
)
# A pickup at a branch that does not keep all of the pieces takes two of them.
OTHER_BRANCH_STAFF = tuple(
    Person(
        f"{slug}-branch@dost.example", f"branch staff, {name}", f"Demo {name}", Role.BRANCH_STAFF, slug, is_staff=True
    )
    for slug, name in (("baku", "Bakı"), ("barda", "Bərdə"))
)
PEOPLE = (
    ADMINISTRATOR,
    Person("centre@dost.example", "centre staff", "Demo Centre", Role.CENTRE_STAFF, is_staff=True),
    BRANCH_STAFF,
    *OTHER_BRANCH_STAFF,
    Person("accountant@dost.example", "accountant", "Demo Accountant", Role.ACCOUNTANT, is_staff=True),
    Person("instructor@dost.example", "instructor, Bərdə", "Demo Instructor", Role.INSTRUCTOR, "barda"),
    SHOPPER,
)

# What each role may do in the admin: app label, and models and actions within it.
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
