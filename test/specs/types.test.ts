import { expect, test } from 'vitest';
import { generateTypes } from '../support/generate-types.ts';
import { committed } from '../support/generated.ts';

test('specs/types.generated.ts is what the schema says', async () => {
  const text = await generateTypes();
  expect(committed('specs/types.generated.ts', text)).toBe(text);
});
