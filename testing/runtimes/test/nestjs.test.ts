import { join } from 'node:path';
import { type Consumer, commandOf, run } from '@sqlcrypter/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runtimeProject } from './runtime-project.js';

const OTHERS = [
  ...['@nestjs/common@11.2.10', '@nestjs/core@11.2.10', '@nestjs/platform-express@11.2.10', '@nestjs/testing@11.2.6'],
  ...['reflect-metadata@0.2.2', 'rxjs@7.8.2', 'typescript@5.9.3'],
  ...['jest@30.5.2', 'ts-jest@29.4.15', '@types/jest@30.0.0', '@types/node@20.19.25'],
];

describe('an application of NestJS', () => {
  let project: Consumer;
  beforeAll(async () => {
    project = await runtimeProject('nestjs', ['@sqlcrypter/core', ...OTHERS]);
  });
  afterAll(() => project?.[Symbol.asyncDispose]());

  describe.each(['commonjs', 'node16', 'nodenext'])('with module %s', (kind) => {
    it('serves what it encrypted', async () => {
      const tsc = commandOf(join(project.folder, 'node_modules/typescript/package.json'), 'tsc');
      const built = await project.node([tsc, '-p', `tsconfig.${kind}.json`]);
      expect(built).toEqual({ exitCode: 0, stdout: '', stderr: '' });
      const { stdout, stderr } = await project.node([`dist/${kind}/main.js`]);
      expect(stderr).toBe('');
      expect(JSON.parse(stdout)).toEqual({
        scheme: 'aes',
        ssns: ['999-00-1234', '999-00-5678'],
        copied: 'AUTH_FAILED',
      });
    });

    it("passes its tests with ts-jest, as NestJS's own command sets it up", async () => {
      const env = { MODULE_KIND: kind };
      const { exitCode, stdout, stderr } = await run('npx', ['--no', '--', 'jest', '--json'], {
        cwd: project.folder,
        env,
      });
      expect(exitCode, stderr).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ numPassedTests: 1, numTotalTests: 1 });
    });
  });
});
