import { inspect } from 'node:util';
import { runInNewContext } from 'node:vm';
import { createAesCrypterer } from '@sqlcrypter/aes';
import { decrypt, init, register, SqlcrypterError, shutdown } from '@sqlcrypter/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  bigint,
  boolean,
  bytes,
  date,
  EncryptedBytes,
  type EncryptedColumn,
  encryptedColumn,
  json,
  type KeyPart,
  number,
  text,
  type ValueType,
} from '../src/index.js';
import { asyncOnly, keyLoading, localKey } from './crypterers.js';
import { expectCode } from './expect-code.js';

const SECRET = '999-00-1234';
const UUID = '6F1C2D3E-0000-4000-8000-00000000ABCD';
const UUID_BYTES = Buffer.from(UUID.replaceAll('-', ''), 'hex');

const foreignBytes = (bytes: Uint8Array): Uint8Array =>
  runInNewContext('Uint8Array.from(list)', { list: [...bytes] }) as Uint8Array;

const ssn = encryptedColumn({ table: 'employee', column: 'ssn', type: text() });
const salary = encryptedColumn({ table: 'employee', column: 'salary', type: number() });
const byRow = encryptedColumn({ table: 'patient', column: 'note', type: text(), bind: ['row'] });
const byBoth = encryptedColumn({ table: 'patient', column: 'name', type: text(), bind: ['row', 'tenant'] });

beforeEach(() => init(createAesCrypterer({ key: localKey(1) })));
afterEach(() => shutdown());

