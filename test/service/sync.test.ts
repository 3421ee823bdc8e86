import { expect, it } from 'vitest';
import type { Reason } from '../../controller/model/reason.ts';
import { syncOf } from '../../controller/service/sync.ts';

const of = (
  reason: Reason,
  changes: {
    readonly synced?: boolean;
    readonly specError?: string;
    readonly seen?: number;
    readonly restart?: number;
  } = {},
) =>
  syncOf(
    { specError: changes.specError ?? null },
    {
      reason,
      generation: 2,
      observedGeneration: changes.seen ?? 2,
      restartRequestedAt: changes.restart ?? null,
    },
    changes.synced ?? false,
  );

it.each([
  ['what runs as the file says', of('Running', { synced: true }), 'Synced'],
  ['a job that failed as the file describes it', of('Failed', { synced: true }), 'Synced'],
  ['one that fails its check', of('Unhealthy', { synced: true }), 'Synced'],
  ['a suspended one with nothing to change', of('Suspended', { synced: true }), 'Synced'],
  [
    'one whose newer text was not looked at',
    of('Running', { synced: true, seen: 1 }),
    'Progressing',
  ],
  ['a pull', of('ImagePulling'), 'Progressing'],
  ['a restart that was asked for', of('Running', { synced: true, restart: 1 }), 'Progressing'],
  ['a change that waits for approval', of('UpdatePending'), 'OutOfSync'],
  ['one that was taken down', of('HeldDown'), 'OutOfSync'],
  ['one that left the file', of('PruneScheduled'), 'OutOfSync'],
  ['a back-off', of('BackOff', { synced: true }), 'Stalled'],
  ['no room', of('GpuPoolFull'), 'Stalled'],
  ['a fault in the file', of('Running', { synced: true, specError: '[]' }), 'Stalled'],
  ['an engine that does not answer', of('EngineUnavailable', { synced: true }), 'Stalled'],
] as const)('%s', (_, got, wanted) => {
  expect(got).toBe(wanted);
});
