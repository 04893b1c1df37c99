"""What the database promises beyond columns: folding for search, and makers' shares that sum to 100."""

from django.db import migrations

FOLD = """
CREATE FUNCTION fold(value text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN translate(
    normalize(value, NFC),
    'ABCDEFGHIJKLMNOPQRSTUVWXYZАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЁёƏəİıŞşÇçĞğÖöÜü' || U&'\\0307',
    'abcdefghijklmnopqrstuvwxyzабвгдежзийклмнопрстуфхцчшщъыьэюяееeeiissccggoouu'
);
"""

SHARES = """
CREATE FUNCTION catalog_check_shares() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    checked bigint := COALESCE(NEW.product_id, OLD.product_id);
    total numeric;
BEGIN
    SELECT sum(share) INTO total FROM catalog_productmaker WHERE product_id = checked;
    IF total IS NOT NULL AND total <> 100 THEN
        RAISE EXCEPTION 'the shares of product % sum to %, not 100', checked, total
            USING ERRCODE = 'check_violation', CONSTRAINT = 'catalog_productmaker_shares_sum';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER catalog_productmaker_shares_sum
AFTER INSERT OR UPDATE OR DELETE ON catalog_productmaker
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION catalog_check_shares();
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]

    operations = [
        migrations.RunSQL(FOLD, "DROP FUNCTION fold(text)"),
        migrations.RunSQL(
            SHARES,
            "DROP TRIGGER catalog_productmaker_shares_sum ON catalog_productmaker;DROP FUNCTION catalog_check_shares()",
        ),
    ]
