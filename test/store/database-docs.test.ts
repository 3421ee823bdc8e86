import { expect, test } from 'vitest';
import { databaseDocs } from '../support/generate-database-docs.ts';
import { committed } from '../support/generated.ts';
import { openTestStore } from './support.ts';

test('docs/database.md is what the schema says (UPDATE=1 writes it)', () => {
  const text = databaseDocs(openTestStore().hand);
  expect(committed('docs/database.md', text)).toBe(text);
});
