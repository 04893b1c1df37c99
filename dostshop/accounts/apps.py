from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "dostshop.accounts"
    label = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        from dostshop.accounts import roles  # noqa: PLC0415 — it needs the models

        # A signal, because Django itself makes the rights of an app in this one, after the last migration.
        post_migrate.connect(roles.give_rights, dispatch_uid="dostshop.accounts.roles")
