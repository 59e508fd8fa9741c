-- What advisories say beyond packages and severity. Files of feeds are never altered: one of an
-- older schema is written anew by the next update.

ALTER TABLE advisory ADD COLUMN description TEXT;
ALTER TABLE advisory ADD COLUMN url TEXT;
ALTER TABLE advisory ADD COLUMN epss INTEGER;
ALTER TABLE advisory ADD COLUMN epss_percentile INTEGER;
ALTER TABLE advisory ADD COLUMN kev_added_s BIGINT;
ALTER TABLE advisory ADD COLUMN kev_due_s BIGINT;
ALTER TABLE advisory ADD COLUMN kev_ransomware INTEGER;
ALTER TABLE extent ADD COLUMN product TEXT;
