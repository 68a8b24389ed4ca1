-- Wrapped data keys. Whoever reads these tables without the key encryption keys reads nothing.
-- Losing them loses every value that names a key in them: give them a backup plan of their own.
CREATE TABLE sqlcrypter_keys (
  fingerprint blob NOT NULL PRIMARY KEY CHECK (length(fingerprint) = 16),
  purpose text NOT NULL CHECK (purpose IN ('branch', 'data')),
  scope text NOT NULL,
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

CREATE INDEX sqlcrypter_keys_line ON sqlcrypter_keys (scope, purpose);

CREATE TABLE sqlcrypter_key_wraps (
  fingerprint blob NOT NULL,
  provider integer NOT NULL CHECK (provider BETWEEN 0 AND 255),
  kek text NOT NULL,
  -- The branch key that wraps this one, if it is not a KMS that does.
  branch blob,
  wrapped blob NOT NULL,
  PRIMARY KEY (fingerprint, provider, kek)
);

CREATE INDEX sqlcrypter_key_wraps_branch ON sqlcrypter_key_wraps (branch);

CREATE TRIGGER sqlcrypter_keys_delete BEFORE DELETE ON sqlcrypter_keys
BEGIN
  SELECT RAISE(ABORT, 'sqlcrypter: keys are not deleted: values that name a lost key are lost');
END;

CREATE TRIGGER sqlcrypter_key_wraps_delete BEFORE DELETE ON sqlcrypter_key_wraps
WHEN EXISTS (SELECT 1 FROM sqlcrypter_keys k WHERE k.fingerprint = OLD.fingerprint AND k.state <> 'destroyed')
  AND (SELECT count(*) FROM sqlcrypter_key_wraps w WHERE w.fingerprint = OLD.fingerprint) < 2
BEGIN
  SELECT RAISE(ABORT, 'sqlcrypter: the last wrap of a key is not deleted: values that name a lost key are lost');
END;
