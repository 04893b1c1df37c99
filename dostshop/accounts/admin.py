"""Users and what they may do. Only a superuser gives roles and rights, or changes somebody who has any."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.db.models import ManyToManyField
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter
from unfold.decorators import action
from unfold.forms import AdminPasswordChangeForm, BaseDialogForm, UserChangeForm, UserCreationForm

from dostshop.accounts import roles, second_factor
from dostshop.accounts.models import Membership, Role, User
from dostshop.admin import ShopAdmin, ShownOnPage, Step, SteppedAdmin, TableInline, signed_in

# Addresses are shown with their user, second factors to nobody; providers come from the environment, and tokens are not
# kept.
for model in (EmailAddress, SocialAccount, SocialApp, SocialToken, Authenticator, Group):
    admin.site.unregister(model)


RESET = Step(lambda user, actor: second_factor.reset(user, actor=actor), _("Two-step sign-in reset"))


class MembershipInline(TableInline):
    model = Membership
    extra = 0
    autocomplete_fields = ("branch",)

    def has_view_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return signed_in(request).is_superuser

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return signed_in(request).is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return signed_in(request).is_superuser


class EmailAddressInline(ShownOnPage, TableInline):
    model = EmailAddress
    fields = readonly_fields = ("email", "verified", "primary")


@admin.register(User)
class ShopUserAdmin(UserAdmin[User], SteppedAdmin):
    refusals = {
        second_factor.OwnFactors: _("You change your own under “Two-step sign-in” in your account."),
        second_factor.NothingToReset: _("There is no second step to reset."),
    }
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("email", "name", "is_active", "is_staff", "last_login", "date_joined")
    list_filter = (
        ("is_staff", BooleanRadioFilter),
        ("is_active", BooleanRadioFilter),
        ("memberships__role", ChoicesDropdownFilter),
    )
    search_fields = ("email", "name")
    ordering = ("email",)
    # “Delete selected” asks for no single user's permission.
    actions = None
    actions_detail = ("reset_second_factor",)
    inlines = (MembershipInline, EmailAddressInline)
    # A role opens the admin by itself, or it stays shut.
    readonly_fields = ("is_staff", "last_login", "date_joined")
    filter_horizontal = ("groups", "user_permissions")
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        (_("Rights"), {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        if signed_in(request).is_superuser:
            return self.readonly_fields
        return (*self.readonly_fields, "is_superuser", "groups", "user_permissions")

    def formfield_for_manytomany(
        self, db_field: "ManyToManyField[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> "ModelMultipleChoiceField[Any] | None":
        if db_field.name == "groups":
            # Who has a role is said below, and nowhere else.
            kwargs["queryset"] = Group.objects.exclude(name__in=Role.values)
        field: ModelMultipleChoiceField[Any] | None = super().formfield_for_manytomany(db_field, request, **kwargs)
        return field

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        roles.let_in(form.instance)

    def get_actions_detail(self, request: HttpRequest, object_id: int | str) -> list[Any]:
        actions: list[Any] = super().get_actions_detail(request, object_id)
        user = self.get_object(request, str(object_id)) if actions else None
        return actions if user and second_factor.has_any(user) else []

    def has_reset_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return signed_in(request).is_superuser

    @action(
        description=_("Reset the two-step sign-in"),
        permissions=["reset"],
        dialog={
            "title": _("Reset the two-step sign-in?"),
            "description": _(
                "For a colleague who has lost the phone and the recovery codes. Make sure that it is them: call them, "
                "or see them. Their app, passkeys and codes stop working, they get a mail, and at the next sign-in "
                "they set up new ones."
            ),
            "form_submit_text": _("Reset"),
        },
    )
    def reset_second_factor(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        return self.run_on_one(request, object_id, RESET)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return self._outranks(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return self._outranks(request, obj) and super().has_delete_permission(request, obj)

    def _outranks(self, request: HttpRequest, obj: User | None) -> bool:
        """A password or an address changed is an account taken over."""
        return signed_in(request).is_superuser or obj is None or not roles.has_any(obj)


@admin.register(Group)
class ShopGroupAdmin(GroupAdmin, ShopAdmin):
    """For superusers alone: whoever may change a group gives rights. Those of roles come with the code."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return signed_in(request).is_superuser

    def has_view_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return signed_in(request).is_superuser

    def has_add_permission(self, request: HttpRequest) -> bool:
        return signed_in(request).is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return signed_in(request).is_superuser and not (obj and obj.name in Role)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return signed_in(request).is_superuser and not (obj and obj.name in Role)
