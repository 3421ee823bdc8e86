import { expect, test } from 'vitest';
import { updatesOf } from '../../controller/plan/input.ts';
import { plan } from '../../controller/plan/plan.ts';
import { minutes, noon, record, scene, type Scene } from '../support/plan-builders.ts';

test.each([
  [{ image: 'x' }, 'auto'],
  [{ image: 'x', restart: 'never' }, 'manual'],
  [{ image: 'x', restart: { when: 'never' } }, 'manual'],
  [{ image: 'x', restart: { when: 'on-failure', limit: 3 } }, 'auto'],
  [{ image: 'x', gpus: 2 }, 'whenIdle'],
  [{ image: 'x', gpus: 'all' }, 'whenIdle'],
  [{ image: 'x', gpus: { optional: true } }, 'whenIdle'],
  [{ image: 'x', gpus: 0 }, 'auto'],
  [{ image: 'x', gpus: { count: 0 } }, 'auto'],
  [{ image: 'x', gpus: 2, updates: 'auto' }, 'auto'],
])('a vanished environment that was %j has updates: %s', (raw, updates) => {
  expect(updatesOf({ wish: { kind: 'vanished' }, record: record({ raw }) })).toBe(updates);
});

const commit = { revision: 'a1b2c3d4e5f6', author: 'Ada Lovelace' };

test.each<readonly [string, Scene, string]>([
  [
    'a changed field',
    { was: {}, wish: { image: 'pytorch:24.06', updates: 'manual' } },
    'image: pytorch:24.05 → pytorch:24.06',
  ],
  ['state: stopped', { wish: { state: 'stopped', updates: 'manual' } }, 'state: running → stopped'],
  [
    'a removal from the file',
    {
      wish: { kind: 'vanished' },
      record: { vanishedAt: noon - minutes(60), raw: { image: 'x', gpus: 1 } },
    },
    'no longer in the file',
  ],
])('UpdatePending of %s names the commit and who wrote it', (_, what, change) => {
  const { reason, message } = plan(scene({ ...what, commit }));
  expect(reason).toBe('UpdatePending');
  expect(message).toContain(`${change} (commit a1b2c3d4e5 by Ada Lovelace); `);
  expect(plan(scene(what)).message).toContain(`${change}; `);
});
