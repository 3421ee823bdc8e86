import { ended, minutes, noon, seconds } from '../support/plan-builders.ts';
import { stopOfSwap } from '../../controller/model/run.ts';
import type { RuleCase } from './rule-case.ts';

/** What each start sets, whatever led to it. */
const started = { nextAttemptAt: null, restartRequestedAt: null, approval: null };
const outage = { from: noon - seconds(10), to: noon - seconds(2) };
const handStop = { containerId: 'c1', at: noon - seconds(1) };

/** Stopped by MLEnv a second ago, and to be tried again then. */
const swapped = (nextAttemptAt: number) => ({
  container: ended(),
  record: {
    stopIntent: stopOfSwap('c1', noon - seconds(2)),
    restarts: 1,
    nextAttemptAt,
    lastFailure: '/srv/x is mounted as another folder',
  },
});

/** After a run. */
export const endedCases: readonly RuleCase[] = [
  {
    rule: 'ended/ended',
    when: 'with an error for the first time: restarted at once',
    scene: { container: ended() },
    expected: {
      reason: 'Starting',
      phase: 'starting',
      steps: ['start'],
      patch: { ...started, restarts: 1, lastFailure: 'it ended with exit code 1' },
    },
  },
  {
    rule: 'ended/ended',
    when: 'with an error for the third time: it waits',
    scene: { container: ended({ startedAt: noon - minutes(1) }), record: { restarts: 2 } },
    expected: {
      reason: 'BackOff',
      phase: 'backingOff',
      patch: {
        restarts: 2,
        nextAttemptAt: noon + seconds(19),
        lastFailure: 'it ended with exit code 1',
      },
      lookAgainAfterMs: seconds(19),
    },
  },
  {
    rule: 'ended/ended',
    when: 'a job was given another folder than was looked at, and stopped: it waits, and has not failed',
    scene: { wish: { restart: 'never' }, ...swapped(noon + seconds(9)) },
    expected: {
      reason: 'BackOff',
      phase: 'backingOff',
      lookAgainAfterMs: seconds(9),
    },
  },
  {
    rule: 'ended/ended',
    when: 'a job was given another folder than was looked at, and has waited for long enough',
    scene: { wish: { restart: 'never' }, ...swapped(noon) },
    expected: { reason: 'Starting', phase: 'starting', steps: ['start'], patch: started },
  },
  {
    rule: 'ended/ended',
    when: 'it waits, and its deadline is still ahead',
    scene: {
      container: ended({ startedAt: noon - minutes(1) }),
      record: { restarts: 2, nextAttemptAt: noon + seconds(5), phase: 'backingOff' },
    },
    expected: { reason: 'BackOff', phase: 'backingOff', lookAgainAfterMs: seconds(5) },
  },
  {
    rule: 'ended/ended',
    when: 'with an error after many restarts and an hour of health: at once',
    scene: { container: ended(), record: { restarts: 9 } },
    expected: {
      reason: 'Starting',
      phase: 'starting',
      steps: ['start'],
      patch: { ...started, restarts: 1, lastFailure: 'it ended with exit code 1' },
    },
  },
  {
    rule: 'running/run-is-over',
    when: 'with success',
    scene: { container: ended({ exitCode: 0 }) },
    expected: { reason: 'Completed', phase: 'completed', patch: { grantedAt: null } },
  },
  {
    rule: 'running/run-is-over',
    when: 'with success, after the restart that was asked for and whose result was lost',
    scene: {
      container: ended({ exitCode: 0 }),
      record: { restartRequestedAt: noon - minutes(61) },
    },
    expected: {
      reason: 'Completed',
      phase: 'completed',
      patch: { grantedAt: null, restartRequestedAt: null },
    },
  },
  {
    rule: 'ended/ended',
    when: 'with success, and restart: always',
    scene: { wish: { restart: 'always' }, container: ended({ exitCode: 0 }) },
    expected: {
      reason: 'Starting',
      phase: 'starting',
      steps: ['start'],
      patch: { ...started, restarts: 1, lastFailure: 'it ended with exit code 0' },
    },
  },
  {
    rule: 'running/run-is-over',
    when: 'with an error, and restart: never',
    scene: { wish: { restart: 'never' }, container: ended() },
    expected: {
      reason: 'Failed',
      phase: 'failed',
      patch: { grantedAt: null, lastFailure: 'it ended with exit code 1' },
    },
  },
  {
    rule: 'running/run-is-over',
    when: 'out of memory, and restart: never',
    scene: {
      wish: { restart: 'never' },
      container: ended({ exitCode: 137, oomKilled: true }),
    },
    expected: {
      reason: 'OutOfMemory',
      phase: 'failed',
      patch: { grantedAt: null, lastFailure: 'out of memory, limit 32 GB (exit code 137)' },
    },
  },
  {
    rule: 'ended/ended',
    when: 'the daemon went down around it: costs no back-off',
    scene: {
      container: ended({ exitCode: 137, finishedAt: noon - seconds(9) }),
      record: { restarts: 4 },
      snapshot: { outages: [outage] },
    },
    expected: { reason: 'Starting', phase: 'starting', steps: ['start'], patch: started },
  },
  {
    rule: 'running/run-is-over',
    when: 'the daemon cut a restart: never job',
    scene: {
      wish: { restart: 'never' },
      container: ended({ exitCode: 137, finishedAt: noon - seconds(9) }),
      snapshot: { outages: [outage] },
    },
    expected: {
      reason: 'Interrupted',
      phase: 'failed',
      patch: { grantedAt: null, lastFailure: 'the engine or the host went down while it ran' },
    },
  },
  {
    rule: 'ended/ended',
    when: 'docker stop was typed: drift, and repaired, though it ended with 0',
    scene: { container: ended({ exitCode: 0 }), record: { handStop } },
    expected: { reason: 'Starting', phase: 'starting', steps: ['start'], patch: started },
  },
  {
    rule: 'running/run-is-over',
    when: 'docker stop was typed at a restart: never job: its end',
    scene: {
      wish: { restart: 'never' },
      container: ended({ exitCode: 143 }),
      record: { handStop },
    },
    expected: {
      reason: 'Failed',
      phase: 'failed',
      patch: { grantedAt: null, lastFailure: 'it was stopped by hand, with docker' },
    },
  },
];