describe('a column', () => {
  it('gives back each type of value, asynchronously and at once', async () => {
    async function roundTrip<T>(type: ValueType<T>, value: T): Promise<void> {
      const column = encryptedColumn({ table: 't', column: 'c', type });
      expect(await column.decrypt(Buffer.from((await column.encrypt(value)) as EncryptedBytes))).toEqual(value);
      expect(column.decryptSync(Buffer.from(column.encryptSync(value) as EncryptedBytes))).toEqual(value);
    }
    await roundTrip(text(), 'Zoë');
    await roundTrip(text(), '');
    await roundTrip(text({ padTo: 32 }), 'Zoë');
    await roundTrip(bytes(), Buffer.of(0, 1, 255));
    await roundTrip(json<{ a: number[] }>(), { a: [1] });
    await roundTrip(number(), -0.5);
    await roundTrip(bigint(), 2n ** 80n);
    await roundTrip(boolean(), false);
    await roundTrip(date(), new Date('1815-12-10T00:00:00Z'));
  });

  it('keeps null as NULL in both directions, and needs neither key nor row for it', async () => {
    await shutdown();
    expect(await ssn.encrypt(null)).toBeNull();
    expect(ssn.encryptSync(null)).toBeNull();
    expect(await ssn.decrypt(null)).toBeNull();
    expect(ssn.decryptSync(null)).toBeNull();
    expect(ssn.fromDatabase(null)).toBeNull();
    expect(await byRow.decrypt(null, { row: 1 })).toBeNull();
  });

  it('refuses undefined in both directions', async () => {
    await expectCode('INVALID_ARGUMENT', () => ssn.encrypt(undefined as never));
    const error = await expectCode('INVALID_ARGUMENT', () => ssn.decrypt(undefined as never));
    expect(error.column).toBe('employee.ssn');
  });

  it('refuses what is encrypted already', async () => {
    const stored = await ssn.encrypt(SECRET);
    const blob = encryptedColumn({ table: 'employee', column: 'photo', type: bytes() });
    await expectCode('INVALID_ARGUMENT', () => blob.encrypt(stored));
    await expectCode('INVALID_ARGUMENT', () => ssn.encrypt(stored as never));
    await expectCode('INVALID_ARGUMENT', () => ssn.encrypt(`sc1.${stored.toString('base64url')}`));
    expect(await ssn.decrypt(await ssn.encrypt('sc1.is only text'))).toBe('sc1.is only text');
  });

  it('gives handles that are bound as they are and know how to decrypt themselves', async () => {
    const handle = await ssn.encrypt(SECRET);
    expect(handle).toBeInstanceOf(EncryptedBytes);
    expect(Buffer.isBuffer(handle)).toBe(true);
    expect(`${handle} ${inspect(handle)} ${inspect([handle])}`).toBe('[REDACTED] [REDACTED] [ [REDACTED] ]');
    expect(JSON.stringify(handle)).toBe(JSON.stringify(Buffer.from(handle).toString('base64')));
    expect(handle.buffer.byteLength).toBe(handle.byteLength);
    expect(await handle.decryptText()).toBe(SECRET);
    expect(handle.decryptTextSync()).toBe(SECRET);
    expect(await ssn.decrypt(handle)).toBe(SECRET);
  });

  it('wraps what a driver gave without decrypting it', async () => {
    const stored = Buffer.from(await ssn.encrypt(SECRET));
    const handle = ssn.fromDatabase(`\\x${stored.toString('hex')}`);
    expect(handle.equals(stored)).toBe(true);
    expect(await handle.decryptText()).toBe(SECRET);
    expect(ssn.fromDatabase(Buffer.from('no frame'))).toBeInstanceOf(EncryptedBytes);
  });

  it('lets a handle take another crypterer, but no other context', async () => {
    const crypterer = createAesCrypterer({ key: localKey(5) });
    const stored = await encryptedColumn({ table: 'employee', column: 'ssn', type: text(), crypterer }).encrypt(SECRET);
    const handle = ssn.fromDatabase(stored);
    expect(await handle.decryptText({ crypterer })).toBe(SECRET);
    const error = await expectCode('CONTEXT_INVALID', () => handle.decrypt({ context: { purpose: 'payroll' } }));
    expect(error.column).toBe('employee.ssn');
  });

  it('gives the text of a padded column without its padding, also by the handle', async () => {
    const padded = encryptedColumn({ table: 'employee', column: 'ssn', type: text({ padTo: 64 }) });
    const [short, long] = [await padded.encrypt('a'), await padded.encrypt('a'.repeat(63))];
    expect(short.length).toBe(long.length);
    expect(await short.decryptText()).toBe('a');
    expect(await ssn.decrypt(long)).toBe('a'.repeat(63));
  });

  it('says so when a value was written as another type, and quotes nothing of it', async () => {
    const asText = encryptedColumn({ table: 'employee', column: 'salary', type: text() });
    const stored = await asText.encrypt(SECRET);
    const error = await expectCode('INVALID_ARGUMENT', () => salary.decrypt(stored));
    expect(error.column).toBe('employee.salary');
    expect(error.message).toContain('another type');
    expect(inspect(error)).not.toContain(SECRET);
  });

  it('keeps the message of a value type from outside to itself: it may quote the value', async () => {
    const own: ValueType<string> = {
      name: 'own',
      encode: (value) => {
        throw new Error(`cannot encode ${value}`);
      },
      decode: (plaintext) => {
        throw new RangeError(`cannot decode ${plaintext.toString()}`);
      },
    };
    const column = encryptedColumn({ table: 'employee', column: 'ssn', type: own });
    for (const work of [() => column.encrypt(SECRET), async () => column.decrypt(await ssn.encrypt(SECRET))]) {
      const error = await expectCode('INVALID_ARGUMENT', work);
      expect(inspect(error)).not.toContain(SECRET);
      expect(error.column).toBe('employee.ssn');
    }
  });

  it('ends the wait when the signal fires', async () => {
    const signal = AbortSignal.abort();
    const stored = await ssn.encrypt(SECRET);
    expect((await expectCode('ABORTED', () => ssn.encrypt(SECRET, { signal }))).column).toBe('employee.ssn');
    await expectCode('ABORTED', () => ssn.decrypt(stored, { signal }));
  });
});

