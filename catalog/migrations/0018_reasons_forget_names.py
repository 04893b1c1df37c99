"""Lets the reason of a step lose a name: “…” may take the place of some of it, and nothing else may change."""

from django.db import migrations

FORGETFUL = r"""
CREATE FUNCTION catalog_refuse_all_but_forgetting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE'
        AND (NEW.id, NEW.product_id, NEW.kind, NEW.at) = (OLD.id, OLD.product_id, OLD.kind, OLD.at)
        AND NEW.reason <> OLD.reason
        -- Read as a pattern, in which “…” stands for whatever was there.
        AND OLD.reason LIKE replace(regexp_replace(NEW.reason, '([\\%_])', '\\\1', 'g'), '…', '%')
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is only ever inserted', TG_TABLE_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
END $$;

DROP TRIGGER catalog_productevent_only_inserted ON catalog_productevent;
CREATE TRIGGER catalog_productevent_only_inserted
BEFORE UPDATE OF product_id, kind, at, reason OR DELETE ON catalog_productevent
FOR EACH ROW EXECUTE FUNCTION catalog_refuse_all_but_forgetting();
DROP FUNCTION catalog_refuse_change();
"""

ONLY_INSERTED = """
CREATE FUNCTION catalog_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only ever inserted', TG_TABLE_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
END $$;

DROP TRIGGER catalog_productevent_only_inserted ON catalog_productevent;
CREATE TRIGGER catalog_productevent_only_inserted
BEFORE UPDATE OF product_id, kind, at, reason OR DELETE ON catalog_productevent
FOR EACH ROW EXECUTE FUNCTION catalog_refuse_change();
DROP FUNCTION catalog_refuse_all_but_forgetting();
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0017_mails_of_the_review")]

    operations = [migrations.RunSQL(FORGETFUL, ONLY_INSERTED)]
