"""What the database promises of rules: but for the first, none begins on a day that is over, and was shared by another."""

from django.conf import settings
from django.db import migrations

BEGINS = f"""
CREATE FUNCTION artisans_check_earningsrule_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.valid_from < (now() AT TIME ZONE '{settings.TIME_ZONE}')::date
        AND EXISTS (SELECT FROM artisans_earningsrule)
    THEN
        RAISE EXCEPTION 'a rule does not begin on a day that is over'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'artisans_earningsrule_begins';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER artisans_earningsrule_begins
BEFORE INSERT ON artisans_earningsrule
FOR EACH ROW EXECUTE FUNCTION artisans_check_earningsrule_begins();
"""

BEGINS_EVER = """
DROP TRIGGER artisans_earningsrule_begins ON artisans_earningsrule;
DROP FUNCTION artisans_check_earningsrule_begins();
"""


class Migration(migrations.Migration):
    dependencies = [("artisans", "0018_former_addresses_of_makers")]

    operations = [migrations.RunSQL(BEGINS, BEGINS_EVER)]
