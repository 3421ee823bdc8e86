import { ended, minutes, noon, observed, scene } from '../support/plan-builders.ts';
import type { ObservedContainer } from '../../controller/model/container.ts';
import { stopOfSwap } from '../../controller/model/run.ts';
import type { RuleCase } from './rule-case.ts';

const [main] = (() => {
  const { snapshot } = scene();
  return snapshot.kind === 'known' ? snapshot.containers : [];
})();
if (main === undefined) throw new Error('the default scene has a container');

const copy = (over: Partial<ObservedContainer>): ObservedContainer =>
  observed(main.config, { id: 'c2', name: 'copy', createdAt: noon - minutes(90), ...over });

export const guardCases: readonly RuleCase[] = [
  {
    rule: 'guard/in-flight',
    when: 'a stop of ours has not come back',
    scene: { record: { phase: 'stopping' }, snapshot: { inFlight: 'stop' }, wish: { image: 'x' } },
    expected: { reason: 'Stopping', phase: 'stopping' },
  },
  {
    rule: 'guard/suspended',
    when: 'it ended',
    scene: { holds: ['suspend'], container: ended() },
    expected: { reason: 'Suspended', phase: 'stopped' },
  },
  {
    rule: 'guard/suspended',
    when: 'it should be removed',
    scene: { holds: ['suspend', 'rm'] },
    expected: { reason: 'Suspended', phase: 'running.healthy' },
  },
  {
    rule: 'guard/mount-changed',
    when: 'it has another folder than was looked at, and could not be stopped',
    scene: { record: { stopIntent: stopOfSwap('c1', noon) } },
    expected: { reason: 'Stopping', phase: 'stopping', steps: ['stop', 'start'] },
  },
  {
    rule: 'guard/engine-removing',
    when: 'docker rm is under way',
    scene: { container: { state: 'removing' } },
    expected: { reason: 'RemovalBlocked', phase: 'removing', lookAgainAfterMs: 2000 },
  },
  {
    rule: 'guard/engine-dead',
    when: 'docker rm failed half way',
    scene: { container: { state: 'dead' } },
    expected: { reason: 'Removing', phase: 'removing', steps: ['remove', 'create', 'start'] },
  },
  {
    rule: 'guard/second-container',
    when: 'a copy runs beside the recorded one',
    scene: { snapshot: { containers: [copy({}), main] } },
    expected: { reason: 'Stopping', phase: 'running.healthy', steps: ['stop', 'remove'] },
  },
  {
    rule: 'guard/second-container',
    when: 'a copy lies there, not running',
    scene: { snapshot: { containers: [copy({ state: 'exited' }), main] } },
    expected: { reason: 'Removing', phase: 'running.healthy', steps: ['remove'] },
  },
  {
    rule: 'guard/second-container',
    when: 'two run under updates: manual and the record knows neither',
    scene: {
      wish: { updates: 'manual' },
      record: { containerId: null },
      snapshot: { containers: [copy({}), main] },
    },
    expected: { reason: 'Stopping', phase: 'running.healthy', steps: ['stop', 'remove'] },
  },
  {
    rule: 'guard/owner-changed',
    when: 'the folder has another owner',
    scene: { ownerChanged: true, container: ended() },
    expected: { reason: 'OwnerChanged', phase: 'stopped' },
  },
  {
    rule: 'guard/folder-untrusted',
    when: 'others may write into the folder, and its container runs on',
    scene: { untrusted: '/home/ada may be written to by everybody' },
    expected: { reason: 'FolderUntrusted', phase: 'running.healthy' },
  },
];
