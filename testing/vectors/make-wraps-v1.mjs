// Makes wraps-v1.json: wrapped keys of the key table, wrapped keys inside values, and what they are bound to.
//
//   node make-wraps-v1.mjs            writes wraps-v1.json beside this file
//   node make-wraps-v1.mjs --print    prints it instead
//
// As make-frame-v1.mjs it shares no code with the packages, is deterministic, and is only appended to.
import { writeFileSync } from 'node:fs';
import { bytes, counting, encodeContext, headerOf, hkdf, seal, u16, u32, utf8 } from './independent-format.mjs';

const X = 'xaes-256-gcm';
const G = 'aes-256-gcm';
const DATA_KEY = counting(0, 32);
const BRANCH_KEY = counting(0x20, 32);
const LOCAL_KEY = counting(0x60, 32);
const LOCAL_ID = 0x0a0b0c0d;
const nonce = counting(0x40, 24);

const fingerprintOf = (key) => hkdf(key, 'commit').subarray(0, 16);

// The facts of a row as the context of its wraps, or as the KMS encryption context: texts by name.
function contextOf({ fingerprint, purpose, scope, created, expires }) {
  const context = { 'sqlcrypter.fingerprint': fingerprint, 'sqlcrypter.purpose': purpose };
  if (scope !== '') context['sqlcrypter.scope'] = scope;
  return { ...context, 'sqlcrypter.created': String(created), 'sqlcrypter.expires': String(expires) };
}

const factsOf = (key, purpose, scope, created, expires) => ({
  fingerprint: fingerprintOf(key).toString('hex'),
  purpose,
  scope,
  created,
  expires,
});

// Under a branch key: suite X, kind 2, the branch key's fingerprint.
function wrapByBranch(plaintext, facts, context = contextOf(facts)) {
  return seal(BRANCH_KEY, X, headerOf(X, bytes(2, fingerprintOf(BRANCH_KEY))), nonce, plaintext, context);
}

// Under a local key: suite X, kind 1, and sqlcrypter.use beside the rest.
function wrapByLocalKey(plaintext, context) {
  const header = headerOf(X, bytes(1, u32(LOCAL_ID)));
  return seal(LOCAL_KEY, X, header, nonce, plaintext, { ...context, 'sqlcrypter.use': 'wrap' });
}

const branchFacts = factsOf(BRANCH_KEY, 'branch', '', 1_767_225_600_000, 1_798_761_600_000);
const dataFacts = (scope) => factsOf(DATA_KEY, 'data', scope, 1_769_904_000_123, 1_772_496_000_123);

const branchRow = {
  ...branchFacts,
  wraps: [
    { provider: 1, keyId: 'aes:0a0b0c0d', wrapped: wrapByLocalKey(BRANCH_KEY, contextOf(branchFacts)).toString('hex') },
  ],
};

function dataRow(facts, wrapped) {
  return {
    ...facts,
    wraps: [{ provider: 0, keyId: fingerprintOf(BRANCH_KEY).toString('hex'), wrapped: wrapped.toString('hex') }],
  };
}

const valueContext = { c: 'employee.ssn', r: '1001' };
const plaintext = utf8('999-00-1337');
const storedValue = seal(DATA_KEY, X, headerOf(X, bytes(2, fingerprintOf(DATA_KEY))), nonce, plaintext, valueContext);

const facts = [
  ['no scope', dataFacts('')],
  ['a scope', dataFacts('tenant-42')],
  ['a scope beyond ASCII', dataFacts('Müller €𐀀')],
  ['the longest scope', dataFacts('s'.repeat(255))],
  ['a branch key', branchFacts],
  ['the year 1970', factsOf(DATA_KEY, 'data', '', 0, 1)],
].map(([name, each]) => ({
  name,
  facts: each,
  context: contextOf(each),
  encoded: encodeContext(contextOf(each)).toString('hex'),
}));

// Rows that open, each with its branch row.
const rows = facts
  .filter(({ facts: { purpose } }) => purpose === 'data')
  .map(({ name, facts: each }) => ({ name, row: dataRow(each, wrapByBranch(DATA_KEY, each)) }));

// Rows that were changed: the value under them is KMS_INVALID_BLOB.
const own = dataFacts('tenant-42');
const wrapped = wrapByBranch(DATA_KEY, own);
const bound = contextOf(own);
const { 'sqlcrypter.scope': _scope, ...withoutScope } = bound;
const flipped = Buffer.from(wrapped);
flipped[91] ^= 1;
const changedRows = [
  ['another scope', dataRow({ ...own, scope: 'tenant-43' }, wrapped)],
  ['no scope', dataRow({ ...own, scope: '' }, wrapped)],
  ['an earlier making', dataRow({ ...own, created: own.created - 1 }, wrapped)],
  ['a later end', dataRow({ ...own, expires: own.expires + 1 }, wrapped)],
  ['one bit of the tag', dataRow(own, flipped)],
  ['a wrap cut by a byte', dataRow(own, wrapped.subarray(0, 91))],
  ['a wrap without its tag', dataRow(own, wrapped.subarray(0, 59))],
  ['an empty scope that is named', dataRow(dataFacts(''), wrapByBranch(DATA_KEY, {}, { ...bound, 'sqlcrypter.scope': '' }))],
  ['a scope that is not named', dataRow(own, wrapByBranch(DATA_KEY, {}, withoutScope))],
  ['a fingerprint in upper case', dataRow(own, wrapByBranch(DATA_KEY, {}, { ...bound, 'sqlcrypter.fingerprint': own.fingerprint.toUpperCase() }))],
  ['times as numbers of eight bytes', dataRow(own, wrapByBranch(DATA_KEY, {}, { ...bound, 'sqlcrypter.created': { hex: '0000019c1a8b7c7b' } }))],
  ['sqlcrypter.use beside the rest', dataRow(own, wrapByBranch(DATA_KEY, {}, { ...bound, 'sqlcrypter.use': 'wrap' }))],
  ['the wrap of a value', dataRow(own, storedValue)],
].map(([name, row]) => ({ name, row, code: 'KMS_INVALID_BLOB' }));

// Values that carry a data key wrapped under a local key: provider 1, bound to sqlcrypter.use alone.
const inlineWrapped = wrapByLocalKey(DATA_KEY, {});
const inline = [X, G].map((suite) => {
  const header = headerOf(suite, bytes(3, fingerprintOf(DATA_KEY), 1, u16(inlineWrapped.length), inlineWrapped));
  const used = suite === X ? nonce : nonce.subarray(0, 12);
  return {
    name: `${suite}, provider 1`,
    ciphertext: seal(DATA_KEY, suite, header, used, plaintext, valueContext).toString('hex'),
  };
});

const file = {
  comment: 'Wrapped keys of format v1. Made by make-wraps-v1.mjs; append only. Bytes are lower-case hexadecimal.',
  dataKey: DATA_KEY.toString('hex'),
  branchKey: BRANCH_KEY.toString('hex'),
  localKey: { id: LOCAL_ID, key: LOCAL_KEY.toString('hex'), keyId: 'aes:0a0b0c0d' },
  facts,
  branchRow,
  rows,
  changedRows,
  value: { context: valueContext, plaintext: plaintext.toString('hex'), ciphertext: storedValue.toString('hex') },
  inlineWrapped: inlineWrapped.toString('hex'),
  inline,
};

const json = `${JSON.stringify(file, null, 2)}\n`;
if (process.argv.includes('--print')) process.stdout.write(json);
else writeFileSync(new URL('wraps-v1.json', import.meta.url), json);