describe('the context', () => {
  it('is the label, row and tenant under the names c, r and tn', async () => {
    const stored = await byBoth.encrypt(SECRET, { row: 7, tenant: UUID });
    const context = { c: 'patient.name', r: '7', tn: UUID.toLowerCase() };
    expect((await decrypt(stored, { context })).toString()).toBe(SECRET);
  });

  it('holds a composite key as FF and each part with its length', async () => {
    const stored = await byRow.encrypt(SECRET, { row: ['é', 12n] });
    const r = Buffer.from('ff00000002c3a9000000023132', 'hex');
    expect((await decrypt(stored, { context: { c: 'patient.note', r } })).toString()).toBe(SECRET);
  });
});

describe('a value that was moved', () => {
  it('to another column does not authenticate', async () => {
    const stored = await encryptedColumn({ table: 'employee', column: 'name', type: text() }).encrypt(SECRET);
    const error = await expectCode('AUTH_FAILED', () => ssn.decrypt(Buffer.from(stored)));
    expect(error.column).toBe('employee.ssn');
    await expectCode('AUTH_FAILED', () => ssn.decrypt(stored));
    await expectCode('AUTH_FAILED', () => ssn.fromDatabase(stored).decrypt());
    await expectCode('AUTH_FAILED', () => ssn.decryptSync(stored));
  });

  it('to another table does not authenticate', async () => {
    const stored = await encryptedColumn({ table: 'customer', column: 'ssn', type: text() }).encrypt(SECRET);
    await expectCode('AUTH_FAILED', () => ssn.decrypt(stored));
  });

  it('to another row or tenant does not authenticate', async () => {
    const stored = await byBoth.encrypt(SECRET, { row: 1, tenant: 'a' });
    const read = Buffer.from(stored);
    expect(await byBoth.decrypt(read, { row: 1, tenant: 'a' })).toBe(SECRET);
    await expectCode('AUTH_FAILED', () => byBoth.decrypt(read, { row: 2, tenant: 'a' }));
    await expectCode('AUTH_FAILED', () => byBoth.decrypt(read, { row: 1, tenant: 'b' }));
    await expectCode('AUTH_FAILED', () => byBoth.decryptSync(read, { row: 'a', tenant: '1' }));
    await expectCode('AUTH_FAILED', () => byBoth.decrypt(stored, { row: 2, tenant: 'a' }));
    await expectCode('AUTH_FAILED', () => byBoth.fromDatabase(read, { row: 2, tenant: 'a' }).decrypt());
  });

  it('to another row of a column that is not bound to it is not noticed: that is what bind is for', async () => {
    const [one, other] = [await ssn.encrypt('one'), await ssn.encrypt('other')];
    expect([await ssn.decrypt(other), await ssn.decrypt(one)]).toEqual(['other', 'one']);
  });

  it('never equals a composite key with its parts shifted', async () => {
    const stored = await byRow.encrypt(SECRET, { row: ['ab', 'c'] });
    for (const row of [['a', 'bc'], ['c', 'ab'], ['ab', 'c', 'd'], 'abc']) {
      await expectCode('AUTH_FAILED', () => byRow.decrypt(Buffer.from(stored), { row }));
    }
    expect(await byRow.decrypt(Buffer.from(stored), { row: ['ab', 'c'] })).toBe(SECRET);
  });
});

