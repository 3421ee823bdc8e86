import { expect, test } from 'vitest';
import { lifecycle } from '../../controller/plan/lifecycle.ts';
import { committed } from '../support/generated.ts';
import { lifecycleDocs } from '../support/generate-lifecycle-docs.ts';

test('docs/lifecycle.md is what the machine says (npm run docs:lifecycle writes it)', () => {
  const text = lifecycleDocs();
  expect(committed('docs/lifecycle.md', text)).toBe(text);
});

test('every state is drawn, and effects stand on their edges', () => {
  const text = lifecycleDocs();
  for (const name of Object.keys(lifecycle.states)) expect(text).toContain(` ${name} -->`);
  expect(text).toContain('stopped --> starting: start / start');
  expect(text).toContain('running --> stopping: stop / stop');
  expect(text).toContain('running_healthy');
});
