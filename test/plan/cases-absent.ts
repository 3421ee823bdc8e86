import { minutes, noon } from '../support/plan-builders.ts';
import type { RuleCase } from './rule-case.ts';

const vanished = { kind: 'vanished' } as const;
const longAgo = { vanishedAt: noon - minutes(11) };
const approval = { generation: 1, containerId: 'c1', by: 'ada', at: noon - minutes(1) };

export const absentCases: readonly RuleCase[] = [
  {
    rule: 'absent/held-removed',
    when: 'it runs, even a protected training',
    scene: { holds: ['rm'], wish: { updates: 'manual' } },
    expected: { stops: 'rm', reason: 'Stopping', phase: 'stopping', steps: ['stop', 'remove'] },
  },
  {
    rule: 'absent/held-removed',
    when: 'its dependents still run',
    scene: { holds: ['rm'], snapshot: { dependentsRunning: ['board'] } },
    expected: { reason: 'DependentsRunning', phase: 'running.healthy', lookAgainAfterMs: 5000 },
  },
  {
    rule: 'absent/held-removed',
    when: 'it is gone',
    scene: { holds: ['rm'], container: null, record: { phase: 'deleted' } },
    expected: { reason: 'HeldRemoved', phase: 'deleted', patch: { grantedAt: null } },
  },
  {
    rule: 'absent/held-removed',
    when: 'the owner changed, and it has to go all the same',
    scene: { holds: ['rm'], ownerChanged: true },
    expected: { stops: 'rm', reason: 'Stopping', phase: 'stopping', steps: ['stop', 'remove'] },
  },
  {
    rule: 'absent/held-removed',
    when: 'it vanished too, and its volumes have still to go',
    scene: {
      holds: ['rm'],
      wish: vanished,
      container: null,
      record: { ...longAgo, removeVolumes: true, grantedAt: null },
    },
    expected: { reason: 'HeldRemoved', phase: 'deleted' },
  },
  {
    rule: 'absent/vanished-nothing-left',
    when: 'it never had a container',
    scene: { wish: vanished, container: null, record: { vanishedAt: noon } },
    expected: { reason: 'Deleted', phase: 'deleted', forget: true },
  },
  {
    rule: 'absent/vanished-nothing-left',
    when: 'it was removed by hand before it left the file',
    scene: { holds: ['rm'], wish: vanished, container: null, record: { phase: 'deleted' } },
    expected: { reason: 'Deleted', phase: 'deleted', forget: true },
  },
  {
    rule: 'absent/vanished-in-grace',
    when: 'its run is over and its container gone: the word of it is kept for the grace',
    scene: {
      wish: vanished,
      container: null,
      record: { vanishedAt: noon, phase: 'completed' },
    },
    expected: { reason: 'PruneScheduled', phase: 'completed', lookAgainAfterMs: minutes(10) },
  },
  {
    rule: 'absent/vanished-held-down',
    when: 'down is typed for what has left the file, in its grace',
    scene: {
      wish: vanished,
      holds: ['down'],
      record: { vanishedAt: noon, raw: { updates: 'manual' } },
    },
    expected: { stops: 'prune', reason: 'Stopping', phase: 'stopping', steps: ['stop'] },
  },
  {
    rule: 'absent/mass-removal',
    when: 'many vanished at once',
    scene: { wish: vanished, massRemoval: true, record: longAgo },
    expected: { reason: 'MassRemoval', phase: 'running.healthy' },
  },
  {
    rule: 'absent/vanished-in-grace',
    when: 'a branch without it was checked out',
    scene: { wish: vanished, record: { vanishedAt: noon - minutes(4) } },
    expected: { reason: 'PruneScheduled', phase: 'running.healthy', lookAgainAfterMs: minutes(6) },
  },
  {
    rule: 'absent/vanished-in-grace',
    when: 'an approval from before it vanished says nothing of its removal',
    scene: {
      wish: vanished,
      record: { vanishedAt: noon - 1000, approval },
    },
    expected: {
      reason: 'PruneScheduled',
      phase: 'running.healthy',
      lookAgainAfterMs: minutes(10) - 1000,
    },
  },
  {
    rule: 'absent/vanished-protected',
    when: 'the last good text says updates: manual',
    scene: { wish: vanished, record: { ...longAgo, raw: { updates: 'manual' } } },
    expected: { reason: 'UpdatePending', phase: 'running.healthy' },
  },
  {
    rule: 'absent/vanished-protected',
    when: 'the last good text says restart: never',
    scene: { wish: vanished, record: { ...longAgo, raw: { restart: 'never' } } },
    expected: { reason: 'UpdatePending', phase: 'running.healthy' },
  },
  {
    rule: 'absent/vanished',
    when: 'its grace is over',
    scene: { wish: vanished, record: longAgo },
    expected: { stops: 'prune', reason: 'Stopping', phase: 'stopping', steps: ['stop', 'remove'] },
  },
  {
    rule: 'absent/vanished',
    when: 'it ended, and protects nothing any more',
    scene: {
      wish: vanished,
      record: { ...longAgo, raw: { updates: 'manual' } },
      container: { state: 'exited', finishedAt: noon },
    },
    expected: { reason: 'Removing', phase: 'removing', steps: ['remove'] },
  },
  {
    rule: 'absent/vanished',
    when: 'its removal was approved within the grace',
    scene: {
      wish: vanished,
      record: { vanishedAt: noon - minutes(2), raw: { updates: 'manual' }, approval },
    },
    expected: { stops: 'prune', reason: 'Stopping', phase: 'stopping', steps: ['stop', 'remove'] },
  },
];