describe('row and tenant', () => {
  it.each<[string, KeyPart, KeyPart]>([
    ['a number and its digits', 42, '42'],
    ['a BigInt and its digits', 42n, '42'],
    ['minus zero and zero', -0, 0],
    ['a UUID in either case', UUID, UUID.toLowerCase()],
    ['the text of a UUID and its 16 bytes', UUID, UUID_BYTES],
    ['the 16 bytes of a UUID and its text', Uint8Array.from(UUID_BYTES), UUID],
    ['a UUID as a Buffer and as a Uint8Array of another realm', UUID_BYTES, foreignBytes(UUID_BYTES)],
  ])('are the same as %s', async (_name, written, read) => {
    const stored = Buffer.from(await byRow.encrypt(SECRET, { row: written }));
    expect(await byRow.decrypt(stored, { row: read })).toBe(SECRET);
  });

  it('are the same in a composite key and as tenant, too', async () => {
    const stored = Buffer.from(await byBoth.encrypt(SECRET, { row: [UUID, 7], tenant: UUID_BYTES }));
    expect(await byBoth.decrypt(stored, { row: [UUID_BYTES, 7n], tenant: UUID })).toBe(SECRET);
    await expectCode('AUTH_FAILED', () => byBoth.decrypt(stored, { row: [7, UUID_BYTES], tenant: UUID }));
  });

  it.each([
    ['without hyphens', UUID.replaceAll('-', '')],
    ['in braces', `{${UUID}}`],
    ['as a URN', `urn:uuid:${UUID}`],
    ['as its bytes in another order', Buffer.from(UUID_BYTES).swap16()],
    ['as the text of its bytes', UUID_BYTES.toString('latin1')],
  ])('are another id as a UUID %s', async (_name, row) => {
    const stored = Buffer.from(await byRow.encrypt(SECRET, { row: UUID }));
    await expectCode('AUTH_FAILED', () => byRow.decrypt(stored, { row }));
  });

  it('are taken at their length in memory, whatever the bytes say of it', async () => {
    const lying = Object.defineProperty(Buffer.alloc(17), 'length', { value: 16 });
    const error = await expectCode('INVALID_ARGUMENT', () => byRow.encrypt(SECRET, { row: lying }));
    expect(error.message).toContain('17 bytes');
  });

  it('tell other text in another case apart', async () => {
    const stored = Buffer.from(await byRow.encrypt(SECRET, { row: 'Ada' }));
    await expectCode('AUTH_FAILED', () => byRow.decrypt(stored, { row: 'ada' }));
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['empty text', ''],
    ['half a character', '\ud800'],
    ['a fraction', 1.5],
    ['NaN', Number.NaN],
    ['a number that is not exact', 2 ** 53],
    ['a boolean', true],
    ['a Date', new Date(0)],
    ['bytes that are no UUID', Buffer.alloc(15)],
    ['more bytes than a UUID has', Buffer.alloc(17)],
    ['no bytes', new Uint8Array(0)],
    ['a Promise', Promise.resolve(1)],
    ['an empty list', []],
    ['a list of one', [1]],
    ['a list within a list', [1, [2, 3]]],
    ['a list with null', [1, null]],
  ])('are refused as %s', async (_name, row) => {
    const stored = Buffer.from(await byRow.encrypt(SECRET, { row: 1 }));
    const error = await expectCode('INVALID_ARGUMENT', () => byRow.encrypt(SECRET, { row: row as never }));
    expect(error.message).toContain('row');
    expect(error.column).toBe('patient.note');
    await expectCode('INVALID_ARGUMENT', () => byRow.decrypt(stored, { row: row as never }));
    await expectCode('INVALID_ARGUMENT', () => byRow.fromDatabase(stored, { row: row as never }));
  });

  it('are required where the column is bound to them', async () => {
    const unchecked = byBoth as unknown as EncryptedColumn<string>;
    expect((await expectCode('INVALID_ARGUMENT', () => unchecked.encrypt(SECRET))).column).toBe('patient.name');
    const stored = Buffer.from(await byBoth.encrypt(SECRET, { row: 1, tenant: 2 }));
    expect((await expectCode('INVALID_ARGUMENT', () => unchecked.decrypt(stored))).message).toContain('row');
    await expectCode('INVALID_ARGUMENT', () => byBoth.decrypt(stored, { row: 1 } as never));
    await expectCode('INVALID_ARGUMENT', () => byBoth.decrypt(stored, 1 as never));
  });

  it('are refused where the column is not bound to them: the value would seem to be protected', async () => {
    const error = await expectCode('INVALID_ARGUMENT', () => ssn.encrypt(SECRET, { row: 1 } as never));
    expect(error.message).toContain("bind: ['row']");
    await expectCode('INVALID_ARGUMENT', () => byRow.encrypt(SECRET, { row: 1, tenant: 1 } as never));
  });

  it('need not be given again for a handle that was made with them', async () => {
    const handle = await byBoth.encrypt(SECRET, { row: 1, tenant: 'a' });
    expect(await byBoth.decrypt(handle)).toBe(SECRET);
    expect(byBoth.decryptSync(handle)).toBe(SECRET);
    expect(await handle.decryptText()).toBe(SECRET);
    const read = byBoth.fromDatabase(Buffer.from(handle), { row: 1, tenant: 'a' });
    expect(await byBoth.decrypt(read)).toBe(SECRET);
    await expectCode('INVALID_ARGUMENT', () => byBoth.decrypt(handle, { row: 1 }));
    await expectCode('INVALID_ARGUMENT', () => byRow.decrypt(handle));
    await expectCode('INVALID_ARGUMENT', () => byRow.decrypt(EncryptedBytes.fromDatabase(handle)));
    const unbound = encryptedColumn({ table: 'patient', column: 'name', type: text() });
    await expectCode('INVALID_ARGUMENT', async () => byBoth.decrypt(await unbound.encrypt(SECRET)));
    await expectCode('AUTH_FAILED', () => unbound.decrypt(handle, { signal: AbortSignal.timeout(10_000) }));
  });
});

