"""Keeps how a product was, each time that a transaction changed it or its variants, makers or photos."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

KEPT = """
-- What says nothing is left out, so that an empty text and none are the same.
CREATE FUNCTION catalog_said(columns jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT COALESCE(jsonb_object_agg(key, value), '{}') FROM jsonb_each(columns) WHERE value NOT IN ('null', '""')
$$;

CREATE FUNCTION catalog_without_texts(kept jsonb) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN (
        SELECT COALESCE(
            jsonb_object_agg(
                key, CASE WHEN jsonb_typeof(value) = 'object' THEN catalog_without_texts(value) ELSE value END
            ),
            '{}'
        )
        FROM jsonb_each(kept) WHERE key !~ '_(az|ru|en)$' AND key <> 'slug'
    );
END $$;

CREATE FUNCTION catalog_texts_of(kept jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT COALESCE(string_agg(found #>> '{}', ' '), '')
    FROM jsonb_path_query(kept, 'strict $.** ? (@.type() == "string")') AS found
$$;

CREATE FUNCTION catalog_product_as_kept(product bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN EXISTS (SELECT FROM catalog_keepsnotexts WHERE product_id = product) THEN catalog_without_texts(kept)
        ELSE kept
    END
    FROM (
        SELECT catalog_said(to_jsonb(p) - ARRAY[
            'id', 'code', 'created_at', 'updated_at',
            -- Copies of what is there in the first language.
            'name', 'description', 'materials', 'technique', 'care', 'size_note', 'shelf_life'
        ]) || jsonb_build_object(
            'variants', COALESCE((
                SELECT jsonb_object_agg(
                    v.code, catalog_said(to_jsonb(v) - ARRAY['id', 'product_id', 'code', 'option'])
                )
                FROM catalog_variant v WHERE v.product_id = p.id
            ), '{}'),
            'makers', COALESCE((
                SELECT jsonb_object_agg(a.code, jsonb_build_object('share', m.share))
                FROM catalog_productmaker m JOIN artisans_artisan a ON a.id = m.artisan_id
                WHERE m.product_id = p.id
            ), '{}'),
            'photos', COALESCE((
                SELECT jsonb_object_agg(f.id::text, catalog_said(jsonb_build_object(
                    'alt_az', f.alt_az, 'alt_ru', f.alt_ru, 'alt_en', f.alt_en,
                    'shows_person', f.shows_person, 'position', f.position,
                    'people', COALESCE((
                        SELECT jsonb_agg(a.code ORDER BY a.code)
                        FROM catalog_photo_people s JOIN artisans_artisan a ON a.id = s.artisan_id
                        WHERE s.photo_id = f.id
                    ), '[]')
                )))
                FROM catalog_photo f WHERE f.product_id = p.id
            ), '{}')
        ) AS kept
        FROM catalog_product p WHERE p.id = product
    ) AS found
$$;

CREATE FUNCTION catalog_keep_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed jsonb := to_jsonb(COALESCE(NEW, OLD));
    product bigint;
    kept jsonb;
BEGIN
    product := CASE TG_TABLE_NAME
        WHEN 'catalog_product' THEN (changed ->> 'id')::bigint
        WHEN 'catalog_photo_people' THEN (SELECT product_id FROM catalog_photo WHERE id = (changed ->> 'photo_id')::bigint)
        ELSE (changed ->> 'product_id')::bigint
    END;
    kept := catalog_product_as_kept(product);
    IF kept IS NULL OR kept = (
        SELECT data FROM catalog_productversion WHERE product_id = product ORDER BY id DESC LIMIT 1
    ) THEN
        RETURN NULL;
    END IF;
    INSERT INTO catalog_productversion (product_id, actor_id, data) VALUES (
        product,
        (SELECT id FROM accounts_user WHERE id = NULLIF(current_setting('shop.actor', true), '')::bigint),
        kept
    );
    RETURN NULL;
END $$;

CREATE FUNCTION catalog_productversion_only_forgets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.product_id, NEW.at) = (OLD.id, OLD.product_id, OLD.at) AND NEW.data <@ OLD.data THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a version may lose something, and nothing else'
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
END $$;

CREATE TRIGGER catalog_productversion_only_forgets BEFORE UPDATE ON catalog_productversion
FOR EACH ROW EXECUTE FUNCTION catalog_productversion_only_forgets();

INSERT INTO catalog_productversion (product_id, at, data)
SELECT id, updated_at, catalog_product_as_kept(id) FROM catalog_product ORDER BY id;
"""
TABLES = ("product", "variant", "productmaker", "photo", "photo_people")
TRIGGERS = "".join(
    f"CREATE CONSTRAINT TRIGGER catalog_{table}_kept AFTER INSERT OR UPDATE OR DELETE ON catalog_{table} "
    f"DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION catalog_keep_version();"
    for table in TABLES
)
NOT_KEPT = (
    "".join(f"DROP TRIGGER catalog_{table}_kept ON catalog_{table};" for table in TABLES)
    + """
DROP TRIGGER catalog_productversion_only_forgets ON catalog_productversion;
DROP FUNCTION catalog_productversion_only_forgets();
DROP FUNCTION catalog_keep_version();
DROP FUNCTION catalog_product_as_kept(bigint);
DROP FUNCTION catalog_texts_of(jsonb);
DROP FUNCTION catalog_without_texts(jsonb);
DROP FUNCTION catalog_said(jsonb);
"""
)


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0018_reasons_forget_names"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="KeepsNoTexts",
            fields=[
                (
                    "product",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="catalog.product",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="ProductVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="when")),
                ("data", models.JSONField(verbose_name="content")),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="who",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="catalog.product",
                        verbose_name="product",
                    ),
                ),
            ],
            options={
                "verbose_name": "version of a product",
                "verbose_name_plural": "versions of products",
                "ordering": ["-pk"],
                "default_permissions": (),
                "indexes": [models.Index(fields=["product", "-id"], name="catalog_productversion_last")],
            },
        ),
        migrations.RunSQL(KEPT, migrations.RunSQL.noop),
        migrations.RunSQL(TRIGGERS, NOT_KEPT),
    ]
