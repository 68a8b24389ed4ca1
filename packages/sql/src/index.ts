// For synchronous hooks: the one function of core that a column cannot stand in for.
export { type KeyLease, loadKeys } from '@sqlcrypter/core';
export type {
  ColumnBatchOptions,
  ColumnCallOptions,
  ColumnDecryptOptions,
  ColumnSyncOptions,
} from './call-options.js';
export type { BatchItem, Encrypted, EncryptedColumn, Stored } from './column-contract.js';
export type { ColumnDdl, DdlOptions, Dialect } from './column-ddl.js';
export type { ColumnFacts, Encoding, EncryptedColumnOptions } from './column-facts.js';
export type {
  Bind,
  NoPlace,
  OptionalPlaceArguments,
  Place,
  PlaceArguments,
} from './column-place.js';
export type { DatabaseValue, OrNull } from './database-value.js';
export { decryptRows } from './decrypt-rows.js';
export { EncryptedBytes } from './encrypted-bytes.js';
export type { EncryptedBytesCallOptions, EncryptedBytesOptions } from './encrypted-bytes-options.js';
export { encryptedColumn } from './encrypted-column.js';
export type {
  CollectedRow,
  CollectRowsArguments,
  DecryptedRow,
  RowColumns,
  RowPlace,
  RowPlaceArguments,
} from './row-contract.js';
export type { KeyPart, RowId } from './row-id.js';
export type { StoredText } from './stored-text.js';
export type { ValueMessage } from './value-events.js';
export { bigint } from './value-types/bigint.js';
export { boolean } from './value-types/boolean.js';
export { bytes } from './value-types/bytes.js';
export { date } from './value-types/date.js';
export { json } from './value-types/json.js';
export { number } from './value-types/number.js';
export { type TextOptions, text } from './value-types/text.js';
export type { SizeOptions, ValueType } from './value-types/value-type.js';