describe('formerly', () => {
  const renamed = encryptedColumn({
    table: 'staff',
    column: 'ssn',
    type: text(),
    formerly: ['person.ssn', 'employee.ssn'],
  });

  it('reads what was written under earlier labels, and writes under the present one', async () => {
    const old = Buffer.from(await ssn.encrypt(SECRET));
    expect(await renamed.decrypt(old)).toBe(SECRET);
    expect(renamed.decryptSync(old)).toBe(SECRET);
    expect(await renamed.fromDatabase(old).decryptText()).toBe(SECRET);
    expect(renamed.fromDatabase(old).decryptTextSync()).toBe(SECRET);
    const fresh = await renamed.encrypt(SECRET);
    expect((await decrypt(fresh, { context: { c: 'staff.ssn' } })).toString()).toBe(SECRET);
    await expectCode('AUTH_FAILED', () => ssn.decrypt(fresh));
  });

  it('gives the first error when no label opens the value', async () => {
    const foreign = await salary.encrypt(1);
    const error = await expectCode('AUTH_FAILED', () => renamed.decrypt(foreign));
    expect(error.column).toBe('staff.ssn');
    await expectCode('AUTH_FAILED', () => renamed.decryptSync(foreign));
  });

  it('is tried after AUTH_FAILED only', async () => {
    const calls: unknown[] = [];
    const crypterer = createAesCrypterer({ key: localKey(1) });
    const counting = Object.assign(Object.create(crypterer) as typeof crypterer, {
      decrypt: (...call: Parameters<typeof crypterer.decrypt>) => {
        calls.push(call[1]?.context);
        return crypterer.decrypt(...call);
      },
    });
    const column = encryptedColumn({
      table: 'a',
      column: 'b',
      type: text(),
      formerly: ['x', 'y'],
      crypterer: counting,
    });
    await expectCode('FRAME_UNKNOWN', () => column.decrypt(Buffer.from('plaintext')));
    expect(calls).toEqual([{ c: 'a.b' }]);
    await expectCode('AUTH_FAILED', async () => column.decrypt(await ssn.encrypt(SECRET)));
    expect(calls.slice(1)).toEqual([{ c: 'a.b' }, { c: 'x' }, { c: 'y' }]);
  });

  it('gives an error of another kind on the way as it is: it says nothing of the value', async () => {
    const crypterer = createAesCrypterer({ key: localKey(1) });
    let answered = 0;
    const failing = Object.assign(Object.create(crypterer) as typeof crypterer, {
      decrypt: async (...call: Parameters<typeof crypterer.decrypt>) => {
        answered += 1;
        if (answered === 2) throw new SqlcrypterError('KMS_UNAVAILABLE', 'The KMS is down.');
        return crypterer.decrypt(...call);
      },
    });
    const column = encryptedColumn({ table: 'a', column: 'b', type: text(), formerly: ['x'], crypterer: failing });
    const stored = await ssn.encrypt(SECRET);
    const error = await expectCode('KMS_UNAVAILABLE', () => column.decrypt(stored));
    expect(error).toMatchObject({ retryable: true, column: 'a.b' });
  });

  it('keeps row and tenant', async () => {
    const before = encryptedColumn({ table: 'patient', column: 'note', type: text(), bind: ['row'] });
    const after = encryptedColumn({ table: 'p', column: 'n', type: text(), bind: ['row'], formerly: ['patient.note'] });
    const stored = Buffer.from(await before.encrypt(SECRET, { row: 1 }));
    expect(await after.decrypt(stored, { row: 1 })).toBe(SECRET);
    await expectCode('AUTH_FAILED', () => after.decrypt(stored, { row: 2 }));
  });

  it('is not needed when the label stays fixed', async () => {
    const moved = encryptedColumn({ table: 'staff', column: 'number', type: text(), label: 'employee.ssn' });
    expect(await moved.decrypt(await ssn.encrypt(SECRET))).toBe(SECRET);
    expect(moved.label).toBe('employee.ssn');
  });
});

