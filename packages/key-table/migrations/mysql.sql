-- Wrapped data keys. Whoever reads these tables without the key encryption keys reads nothing.
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
