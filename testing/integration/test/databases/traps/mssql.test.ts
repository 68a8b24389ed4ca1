import sql from 'mssql';
import { describe, expect, it } from 'vitest';
import { PlainClass, secret, secretText } from './secret.js';

/** The type that the driver gives a parameter without being told. No server is needed for that. */
function inferredType(parameter: unknown): unknown {
  const request = new sql.Request();
  request.input('secret', parameter);
  return request.parameters.secret?.type;
}

describe('mssql', () => {
  it('sends an EncryptedBytes as bytes', async () => {
    expect(inferredType(await secret.encrypt('one'))).toBe(sql.VarBinary);
  });

  it('sends encrypted text as text', async () => {
    expect(inferredType(await secretText.encrypt('one'))).toBe(sql.NVarChar);
  });

  it('sends what is not a Buffer as text, a Uint8Array too', async () => {
    const value = await secret.encrypt('one');
    for (const parameter of [structuredClone(value), new PlainClass(value), Promise.resolve(value)]) {
      expect(inferredType(parameter)).toBe(sql.NVarChar);
    }
  });

  it('sends NULL as text, which a column of bytes refuses: it needs its type', () => {
    expect(inferredType(null)).toBe(sql.NVarChar);
    const request = new sql.Request();
    request.input('secret', sql.VarBinary, null);
    expect(request.parameters.secret?.type).toBe(sql.VarBinary);
  });

  it('takes the type of a class that is registered', async () => {
    class Registered extends PlainClass {}
    sql.map.register(Registered, sql.VarBinary);
    expect(inferredType(new Registered(await secret.encrypt('one')))).toBe(sql.VarBinary);
  });
});
