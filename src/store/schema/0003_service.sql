-- Layers are inserted side by side, and what nothing refers to is collected
-- (docs/decisions/0009-parallel-insertions.md).

-- Packages have numbers of their own. Instances of before take theirs from counter 1, and have a
-- thousand million before they would meet these.
/*postgres LOCK TABLE counter IN ACCESS EXCLUSIVE MODE; postgres*/
INSERT INTO counter (id, value) SELECT 3, value + 1000000000 FROM counter WHERE id = 1;

-- On SQLite the counters 2 and 3 go on; on PostgreSQL the sequences of the columns take their place.
/*postgres
SELECT setval('layer_id_seq', greatest(value, 1), value > 0) FROM counter WHERE id = 2;
SELECT setval('package_id_seq', value) FROM counter WHERE id = 3;

-- Instances of before begin every change at a counter, and know neither the sequence nor the lock:
-- here they get both. Goes when no such instance can be left.
CREATE FUNCTION counter_of_before() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('limpid.locks', true), '') <> 'own' THEN
        PERFORM pg_advisory_xact_lock(119165904319091);
        IF NEW.id = 2 THEN
            NEW.value := nextval('layer_id_seq');
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER counter_of_before BEFORE UPDATE ON counter
    FOR EACH ROW EXECUTE FUNCTION counter_of_before();
postgres*/

-- Who refers to a package, or to a state of a vulnerability?
CREATE INDEX layer_package_removed ON layer_package (package) WHERE action = 2;
CREATE INDEX notification_old ON notification (old_vulnerability);
CREATE INDEX notification_new ON notification (new_vulnerability);
