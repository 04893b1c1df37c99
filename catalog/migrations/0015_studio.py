"""The way of a piece from the studio into the shop: what was said of it, photos on their way, who decided what."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

import catalog.models.studio

ONLY_INSERTED = """
CREATE FUNCTION catalog_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only ever inserted', TG_TABLE_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
END $$;

CREATE TRIGGER catalog_productevent_only_inserted
BEFORE UPDATE OF product_id, kind, at, reason OR DELETE ON catalog_productevent
FOR EACH ROW EXECUTE FUNCTION catalog_refuse_change();
"""

CHANGEABLE = """
DROP TRIGGER catalog_productevent_only_inserted ON catalog_productevent;
DROP FUNCTION catalog_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("artisans", "0018_former_addresses_of_makers"),
        ("catalog", "0014_pictures_of_nobody"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ProductEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("submitted", "sent for review"),
                            ("taken_back", "taken back as a draft"),
                            ("changes_asked", "changes asked"),
                            ("approved", "approved"),
                            ("scheduled", "to be published"),
                            ("published", "published"),
                            ("archived", "archived"),
                        ],
                        max_length=20,
                        verbose_name="what",
                    ),
                ),
                ("at", models.DateTimeField(auto_now_add=True, verbose_name="when")),
                ("reason", models.TextField(blank=True, verbose_name="reason")),
            ],
            options={
                "verbose_name": "step of a product",
                "verbose_name_plural": "steps of products",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                (
                    "product",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="proposal",
                        serialize=False,
                        to="catalog.product",
                        verbose_name="product",
                    ),
                ),
                ("words", models.TextField(blank=True, max_length=4000, verbose_name="a few words")),
                (
                    "price",
                    models.DecimalField(
                        blank=True, decimal_places=2, max_digits=9, null=True, verbose_name="suggested price, AZN"
                    ),
                ),
                ("pieces", models.PositiveSmallIntegerField(default=1, verbose_name="how many pieces")),
                (
                    "voice_note",
                    models.FileField(
                        blank=True, upload_to=catalog.models.studio.voice_note_name, verbose_name="voice note"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="begun")),
            ],
            options={
                "verbose_name": "instructor's words",
                "verbose_name_plural": "instructors' words",
            },
        ),
        migrations.CreateModel(
            name="Upload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("length", models.PositiveIntegerField()),
                ("offset", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("changed_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="photo",
            name="cut_bottom",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="cut from the bottom, %"),
        ),
        migrations.AddField(
            model_name="photo",
            name="cut_left",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="cut from the left, %"),
        ),
        migrations.AddField(
            model_name="photo",
            name="cut_right",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="cut from the right, %"),
        ),
        migrations.AddField(
            model_name="photo",
            name="cut_top",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="cut from the top, %"),
        ),
        migrations.AddField(
            model_name="photo",
            name="hints",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[("blurred", "blurred"), ("dark", "too dark"), ("small", "too small")], max_length=10
                ),
                default=list,
                editable=False,
            ),
        ),
        migrations.AddField(
            model_name="photo",
            name="turn",
            field=models.PositiveSmallIntegerField(
                choices=[(0, "as taken"), (90, "to the right"), (180, "upside down"), (270, "to the left")],
                default=0,
                verbose_name="turn",
            ),
        ),
        migrations.AlterField(
            model_name="photo",
            name="shows_person",
            field=models.BooleanField(default=None, null=True, verbose_name="a person is visible"),
        ),
        migrations.AddConstraint(
            model_name="photo",
            constraint=models.CheckConstraint(
                condition=models.Q(("turn__in", (0, 90, 180, 270))), name="catalog_photo_turn_is_right_angle"
            ),
        ),
        migrations.AddConstraint(
            model_name="photo",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "cut_left__lte",
                        django.db.models.expressions.CombinedExpression(models.Value(90), "-", models.F("cut_right")),
                    ),
                    (
                        "cut_top__lte",
                        django.db.models.expressions.CombinedExpression(models.Value(90), "-", models.F("cut_bottom")),
                    ),
                ),
                name="catalog_photo_cut_leaves_something",
                violation_error_message="Leave at least a tenth of the picture.",
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "published"), _negated=True),
                    models.Q(("name_az__gt", ""), ("name_az__isnull", False), ("slug__gt", "")),
                    _connector="OR",
                ),
                name="catalog_product_published_has_name",
            ),
        ),
        migrations.AddField(
            model_name="productevent",
            name="actor",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="who",
            ),
        ),
        migrations.AddField(
            model_name="productevent",
            name="product",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="events",
                to="catalog.product",
                verbose_name="product",
            ),
        ),
        migrations.AddField(
            model_name="proposal",
            name="instructor",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="instructor",
            ),
        ),
        migrations.AddField(
            model_name="upload",
            name="photo",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="upload", to="catalog.photo"
            ),
        ),
        migrations.AddField(
            model_name="upload",
            name="product",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="uploads", to="catalog.product"
            ),
        ),
        migrations.AddField(
            model_name="upload",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="productevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "changes_asked"), _negated=True),
                    models.Q(("reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="catalog_productevent_changes_have_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.CheckConstraint(
                condition=models.Q(("price__gt", 0)), name="catalog_proposal_price_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.CheckConstraint(
                condition=models.Q(("pieces__gt", 0)), name="catalog_proposal_pieces_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.CheckConstraint(
                condition=models.Q(("length__gt", 0), ("length__lte", 40000000)), name="catalog_upload_length_range"
            ),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.CheckConstraint(
                condition=models.Q(("offset__lte", models.F("length"))), name="catalog_upload_offset_within_length"
            ),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.CheckConstraint(
                condition=models.Q(("photo", None), ("offset", models.F("length")), _connector="OR"),
                name="catalog_upload_photo_when_whole",
            ),
        ),
        migrations.RunSQL(ONLY_INSERTED, CHANGEABLE),
    ]
