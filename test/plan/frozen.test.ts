import { expect, it } from 'vitest';
import { check } from '../../controller/plan/check.ts';
import { plan } from '../../controller/plan/plan.ts';
import { ended, minutes, noon, scene, type Scene } from '../support/plan-builders.ts';

const message = 'the host was frozen by ada at 09:12; mlenv thaw lets it go on';
const frozen = { reason: 'Frozen', message } as const;
const observing = { reason: 'Observing', message: 'MLEnv only observes' } as const;
const gone = { wish: { kind: 'vanished' }, record: { vanishedAt: noon - minutes(60) } } as const;

it.each<readonly [string, Scene, string]>([
  ['a restart', { container: ended() }, 'it ended with exit code 1'],
  ['an unpause', { container: { state: 'paused' } }, 'it was paused behind our back'],
  ['a change in place', { was: {}, wish: { memoryBytes: 2 ** 36 } }, 'memory: '],
  ['a prune', gone, 'no longer in the file'],
  ['forgetting what is gone', { ...gone, container: null }, 'no longer in the file'],
  [
    'network',
    { container: null, snapshot: { network: 'absent' } },
    "the project's network is made",
  ],
  ['down', { holds: ['down'] }, 'kept stopped'],
])('a frozen host has no %s', (_, what, next) => {
  const decided = plan(scene({ ...what, frozen }));
  expect(decided).toMatchObject({ steps: [], reason: 'Frozen', forget: false, patch: {} });
  expect(decided.message).toContain(`${message}. Next: ${next}`);
  expect(plan(scene(what)).reason).not.toBe('Frozen');
});

it('keeps its place for who asks for admission', () => {
  const asks = { container: null, record: { grantedAt: null } } as const;
  expect(plan(scene({ ...asks, frozen }))).toMatchObject({ reason: 'Frozen', needsGrant: true });
});

it('says nothing where there is nothing to do', () => {
  expect(plan(scene({ frozen })).reason).toBe('Running');
  expect(plan(scene({ frozen, holds: ['suspend'] })).reason).toBe('Suspended');
});

it('is no word that a plan can get around', () => {
  const input = scene({ container: ended() });
  expect(check(plan(input), { ...input, frozen })).toEqual([
    'something is changed on a host that is to stay as it is',
  ]);
});

it.each<readonly [string, Scene, string]>([
  ['create', { container: null, snapshot: { network: 'absent' } }, 'create it from '],
  ['restart', { container: ended() }, 'start it: it ended with exit code 1'],
  ['unpause', { container: { state: 'paused' } }, 'unpause it: it was paused behind our back'],
  ['change in place', { was: {}, wish: { memoryBytes: 2 ** 36 } }, 'change its limits in place: '],
  ['forget what is gone', { ...gone, container: null }, 'forget it: no longer in the file'],
  ['stop', { holds: ['down'] }, 'stop it: kept stopped'],
])('who only observes tells that it would %s', (_, what, would) => {
  const decided = plan(scene({ ...what, frozen: observing }));
  expect(decided).toMatchObject({ steps: [], reason: 'Observing', forget: false, patch: {} });
  expect(decided.message).toContain(`MLEnv would ${would}`);
  expect(decided.holds).toEqual([{ reason: 'Observing', message: decided.message }]);
});
