-- Wrapped data keys. Whoever reads these tables without the key encryption keys reads nothing.
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
