// Puts the statements of migrations/*.sql into the code, where a bundle finds them: writes src/migrations.ts.
import { readFile, writeFile } from 'node:fs/promises';

const DIALECTS = ['postgres', 'mysql', 'sqlite'];
const folder = new URL('../', import.meta.url);

const asLiteral = (text) => `\`${text.replace(/\\|`|\$\{/g, '\\$&')}\``;

const properties = await Promise.all(
  DIALECTS.map(async (dialect) => {
    const text = await readFile(new URL(`migrations/${dialect}.sql`, folder), 'utf8');
    return `  ${dialect}: ${asLiteral(text)},\n`;
  }),
);

await writeFile(
  new URL('src/migrations.ts', folder),
  `// Made by scripts/embed-migrations.mjs from migrations/*.sql: change those files, not this one.

/** The files of the folder \`migrations\`, each by the name of its dialect. */
export const MIGRATIONS: { ${DIALECTS.map((dialect) => `readonly ${dialect}: string`).join('; ')} } = {
${properties.join('')}};
`,
);
