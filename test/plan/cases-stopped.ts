import { ended, minutes, noon } from '../support/plan-builders.ts';
import type { RuleCase } from './rule-case.ts';

const approval = { generation: 1, containerId: 'c1', by: 'ada', at: noon - minutes(1) };
const released = { grantedAt: null, nextAttemptAt: null };

export const stoppedCases: readonly RuleCase[] = [
  {
    rule: 'stopped/held-down',
    when: 'it runs, even a protected training',
    scene: { holds: ['down'], wish: { updates: 'manual' } },
    expected: { stops: 'down', reason: 'Stopping', phase: 'stopping', steps: ['stop'] },
  },
  {
    rule: 'stopped/held-down',
    when: 'its dependents still run',
    scene: { holds: ['down'], snapshot: { dependentsRunning: ['board'] } },
    expected: { reason: 'DependentsRunning', phase: 'running.healthy', lookAgainAfterMs: 5000 },
  },
  {
    rule: 'stopped/held-down',
    when: 'it is stopped',
    scene: { holds: ['down'], container: ended(), record: { nextAttemptAt: noon + 1 } },
    expected: { reason: 'HeldDown', phase: 'stopped', patch: released },
  },
  {
    rule: 'stopped/held-down',
    when: 'it was never there',
    scene: { holds: ['down'], container: null, record: { grantedAt: null } },
    expected: { reason: 'HeldDown', phase: 'stopped' },
  },
  {
    rule: 'stopped/not-yet-started',
    when: 'it was found, and nobody asked for it',
    scene: { holds: ['unstarted'], container: null, record: { grantedAt: null, phase: 'pending' } },
    expected: { reason: 'NotYetStarted', phase: 'pending' },
  },
  {
    rule: 'stopped/rebuilt',
    when: 'it did not run when the record was lost',
    scene: { holds: ['rebuilt'], container: ended() },
    expected: { reason: 'Rebuilt', phase: 'stopped', patch: released },
  },
  {
    rule: 'stopped/stopped-by-file-protected',
    when: 'a training runs under updates: manual',
    scene: { wish: { state: 'stopped', updates: 'manual' } },
    expected: { reason: 'UpdatePending', phase: 'running.healthy' },
  },
  {
    rule: 'stopped/stopped-by-file-protected',
    when: 'the approval was for an earlier generation',
    scene: {
      wish: { state: 'stopped', updates: 'manual' },
      record: { generation: 2, approval },
    },
    expected: { reason: 'UpdatePending', phase: 'running.healthy' },
  },
  {
    rule: 'stopped/stopped-by-file',
    when: 'it runs',
    scene: { wish: { state: 'stopped' } },
    expected: { stops: 'state', reason: 'Stopping', phase: 'stopping', steps: ['stop'] },
  },
  {
    rule: 'stopped/stopped-by-file',
    when: 'a person approved it',
    scene: { wish: { state: 'stopped', updates: 'manual' }, record: { approval } },
    expected: { stops: 'state', reason: 'Stopping', phase: 'stopping', steps: ['stop'] },
  },
  {
    rule: 'stopped/stopped-by-file',
    when: 'it is stopped',
    scene: { wish: { state: 'stopped' }, container: ended() },
    expected: { reason: 'Stopped', phase: 'stopped', patch: released },
  },
  {
    rule: 'stopped/unresolved',
    when: 'its env file is gone, and it runs on',
    scene: { wish: { kind: 'unresolved', reason: 'SpecUnresolved', message: '.env is gone' } },
    expected: { reason: 'SpecUnresolved', phase: 'running.healthy' },
  },
];
