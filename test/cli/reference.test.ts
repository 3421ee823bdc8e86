import { format, resolveConfig } from 'prettier';
import { expect, it } from 'vitest';
import { committed } from '../support/generated.ts';
import { cliReference, policyReference, reasonReference } from '../support/reference-docs.ts';

it.each([
  ['docs/cli.md', cliReference],
  ['docs/reasons.md', reasonReference],
  ['docs/policy.md', policyReference],
])('%s is what the code says', async (path, generate) => {
  const style = await resolveConfig('package.json');
  const text = await format(generate(), { ...style, parser: 'markdown' });
  expect(committed(path, text)).toBe(text);
});
