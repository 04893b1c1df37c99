"""What crafts, collections, branches and makers are found by: rows that triggers keep in step, as they do for products."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.db.models.lookups
from django.db import migrations, models

# Arguments of the trigger: the signpost's column, and the fields that hold name and text; a text may be none.
SIGNPOSTS = """
CREATE FUNCTION catalog_write_signpost(leads_to text, place jsonb, name text, description text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'INSERT INTO catalog_signpost (key, %I, document, words) VALUES ($1, $2, $3, $4)
        ON CONFLICT (key) DO UPDATE SET document = EXCLUDED.document, words = EXCLUDED.words',
        leads_to || '_id'
    )
    USING
        leads_to || '-' || (place ->> 'id'),
        (place ->> 'id')::bigint,
        catalog_search_document('simple', place ->> (name || '_az'), '{}', place ->> (description || '_az'))
        || catalog_search_document('russian', place ->> (name || '_ru'), '{}', place ->> (description || '_ru'))
        || catalog_search_document('english', place ->> (name || '_en'), '{}', place ->> (description || '_en')),
        catalog_bare_words(ARRAY[place ->> (name || '_az'), place ->> (name || '_ru'), place ->> (name || '_en')]);
END $$;

CREATE FUNCTION catalog_follow_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM catalog_signpost WHERE key = TG_ARGV[0] || '-' || OLD.id;
    ELSE
        PERFORM catalog_write_signpost(TG_ARGV[0], to_jsonb(NEW), TG_ARGV[1], TG_ARGV[2]);
    END IF;
    RETURN NULL;
END $$;
"""

# As many and as like as in catalog_alike, which finds pieces so.
ALIKE = """
CREATE FUNCTION catalog_alike_signposts(typed text[]) RETURNS SETOF text
LANGUAGE sql STABLE PARALLEL SAFE SET pg_trgm.word_similarity_threshold = 0.45
AS $$
    SELECT DISTINCT near.key
    FROM unnest(typed) AS word
    CROSS JOIN LATERAL (SELECT key FROM catalog_signpost WHERE word <% words LIMIT 250) AS near
$$;
"""

NO_SIGNPOSTS = """
DROP FUNCTION catalog_follow_place();
DROP FUNCTION catalog_write_signpost(text, jsonb, text, text);
"""


def follow(table: str, leads_to: str, *, name: str, text: str = "") -> migrations.RunSQL:
    columns = ", ".join(f"{field}_{language}" for field in (name, text) if field for language in ("az", "ru", "en"))
    return migrations.RunSQL(
        f"""
        CREATE TRIGGER {table}_signpost AFTER INSERT OR DELETE OR UPDATE OF {columns} ON {table}
        FOR EACH ROW EXECUTE FUNCTION catalog_follow_place('{leads_to}', '{name}', '{text}');
        SELECT catalog_write_signpost('{leads_to}', to_jsonb({table}), '{name}', '{text}') FROM {table};
        """,  # noqa: S608 — the names are this file's own
        f"DROP TRIGGER {table}_signpost ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("artisans", "0004_pickup_can_be_found"),
        ("catalog", "0004_focus_labels"),
    ]

    operations = [
        migrations.CreateModel(
            name="Signpost",
            fields=[
                ("key", models.CharField(editable=False, max_length=40, primary_key=True, serialize=False)),
                ("document", django.contrib.postgres.search.SearchVectorField(editable=False)),
                ("words", models.TextField(editable=False)),
                (
                    "artisan",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="artisans.artisan",
                    ),
                ),
                (
                    "branch",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="artisans.branch",
                    ),
                ),
                (
                    "collection",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="catalog.collection",
                    ),
                ),
                (
                    "craft",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="catalog.craft",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=django.db.models.lookups.Exact(
                            models.Func(
                                "craft",
                                "collection",
                                "branch",
                                "artisan",
                                function="num_nonnulls",
                                output_field=models.IntegerField(),
                            ),
                            1,
                        ),
                        name="catalog_signpost_leads_to_one",
                    )
                ],
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fastupdate=False, fields=["document"], name="catalog_signpost_document"
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        fastupdate=False, fields=["words"], name="catalog_signpost_words", opclasses=["gin_trgm_ops"]
                    ),
                ],
            },
        ),
        migrations.RunSQL(SIGNPOSTS, NO_SIGNPOSTS),
        migrations.RunSQL(ALIKE, "DROP FUNCTION catalog_alike_signposts(text[])"),
        follow("catalog_craft", "craft", name="name", text="text"),
        follow("catalog_collection", "collection", name="name", text="text"),
        follow("artisans_branch", "branch", name="name"),
        follow("artisans_artisan", "artisan", name="display_name"),
    ]