describe("encoding: 'text'", () => {
  const note = encryptedColumn({ table: 'employee', column: 'note', type: text(), encoding: 'text' });

  it('binds and reads sc1. and base64url', async () => {
    const stored = await note.encrypt(SECRET);
    expect(stored).toMatch(/^sc1\.[A-Za-z0-9_-]+$/);
    expect(await note.decrypt(stored)).toBe(SECRET);
    expect(note.decryptSync(note.encryptSync(SECRET))).toBe(SECRET);
    expect(await note.encryptMany(['a', null])).toEqual([expect.stringMatching(/^sc1\./), null]);
  });

  it('reads bytes as well, and a column of bytes reads its text, so that a column can change over', async () => {
    const asBytes = encryptedColumn({ table: 'employee', column: 'note', type: text() });
    expect(await note.decrypt(await asBytes.encrypt(SECRET))).toBe(SECRET);
    expect(await asBytes.decrypt(await note.encrypt(SECRET))).toBe(SECRET);
  });

  it('gives no handles, which could not be bound to it', async () => {
    const stored = await note.encrypt(SECRET);
    await expectCode('UNSUPPORTED', () => note.fromDatabase(stored));
    expect(
      await EncryptedBytes.fromDatabase(stored)
        .decrypt()
        .catch((error: SqlcrypterError) => error.code),
    ).toBe('AUTH_FAILED');
  });

  it('never passes plaintext through', async () => {
    const error = await expectCode('INVALID_ARGUMENT', () => note.decrypt(SECRET));
    expect(inspect(error)).not.toContain(SECRET);
  });
});

