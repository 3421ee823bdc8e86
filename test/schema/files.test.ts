import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { migrationsFolder, packageFolder, schemaPath } from '../../schema/files.ts';

test("the package folder is the one of MLEnv's own package.json", () => {
  const text = readFileSync(join(packageFolder(), 'package.json'), 'utf8');
  expect(JSON.parse(text)).toMatchObject({ name: 'mlenv' });
});

test('the schema and the migrations lie in it', () => {
  expect(schemaPath('mlenv.schema.json')).toBe(
    join(packageFolder(), 'schema', 'mlenv.schema.json'),
  );
  expect(existsSync(migrationsFolder())).toBe(true);
});
