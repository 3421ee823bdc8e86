import { expect, test } from 'vitest';
import { generateConfigTypes, generateTypes } from '../support/generate-types.ts';
import { committed } from '../support/generated.ts';

test.each([
  ['specs/types.generated.ts', generateTypes],
  ['specs/config/types.generated.ts', generateConfigTypes],
])('%s is what the schema says', async (path, generate) => {
  const text = await generate();
  expect(committed(path, text)).toBe(text);
});
