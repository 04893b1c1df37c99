"""What products are found by: a table that triggers keep in step with products and crafts, so that no code can forget it."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models

# Name A, craft, materials and technique B, description C. Punctuation goes, so that no part of a text is taken for
# a host, a path or a negative number. A vector holds 1 MB at the most; a longer text is still saved.
DOCUMENT = """
CREATE FUNCTION catalog_bare_words(texts text[]) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN regexp_replace(fold(left(array_to_string(texts, ' '), 20000)), '[^[:alnum:]]+', ' ', 'g');

CREATE FUNCTION catalog_search_document(language regconfig, name text, about text[], description text) RETURNS tsvector
LANGUAGE sql STABLE PARALLEL SAFE
RETURN setweight(to_tsvector(language, catalog_bare_words(ARRAY[name])), 'A')
    || setweight(to_tsvector(language, catalog_bare_words(about)), 'B')
    || setweight(to_tsvector(language, catalog_bare_words(ARRAY[description])), 'C');
"""

ENTRIES = """
CREATE FUNCTION catalog_write_searchentries(products bigint[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO catalog_searchentry (product_id, document, words)
    SELECT
        product.id,
        setweight(to_tsvector('simple', fold(product.code)), 'A')
        || catalog_search_document(
            'simple', product.name_az,
            ARRAY[craft.name_az, parent.name_az, product.materials_az, product.technique_az], product.description_az
        )
        || catalog_search_document(
            'russian', product.name_ru,
            ARRAY[craft.name_ru, parent.name_ru, product.materials_ru, product.technique_ru], product.description_ru
        )
        || catalog_search_document(
            'english', product.name_en,
            ARRAY[craft.name_en, parent.name_en, product.materials_en, product.technique_en], product.description_en
        ),
        catalog_bare_words(ARRAY[
            product.name_az, product.name_ru, product.name_en,
            craft.name_az, craft.name_ru, craft.name_en,
            parent.name_az, parent.name_ru, parent.name_en
        ])
    FROM catalog_product AS product
    JOIN catalog_craft AS craft ON craft.id = product.craft_id
    LEFT JOIN catalog_craft AS parent ON parent.id = craft.parent_id
    WHERE product.id = ANY (products)
    ORDER BY product.id
    ON CONFLICT (product_id) DO UPDATE SET document = EXCLUDED.document, words = EXCLUDED.words
    WHERE (catalog_searchentry.document, catalog_searchentry.words)
        IS DISTINCT FROM (EXCLUDED.document, EXCLUDED.words)
$$;

CREATE FUNCTION catalog_follow_product() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM catalog_searchentry WHERE product_id = OLD.id;
        RETURN NULL;
    END IF;
    -- A craft that is being renamed in another transaction is waited for.
    PERFORM FROM catalog_craft
    WHERE id = NEW.craft_id OR id = (SELECT parent_id FROM catalog_craft WHERE id = NEW.craft_id)
    ORDER BY id FOR SHARE;
    PERFORM catalog_write_searchentries(ARRAY[NEW.id]);
    RETURN NULL;
END $$;

CREATE TRIGGER catalog_product_searchentry
AFTER INSERT OR DELETE OR UPDATE OF
    code, craft_id,
    name_az, name_ru, name_en, materials_az, materials_ru, materials_en,
    technique_az, technique_ru, technique_en, description_az, description_ru, description_en
ON catalog_product FOR EACH ROW EXECUTE FUNCTION catalog_follow_product();

CREATE FUNCTION catalog_follow_craft() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM catalog_write_searchentries(ARRAY(
        SELECT product.id
        FROM catalog_product AS product
        JOIN catalog_craft AS craft ON craft.id = product.craft_id
        WHERE NEW.id IN (craft.id, craft.parent_id)
    ));
    RETURN NULL;
END $$;

CREATE TRIGGER catalog_craft_searchentry
AFTER UPDATE ON catalog_craft FOR EACH ROW
WHEN (
    (OLD.name_az, OLD.name_ru, OLD.name_en, OLD.parent_id)
    IS DISTINCT FROM (NEW.name_az, NEW.name_ru, NEW.name_en, NEW.parent_id)
)
EXECUTE FUNCTION catalog_follow_craft();

SELECT catalog_write_searchentries(ARRAY(SELECT id FROM catalog_product));
"""

NO_ENTRIES = """
DROP TRIGGER catalog_craft_searchentry ON catalog_craft;
DROP FUNCTION catalog_follow_craft();
DROP TRIGGER catalog_product_searchentry ON catalog_product;
DROP FUNCTION catalog_follow_product();
DROP FUNCTION catalog_write_searchentries(bigint[]);
"""

# The first line loads pg_trgm: until then its setting has no owner, and only a superuser may name it in a function.
ALIKE = """
SELECT similarity('', '');
CREATE FUNCTION catalog_alike(typed text[]) RETURNS SETOF bigint
LANGUAGE sql STABLE PARALLEL SAFE SET pg_trgm.word_similarity_threshold = 0.45
AS $$
    SELECT DISTINCT near.product_id
    FROM unnest(typed) AS word
    CROSS JOIN LATERAL (SELECT product_id FROM catalog_searchentry WHERE word <% words LIMIT 250) AS near
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_promises")]

    operations = [
        TrigramExtension(),
        migrations.CreateModel(
            name="SearchEntry",
            fields=[
                (
                    "product",
                    models.OneToOneField(
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="search_entry",
                        serialize=False,
                        to="catalog.product",
                    ),
                ),
                ("document", django.contrib.postgres.search.SearchVectorField(editable=False)),
                ("words", models.TextField(editable=False)),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fastupdate=False, fields=["document"], name="catalog_searchentry_document"
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        fastupdate=False,
                        fields=["words"],
                        name="catalog_searchentry_words",
                        opclasses=["gin_trgm_ops"],
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            DOCUMENT,
            "DROP FUNCTION catalog_search_document(regconfig, text, text[], text);"
            "DROP FUNCTION catalog_bare_words(text[])",
        ),
        migrations.RunSQL(ENTRIES, NO_ENTRIES),
        migrations.RunSQL(ALIKE, "DROP FUNCTION catalog_alike(text[])"),
    ]
