import { expect, test } from 'vitest';
import { nearest } from '../../specs/nearest.ts';

const fields = ['image', 'command', 'ports', 'memory', 'envFile', 'env', 'cpus', 'dependsOn'];

test.each([
  ['imgae', 'image'],
  ['prots', 'ports'],
  ['memroy', 'memory'],
  ['env_file', 'envFile'],
  ['ENV', 'env'],
  ['cpu', 'cpus'],
  ['depends-on', 'dependsOn'],
  ['telemetry', null],
  ['x'.repeat(10_000), null],
  ['', null],
])('%j is nearest to %j', (text, expected) => {
  expect(nearest(text, fields)).toBe(expected);
});
