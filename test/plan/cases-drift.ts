import { context, ended, minutes, noon, seconds } from '../support/plan-builders.ts';
import type { RuleCase } from './rule-case.ts';

const reports = context({ driftPolicy: 'report' });
const handStop = { containerId: 'c1', at: noon - seconds(1) };
const reported = { reason: 'DriftReported' } as const;
const asked = { repairRequestedAt: noon - seconds(1) };
const moreMemory = { was: {}, wish: { memoryBytes: 2 ** 36 } } as const;
const start = { nextAttemptAt: null, restartRequestedAt: null, approval: null };

/** driftPolicy: report */
export const driftCases: readonly RuleCase[] = [
  {
    rule: 'running/paused',
    when: 'docker pause was typed, and drift is reported',
    scene: { context: reports, container: { state: 'paused' } },
    expected: { ...reported, phase: 'running.unhealthy' },
  },
  {
    rule: 'running/paused',
    when: 'docker pause was typed, drift is reported, and a person said up',
    scene: { context: reports, container: { state: 'paused' }, record: asked },
    expected: { reason: 'Starting', phase: 'running.unhealthy', steps: ['unpause'] },
  },
  {
    rule: 'running/running',
    when: 'a hand changed its limits, and drift is reported',
    scene: { context: reports, ...moreMemory },
    expected: { ...reported, phase: 'running.healthy' },
  },
  {
    rule: 'running/running',
    when: 'a hand renamed it, and drift is reported',
    scene: { context: reports, container: { name: 'mine' } },
    expected: { ...reported, phase: 'running.healthy' },
  },
  {
    rule: 'running/in-place',
    when: 'the file changes its limits, and drift is reported',
    scene: {
      context: reports,
      ...moreMemory,
      record: { generation: 2, grantedGeneration: 2 },
    },
    expected: { reason: 'Running', phase: 'running.healthy', steps: ['update'] },
  },
  {
    rule: 'running/in-place',
    when: 'a hand changed its limits, drift is reported, and a person said restart',
    scene: {
      context: reports,
      ...moreMemory,
      record: { restartRequestedAt: noon - seconds(1) },
    },
    expected: { reason: 'Running', phase: 'running.healthy', steps: ['update', 'stop', 'start'] },
  },
  {
    rule: 'ended/ended',
    when: 'docker stop was typed, and drift is reported: others may have its cards',
    scene: {
      context: reports,
      container: ended({ exitCode: 0, finishedAt: noon }),
      record: { handStop },
    },
    expected: { ...reported, phase: 'stopped', patch: { grantedAt: null } },
  },
  {
    rule: 'ended/ended',
    when: 'it ended by itself, and drift is reported: that is no hand',
    scene: { context: reports, container: ended() },
    expected: {
      reason: 'Starting',
      phase: 'starting',
      steps: ['start'],
      patch: { ...start, restarts: 1, lastFailure: 'it ended with exit code 1' },
    },
  },
  {
    rule: 'ended/ended',
    when: 'the engine went down around it, and drift is reported: that is no hand',
    scene: {
      context: reports,
      container: ended({ exitCode: 137, finishedAt: noon - seconds(1) }),
      record: { handStop },
      snapshot: { outages: [{ from: noon - seconds(10), to: noon - seconds(2) }] },
    },
    expected: { reason: 'Starting', phase: 'starting', steps: ['start'], patch: start },
  },
  {
    rule: 'ended/ended',
    when: 'it ended by itself with limits that a hand changed: as it is',
    scene: { context: reports, ...moreMemory, container: ended() },
    expected: {
      reason: 'Starting',
      phase: 'starting',
      steps: ['start'],
      patch: { ...start, restarts: 1, lastFailure: 'it ended with exit code 1' },
    },
  },
  {
    rule: 'missing/removed-by-hand',
    when: 'docker rm was typed, and drift is reported',
    scene: {
      context: reports,
      container: null,
      record: { containerId: 'c1', phase: 'running.healthy' },
    },
    expected: {
      ...reported,
      phase: 'stopped',
      patch: { grantedAt: null, handRemovedAt: noon },
    },
  },
  {
    rule: 'missing/removed-by-hand',
    when: 'docker rm was typed some time ago',
    scene: {
      context: reports,
      container: null,
      record: { phase: 'stopped', handRemovedAt: noon - minutes(9) },
    },
    expected: {
      ...reported,
      phase: 'stopped',
      patch: { grantedAt: null, handRemovedAt: noon - minutes(9) },
    },
  },
  {
    rule: 'missing/create',
    when: 'we removed it and died before that was written down, and drift is reported',
    scene: {
      context: reports,
      container: null,
      record: { containerId: 'c1', removingId: 'c1', phase: 'unknown' },
    },
    expected: { reason: 'Creating', phase: 'creating', steps: ['create', 'start'] },
  },
  {
    rule: 'missing/create',
    when: 'docker rm was typed, drift is reported, and a person said up',
    scene: {
      context: reports,
      container: null,
      record: { handRemovedAt: noon - minutes(9), ...asked },
    },
    expected: { reason: 'Creating', phase: 'creating', steps: ['create', 'start'] },
  },
  {
    rule: 'stopped/started-by-hand',
    when: 'docker start was typed against state: stopped, and drift is reported',
    scene: { context: reports, wish: { state: 'stopped' } },
    expected: { ...reported, phase: 'running.healthy' },
  },
  {
    rule: 'stopped/stopped-by-file',
    when: 'the file says state: stopped anew, and drift is reported',
    scene: {
      context: reports,
      wish: { state: 'stopped' },
      record: { generation: 2 },
    },
    expected: { reason: 'Stopping', phase: 'stopping', steps: ['stop'], stops: 'state' },
  },
];