describe('the crypterer', () => {
  it('is looked up when it is used, never when the column is declared', async () => {
    await shutdown();
    const column = encryptedColumn({ table: 'a', column: 'b', type: text(), crypterer: 'tenant-7' });
    const error = await expectCode('NOT_INITIALIZED', () => column.encrypt(SECRET));
    expect(error.column).toBe('a.b');
    await expectCode('NOT_INITIALIZED', () => ssn.encryptSync(SECRET));
    register('tenant-7', createAesCrypterer({ key: localKey(7) }));
    init(createAesCrypterer({ key: localKey(8) }));
    expect(await column.decrypt(await column.encrypt(SECRET))).toBe(SECRET);
    await expectCode('KEY_NOT_FOUND', async () => ssn.decrypt(await column.encrypt(SECRET)));
  });

  it('may be asynchronous only: then the synchronous twins are UNSUPPORTED', async () => {
    const column = encryptedColumn({ table: 'a', column: 'b', type: text(), crypterer: asyncOnly() });
    const stored = await column.encrypt(SECRET);
    expect(await column.decrypt(stored)).toBe(SECRET);
    await expectCode('UNSUPPORTED', () => column.encryptSync(SECRET));
    expect((await expectCode('UNSUPPORTED', () => column.decryptSync(stored))).column).toBe('a.b');
    await expectCode('UNSUPPORTED', () => stored.decryptTextSync());
  });

  it('may have keys to load first: then the synchronous twins are KEY_NOT_LOADED until they are', async () => {
    const loading = keyLoading();
    const column = encryptedColumn({ table: 'a', column: 'b', type: text(), crypterer: loading.crypterer });
    const stored = await column.encrypt(SECRET);
    loading.useKey(1);
    expect((await expectCode('KEY_NOT_LOADED', () => column.decryptSync(stored))).column).toBe('a.b');
    using _lease = await loading.crypterer.loadKeys([stored]);
    expect(column.decryptSync(stored)).toBe(SECRET);
  });

  it('may throw what has no code: its message may quote the value, so it is not repeated', async () => {
    const crypterer = {
      scheme: 'careless',
      encrypt: async () => {
        throw new Error(SECRET);
      },
      decrypt: async () => {
        throw new TypeError(SECRET);
      },
    };
    const column = encryptedColumn({ table: 'a', column: 'b', type: text(), crypterer });
    for (const work of [() => column.encrypt(SECRET), () => column.decrypt(Buffer.alloc(60))]) {
      const error = await expectCode('PROVIDER_FAILED', work);
      expect(inspect(error)).not.toContain(SECRET);
    }
  });
});

describe('the declaration', () => {
  const good = { table: 'employee', column: 'ssn', type: text() };
  it.each<[string, unknown]>([
    ['no options', undefined],
    ['null', null],
    ['no table', { ...good, table: undefined }],
    ['an empty column', { ...good, column: '' }],
    ['a table with its schema', { ...good, table: 'public.employee' }],
    ['a name with a NUL', { ...good, column: 'ssn\0' }],
    ['no type', { ...good, type: undefined }],
    ['a type that was not called', { ...good, type: text }],
    ['an empty label', { ...good, label: '' }],
    ['half a character as label', { ...good, label: '\ud800' }],
    ['formerly as text', { ...good, formerly: 'a.b' }],
    ['formerly with null', { ...good, formerly: [null] }],
    ['bind as text', { ...good, bind: 'row' }],
    ['bind to what it does not know', { ...good, bind: ['user'] }],
    ['a misspelt option', { ...good, binds: ['row'] }],
    ['another encoding', { ...good, encoding: 'hex' }],
    ['a crypterer that was not awaited', { ...good, crypterer: Promise.resolve() }],
  ])('is refused with %s', async (_name, options) => {
    await expectCode('CONFIG', () => encryptedColumn(options as never));
  });

  it('can be read from the column, and not changed', () => {
    expect(byBoth).toMatchObject({ table: 'patient', column: 'name', label: 'patient.name', bind: ['row', 'tenant'] });
    expect(Object.isFrozen(byBoth) && Object.isFrozen(byBoth.bind)).toBe(true);
  });
});

describe('an option that means nothing', () => {
  it.each([{ rowId: 5 }, { row_id: 5 }, { tennant: 'x' }])(
    'such as %o is refused: it was meant to bind the value',
    async (options) => {
      await expectCode('INVALID_ARGUMENT', () => ssn.encrypt('a', options as never));
      await expectCode('INVALID_ARGUMENT', () => ssn.encryptSync('a', options as never));
      await expectCode('INVALID_ARGUMENT', () => ssn.encryptMany(['a'], options as never));
      await expectCode('INVALID_ARGUMENT', () => EncryptedBytes.encrypt('a', options as never));
    },
  );
});
