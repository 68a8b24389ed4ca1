import { checkScope } from '@sqlcrypter/core/provider';
import { type Driver, run } from './database.js';
import { scopeIn } from './select-keys.js';

/** Destroys every data key of a scope, with its wraps. Gives how many were destroyed now. Errors: `INVALID_ARGUMENT`. */
export async function eraseScope(driver: Driver, scope: string): Promise<number> {
  checkScope(scope);
  const line = ['data', scopeIn(driver, scope)];
  const where = 'WHERE purpose = ? AND scope = ? AND state';
  const living = `SELECT count(*) AS living FROM sqlcrypter_keys ${where} <> 'destroyed'`;
  const destroy = `UPDATE sqlcrypter_keys SET state = 'destroyed', retired = ? ${where} <> 'destroyed'`;
  const destroyed = `SELECT fingerprint FROM sqlcrypter_keys ${where} = 'destroyed'`;
  let count = 0;
  // Every step is safe to repeat: whoever is cut off between them erases once more. A key that was being stored
  // meanwhile is found by the next look; whoever stores one after that look sees what happened to the line.
  for (;;) {
    const found = Number((await run(driver, living, line))[0]?.living);
    if (found > 0) await run(driver, destroy, [Date.now(), ...line]);
    await run(driver, `DELETE FROM sqlcrypter_key_wraps WHERE fingerprint IN (${destroyed})`, line);
    if (found === 0) return count;
    count += found;
  }
}
