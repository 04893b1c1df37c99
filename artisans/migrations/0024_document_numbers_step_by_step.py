"""Each change of a document's number is told by a correction of its own, of payouts that were reversed too."""

from importlib import import_module

from django.db import migrations

before = import_module("artisans.migrations.0023_payout_corrections_kept")

OF_PAID = before.OF_PAID.replace(
    "OLD.state = 'paid' AND NEW.state = 'paid'", "OLD.state IN ('paid', 'reversed') AND NEW.state = OLD.state"
)
KEPT = before.keep_payout(OF_PAID, "a payout is only paid or cancelled, once, and what is paid is only reversed")

STEP_BY_STEP = """
CREATE OR REPLACE FUNCTION artisans_check_payout_correction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM artisans_payout
        WHERE id = NEW.payout_id AND state IN ('paid', 'reversed') AND document_number = NEW.old_number
    ) THEN
        RAISE EXCEPTION 'payout % is not paid by this document', NEW.payout_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'artisans_payoutcorrection_of_paid';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION artisans_check_payout_renumbered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.document_number, NEW.document_number) IS DISTINCT FROM (
        SELECT (old_number, new_number) FROM artisans_payoutcorrection
        WHERE payout_id = NEW.id ORDER BY id DESC LIMIT 1
    ) THEN
        RAISE EXCEPTION 'the document of payout % is not the one that its corrections tell', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'artisans_payout_number_told';
    END IF;
    RETURN NEW;
END $$;

DROP TRIGGER artisans_payout_number_told ON artisans_payout;
CREATE TRIGGER artisans_payout_number_told
BEFORE UPDATE ON artisans_payout
FOR EACH ROW WHEN (OLD.state IN ('paid', 'reversed') AND OLD.document_number <> NEW.document_number)
EXECUTE FUNCTION artisans_check_payout_renumbered();
"""

AS_BEFORE = """
DROP TRIGGER artisans_payout_number_told ON artisans_payout;
DROP FUNCTION artisans_check_payout_renumbered();
CREATE CONSTRAINT TRIGGER artisans_payout_number_told
AFTER UPDATE ON artisans_payout
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (OLD.state = 'paid' AND OLD.document_number <> NEW.document_number)
EXECUTE FUNCTION artisans_check_payout_number();

CREATE OR REPLACE FUNCTION artisans_check_payout_correction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM artisans_payout
        WHERE id = NEW.payout_id AND state = 'paid' AND document_number = NEW.old_number
    ) THEN
        RAISE EXCEPTION 'payout % is not paid by this document', NEW.payout_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'artisans_payoutcorrection_of_paid';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("artisans", "0023_payout_corrections_kept")]

    operations = [
        migrations.RunSQL(KEPT, before.KEPT),
        migrations.RunSQL(STEP_BY_STEP, AS_BEFORE),
    ]
