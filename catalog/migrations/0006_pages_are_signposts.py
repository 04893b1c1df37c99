"""The search leads to information pages too."""

import django.db.models.deletion
import django.db.models.lookups
from django.db import migrations, models

PAGES = """
CREATE FUNCTION catalog_follow_page() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM catalog_signpost WHERE key = 'page-' || OLD.id;
        RETURN NULL;
    END IF;
    INSERT INTO catalog_signpost (key, page_id, document, words)
    VALUES (
        'page-' || NEW.id,
        NEW.id,
        catalog_search_document('simple', NEW.title_az, ARRAY[NEW.search_words], '')
        || catalog_search_document('russian', NEW.title_ru, ARRAY[NEW.search_words], '')
        || catalog_search_document('english', NEW.title_en, ARRAY[NEW.search_words], ''),
        catalog_bare_words(ARRAY[NEW.title_az, NEW.title_ru, NEW.title_en])
    )
    ON CONFLICT (key) DO UPDATE SET document = EXCLUDED.document, words = EXCLUDED.words;
    RETURN NULL;
END $$;

CREATE TRIGGER pages_page_signpost
AFTER INSERT OR DELETE OR UPDATE OF title_az, title_ru, title_en, search_words ON pages_page
FOR EACH ROW EXECUTE FUNCTION catalog_follow_page();

UPDATE pages_page SET search_words = search_words;
-- The index of the new column is made last, and waits for no check that is put off.
SET CONSTRAINTS ALL IMMEDIATE;
"""

NO_PAGES = """
DROP TRIGGER pages_page_signpost ON pages_page;
DROP FUNCTION catalog_follow_page();
DELETE FROM catalog_signpost WHERE page_id IS NOT NULL;
SET CONSTRAINTS ALL IMMEDIATE;
"""


def leads_to_one(*kinds: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=django.db.models.lookups.Exact(
            models.Func(*kinds, function="num_nonnulls", output_field=models.IntegerField()), 1
        ),
        name="catalog_signpost_leads_to_one",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0005_signposts"),
        ("pages", "0004_search_words"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="signpost", name="catalog_signpost_leads_to_one"),
        migrations.AddField(
            model_name="signpost",
            name="page",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="pages.page",
            ),
        ),
        migrations.AddConstraint(
            model_name="signpost", constraint=leads_to_one("craft", "collection", "branch", "artisan", "page")
        ),
        migrations.RunSQL(PAGES, NO_PAGES),
    ]
