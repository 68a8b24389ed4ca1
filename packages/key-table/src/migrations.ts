// Made by scripts/embed-migrations.mjs from migrations/*.sql: change those files, not this one.

/** The files of the folder `migrations`, each by the name of its dialect. */
export const MIGRATIONS: { readonly postgres: string; readonly mysql: string; readonly sqlite: string } = {
  postgres: `-- Wrapped data keys. Whoever reads these tables without the key encryption keys reads nothing.
-- Losing them loses every value that names a key in them: give them a backup plan of their own.
CREATE TABLE sqlcrypter_keys (
  fingerprint bytea NOT NULL PRIMARY KEY CHECK (octet_length(fingerprint) = 16),
  purpose text NOT NULL CHECK (purpose IN ('branch', 'data')),
  scope text NOT NULL CHECK (octet_length(scope) <= 255),
  state text NOT NULL CHECK (state IN ('pending', 'active', 'decrypt-only', 'disabled', 'destroyed')),
  -- Milliseconds since 1970: the wraps are bound to these very numbers.
  created bigint NOT NULL,
  activated bigint,
  expires bigint NOT NULL,
  retired bigint
);

-- One key of each of these states in a line: two processes that race end with one.
CREATE UNIQUE INDEX sqlcrypter_keys_pending ON sqlcrypter_keys (purpose, scope) WHERE state = 'pending';

CREATE UNIQUE INDEX sqlcrypter_keys_active ON sqlcrypter_keys (purpose, scope) WHERE state = 'active';

CREATE INDEX sqlcrypter_keys_line ON sqlcrypter_keys (scope, purpose, state);

CREATE TABLE sqlcrypter_key_wraps (
  fingerprint bytea NOT NULL,
  provider smallint NOT NULL CHECK (provider BETWEEN 0 AND 255),
  kek text NOT NULL CHECK (octet_length(kek) BETWEEN 1 AND 512),
  -- The branch key that wraps this one, if it is not a KMS that does.
  branch bytea CHECK (octet_length(branch) = 16),
  wrapped bytea NOT NULL CHECK (octet_length(wrapped) <= 6144),
  PRIMARY KEY (fingerprint, provider, kek)
);

CREATE INDEX sqlcrypter_key_wraps_branch ON sqlcrypter_key_wraps (branch);

-- The search path of a session may name other tables of these names: the functions pin it, and name the schema.
CREATE FUNCTION sqlcrypter_refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'sqlcrypter: rows of % are not deleted: values that name a lost key are lost', TG_TABLE_NAME;
END $$;

CREATE FUNCTION sqlcrypter_keep_fingerprint() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'sqlcrypter: a fingerprint of % is not changed: values that name a lost key are lost', TG_TABLE_NAME;
END $$;

CREATE FUNCTION sqlcrypter_keep_last_wrap() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  is_last boolean;
BEGIN
  EXECUTE format(
    'SELECT EXISTS (SELECT FROM %1$I.sqlcrypter_keys k WHERE k.fingerprint = $1 AND k.state <> ''destroyed'')
       AND (SELECT count(*) FROM %1$I.sqlcrypter_key_wraps w WHERE w.fingerprint = $1) < 2',
    TG_TABLE_SCHEMA
  ) INTO is_last USING OLD.fingerprint;
  IF is_last THEN
    RAISE EXCEPTION 'sqlcrypter: the last wrap of a key is not deleted: values that name a lost key are lost';
  END IF;
  RETURN OLD;
END $$;

CREATE TRIGGER sqlcrypter_keys_delete BEFORE DELETE ON sqlcrypter_keys
  FOR EACH ROW EXECUTE FUNCTION sqlcrypter_refuse();

CREATE TRIGGER sqlcrypter_keys_truncate BEFORE TRUNCATE ON sqlcrypter_keys
  FOR EACH STATEMENT EXECUTE FUNCTION sqlcrypter_refuse();

CREATE TRIGGER sqlcrypter_key_wraps_delete BEFORE DELETE ON sqlcrypter_key_wraps
  FOR EACH ROW EXECUTE FUNCTION sqlcrypter_keep_last_wrap();

CREATE TRIGGER sqlcrypter_key_wraps_truncate BEFORE TRUNCATE ON sqlcrypter_key_wraps
  FOR EACH STATEMENT EXECUTE FUNCTION sqlcrypter_refuse();

CREATE TRIGGER sqlcrypter_keys_fingerprint BEFORE UPDATE ON sqlcrypter_keys
  FOR EACH ROW WHEN (NEW.fingerprint <> OLD.fingerprint) EXECUTE FUNCTION sqlcrypter_keep_fingerprint();

CREATE TRIGGER sqlcrypter_key_wraps_fingerprint BEFORE UPDATE ON sqlcrypter_key_wraps
  FOR EACH ROW WHEN (NEW.fingerprint <> OLD.fingerprint) EXECUTE FUNCTION sqlcrypter_keep_fingerprint();

-- Tells whoever listens that processes must drop a key now; without a listener they find out within their interval.
CREATE FUNCTION sqlcrypter_notify() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM pg_notify('sqlcrypter_keys', '');
  RETURN NULL;
END $$;

CREATE TRIGGER sqlcrypter_keys_revoked AFTER UPDATE OF state ON sqlcrypter_keys
  FOR EACH ROW WHEN (NEW.state IN ('disabled', 'destroyed')) EXECUTE FUNCTION sqlcrypter_notify();
`,
  mysql: `-- Wrapped data keys. Whoever reads these tables without the key encryption keys reads nothing.
-- Losing them loses every value that names a key in them: give them a backup plan of their own.
-- TRUNCATE and DROP pass by the triggers, and a temporary table may stand in for one that they look into: grant the
-- application neither DROP nor CREATE TEMPORARY TABLES.
CREATE TABLE sqlcrypter_keys (
  fingerprint binary(16) NOT NULL PRIMARY KEY,
  purpose varchar(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (purpose IN ('branch', 'data')),
  -- UTF-8 as bytes: no collation may take two scopes for one.
  scope varbinary(255) NOT NULL,
  state varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
    CHECK (state IN ('pending', 'active', 'decrypt-only', 'disabled', 'destroyed')),
  -- Milliseconds since 1970: the wraps are bound to these very numbers.
  created bigint NOT NULL,
  activated bigint,
  expires bigint NOT NULL,
  retired bigint,
  -- One key of each of these states in a line: two processes that race end with one.
  pending_line varbinary(270) AS (CASE WHEN state = 'pending' THEN CONCAT(purpose, ':', scope) END) STORED UNIQUE,
  active_line varbinary(270) AS (CASE WHEN state = 'active' THEN CONCAT(purpose, ':', scope) END) STORED UNIQUE,
  INDEX sqlcrypter_keys_line (scope, purpose, state)
) ENGINE = InnoDB;

CREATE TABLE sqlcrypter_key_wraps (
  fingerprint binary(16) NOT NULL,
  provider smallint NOT NULL CHECK (provider BETWEEN 0 AND 255),
  kek varchar(512) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- The branch key that wraps this one, if it is not a KMS that does.
  branch binary(16),
  wrapped varbinary(6144) NOT NULL,
  PRIMARY KEY (fingerprint, provider, kek),
  INDEX sqlcrypter_key_wraps_branch (branch)
) ENGINE = InnoDB;

CREATE TRIGGER sqlcrypter_keys_delete BEFORE DELETE ON sqlcrypter_keys FOR EACH ROW
  SIGNAL SQLSTATE '45000'
    SET MESSAGE_TEXT = 'sqlcrypter: keys are not deleted: values that name a lost key are lost';

DELIMITER //
CREATE TRIGGER sqlcrypter_keys_fingerprint BEFORE UPDATE ON sqlcrypter_keys FOR EACH ROW
  IF NEW.fingerprint <> OLD.fingerprint THEN
    SIGNAL SQLSTATE '45000'
      SET MESSAGE_TEXT = 'sqlcrypter: a fingerprint is not changed: values that name a lost key are lost';
  END IF //
DELIMITER ;

DELIMITER //
CREATE TRIGGER sqlcrypter_key_wraps_fingerprint BEFORE UPDATE ON sqlcrypter_key_wraps FOR EACH ROW
  IF NEW.fingerprint <> OLD.fingerprint THEN
    SIGNAL SQLSTATE '45000'
      SET MESSAGE_TEXT = 'sqlcrypter: a fingerprint is not changed: values that name a lost key are lost';
  END IF //
DELIMITER ;

DELIMITER //
CREATE TRIGGER sqlcrypter_key_wraps_delete BEFORE DELETE ON sqlcrypter_key_wraps FOR EACH ROW
  IF EXISTS (SELECT 1 FROM sqlcrypter_keys k WHERE k.fingerprint = OLD.fingerprint AND k.state <> 'destroyed')
    AND (SELECT count(*) FROM sqlcrypter_key_wraps w WHERE w.fingerprint = OLD.fingerprint) < 2
  THEN
    SIGNAL SQLSTATE '45000'
      SET MESSAGE_TEXT = 'sqlcrypter: the last wrap of a key is not deleted: values that name a lost key are lost';
  END IF //
DELIMITER ;
`,
  sqlite: `-- Wrapped data keys. Whoever reads these tables without the key encryption keys reads nothing.
-- Losing them loses every value that names a key in them: give them a backup plan of their own.
CREATE TABLE sqlcrypter_keys (
  fingerprint blob NOT NULL PRIMARY KEY CHECK (typeof(fingerprint) = 'blob' AND length(fingerprint) = 16),
  purpose text NOT NULL CHECK (purpose IN ('branch', 'data')),
  scope text NOT NULL CHECK (typeof(scope) = 'text' AND length(CAST(scope AS blob)) <= 255),
  state text NOT NULL CHECK (state IN ('pending', 'active', 'decrypt-only', 'disabled', 'destroyed')),
  -- Milliseconds since 1970: the wraps are bound to these very numbers.
  created integer NOT NULL,
  activated integer,
  expires integer NOT NULL,
  retired integer
);

-- One key of each of these states in a line: two processes that race end with one.
CREATE UNIQUE INDEX sqlcrypter_keys_pending ON sqlcrypter_keys (purpose, scope) WHERE state = 'pending';

CREATE UNIQUE INDEX sqlcrypter_keys_active ON sqlcrypter_keys (purpose, scope) WHERE state = 'active';

CREATE INDEX sqlcrypter_keys_line ON sqlcrypter_keys (scope, purpose, state);

CREATE TABLE sqlcrypter_key_wraps (
  fingerprint blob NOT NULL,
  provider integer NOT NULL CHECK (provider BETWEEN 0 AND 255),
  kek text NOT NULL CHECK (typeof(kek) = 'text' AND length(kek) BETWEEN 1 AND 512),
  -- The branch key that wraps this one, if it is not a KMS that does.
  branch blob CHECK (length(branch) = 16),
  wrapped blob NOT NULL CHECK (typeof(wrapped) = 'blob' AND length(wrapped) <= 6144),
  PRIMARY KEY (fingerprint, provider, kek)
);

CREATE INDEX sqlcrypter_key_wraps_branch ON sqlcrypter_key_wraps (branch);

CREATE TRIGGER sqlcrypter_keys_delete BEFORE DELETE ON sqlcrypter_keys
BEGIN
  SELECT RAISE(ABORT, 'sqlcrypter: keys are not deleted: values that name a lost key are lost');
END;

CREATE TRIGGER sqlcrypter_keys_fingerprint BEFORE UPDATE OF fingerprint ON sqlcrypter_keys
WHEN NEW.fingerprint <> OLD.fingerprint
BEGIN
  SELECT RAISE(ABORT, 'sqlcrypter: a fingerprint is not changed: values that name a lost key are lost');
END;

CREATE TRIGGER sqlcrypter_key_wraps_fingerprint BEFORE UPDATE OF fingerprint ON sqlcrypter_key_wraps
WHEN NEW.fingerprint <> OLD.fingerprint
BEGIN
  SELECT RAISE(ABORT, 'sqlcrypter: a fingerprint is not changed: values that name a lost key are lost');
END;

-- INSERT OR REPLACE and UPDATE OR REPLACE delete the row in their way, and no trigger on DELETE learns of it.
CREATE TRIGGER sqlcrypter_keys_insert BEFORE INSERT ON sqlcrypter_keys
WHEN EXISTS (SELECT 1 FROM sqlcrypter_keys k WHERE k.fingerprint = NEW.fingerprint)
  OR EXISTS (
    SELECT 1 FROM sqlcrypter_keys k
    WHERE k.scope = NEW.scope AND k.purpose = NEW.purpose AND k.state = NEW.state AND NEW.state IN ('pending', 'active')
  )
BEGIN
  SELECT RAISE(ABORT, 'sqlcrypter: UNIQUE constraint failed: sqlcrypter_keys has this key, or one in this place');
END;

CREATE TRIGGER sqlcrypter_keys_update BEFORE UPDATE OF purpose, scope, state ON sqlcrypter_keys
WHEN EXISTS (
    SELECT 1 FROM sqlcrypter_keys k
    WHERE k.scope = NEW.scope AND k.purpose = NEW.purpose AND k.state = NEW.state AND NEW.state IN ('pending', 'active')
      AND k.fingerprint <> NEW.fingerprint
  )
BEGIN
  SELECT RAISE(ABORT, 'sqlcrypter: UNIQUE constraint failed: sqlcrypter_keys has a key in this place');
END;

CREATE TRIGGER sqlcrypter_key_wraps_delete BEFORE DELETE ON sqlcrypter_key_wraps
WHEN EXISTS (SELECT 1 FROM sqlcrypter_keys k WHERE k.fingerprint = OLD.fingerprint AND k.state <> 'destroyed')
  AND (SELECT count(*) FROM sqlcrypter_key_wraps w WHERE w.fingerprint = OLD.fingerprint) < 2
BEGIN
  SELECT RAISE(ABORT, 'sqlcrypter: the last wrap of a key is not deleted: values that name a lost key are lost');
END;
`,
};
