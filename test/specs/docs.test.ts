import { expect, test } from 'vitest';
import { committed } from '../support/generated.ts';
import {
  generateConfigDocs,
  generateErrorDocs,
  generateSpecDocs,
} from '../support/generate-spec-docs.ts';

test('docs/spec.md is what the schema says', () => {
  const text = generateSpecDocs();
  expect(committed('docs/spec.md', text)).toBe(text);
});

test('docs/config.md is what the schema says', () => {
  const text = generateConfigDocs();
  expect(committed('docs/config.md', text)).toBe(text);
});

test('docs/errors.md is what the table of codes says', () => {
  const text = generateErrorDocs();
  expect(committed('docs/errors.md', text)).toBe(text);
});
