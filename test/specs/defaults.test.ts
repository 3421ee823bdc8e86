import { expect, test } from 'vitest';
import { mergeDefaults, withoutOwnFields } from '../../specs/defaults.ts';

test('maps merge deeply, everything else is replaced', () => {
  const below = { env: { A: 1, B: { c: 1 } }, ports: [1, 2], restart: 'never', x: { y: 1 } };
  const above = { env: { A: 2, B: { d: 2 } }, ports: [3], x: 'text' };
  expect(mergeDefaults(below, above)).toEqual({
    env: { A: 2, B: { c: 1, d: 2 } },
    ports: [3],
    restart: 'never',
    x: 'text',
  });
});

test('a health check of one kind drops the other kind of defaults', () => {
  const below = { health: { command: 'x', interval: '5s' } };
  expect(mergeDefaults(below, { health: { http: 80 } })).toEqual({
    health: { http: 80, interval: '5s' },
  });
});

test('another word for restart drops the limit that defaults laid beneath the first one', () => {
  const below = { restart: { when: 'on-failure', limit: 3 } };
  expect(mergeDefaults(below, { restart: { when: 'never' } })).toEqual({
    restart: { when: 'never' },
  });
  expect(mergeDefaults(below, { restart: 'always' })).toEqual({ restart: 'always' });
});

test('nothing of what was given is shared with what comes out', () => {
  const below = { env: { A: ['x'] } };
  const merged = mergeDefaults(below, {}) as typeof below;
  merged.env.A.push('y');
  expect(below.env.A).toEqual(['x']);
});

test('__proto__ does not pollute', () => {
  const hostile: unknown = JSON.parse('{"env":{"__proto__":{"polluted":1}}}');
  mergeDefaults(hostile, hostile);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test("fields of the user's own are dropped", () => {
  expect(withoutOwnFields({ image: 'x', 'x-note': 1 })).toEqual({ image: 'x' });
});
