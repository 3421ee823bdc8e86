import type { IdleView } from '../../controller/plan/input.ts';
import { ended, minutes, noon } from '../support/plan-builders.ts';
import type { RuleCase } from './rule-case.ts';

const released = { grantedAt: null, nextAttemptAt: null };
const idle = (judged: Partial<NonNullable<IdleView['judged']>>): IdleView => ({
  judged: {
    idleSince: noon - minutes(60),
    use: null,
    dueAt: null,
    quietAt: null,
    endsAt: null,
    action: 'stop',
    texts: { since: '11:00', due: '12:00', ends: '12:00', kept: '' },
    ...judged,
  },
  heldText: '',
  cardsUntil: null,
});
const held = (cardsUntil: number | null): IdleView => ({ judged: null, heldText: '', cardsUntil });

export const idleCases: readonly RuleCase[] = [
  {
    rule: 'idle/idle-over',
    when: 'it was warned of, protected or not',
    scene: { idle: idle({ dueAt: noon }), wish: { updates: 'manual' } },
    expected: {
      reason: 'HeldIdle',
      phase: 'running.healthy',
      patch: { hold: 'idle' },
      lookAgainAfterMs: 0,
    },
  },
  {
    rule: 'idle/lifetime-over',
    when: 'it was warned of',
    scene: { idle: idle({ endsAt: noon }) },
    expected: {
      reason: 'HeldLifetime',
      phase: 'running.healthy',
      patch: { hold: 'lifetime' },
      lookAgainAfterMs: 0,
    },
  },
  {
    rule: 'running/running',
    when: 'it is warned of',
    scene: { idle: idle({ dueAt: noon + 5 }) },
    expected: { reason: 'IdleWarned', phase: 'running.healthy', lookAgainAfterMs: 5 },
  },
  {
    rule: 'running/running',
    when: 'its end is nearer than the end for want of use',
    scene: { idle: idle({ dueAt: noon + 9, endsAt: noon + 5 }) },
    expected: { reason: 'LifetimeWarned', phase: 'running.healthy', lookAgainAfterMs: 5 },
  },
  {
    rule: 'running/running',
    when: 'idleness is only told',
    scene: { idle: idle({ dueAt: noon, action: 'notify' }) },
    expected: { reason: 'Idle', phase: 'running.healthy' },
  },
  {
    rule: 'stopped/held-idle',
    when: 'it runs still, even a protected one',
    scene: { holds: ['idle'], wish: { updates: 'manual' }, idle: held(null) },
    expected: { stops: 'idle', reason: 'Stopping', phase: 'stopping', steps: ['stop'] },
  },
  {
    rule: 'stopped/held-idle',
    when: 'it is stopped and its cards stay its own for a while',
    scene: { holds: ['idle'], container: ended(), idle: held(noon + minutes(15)) },
    expected: { reason: 'HeldIdle', phase: 'stopped', lookAgainAfterMs: minutes(15) },
  },
  {
    rule: 'stopped/held-idle',
    when: 'that is over',
    scene: { holds: ['idle'], container: ended(), idle: held(noon) },
    expected: { reason: 'HeldIdle', phase: 'stopped', patch: released },
  },
  {
    rule: 'stopped/held-lifetime',
    when: 'it is stopped',
    scene: { holds: ['lifetime'], container: ended() },
    expected: { reason: 'HeldLifetime', phase: 'stopped', patch: released },
  },
  {
    rule: 'running/recreate-protected',
    when: 'a change waits for it to be idle',
    scene: {
      was: {},
      wish: { image: 'pytorch:24.06', updates: 'whenIdle' },
      idle: idle({ quietAt: noon + 1 }),
    },
    expected: { reason: 'UpdatePending', phase: 'running.healthy' },
  },
  {
    rule: 'running/recreate-pulls-first',
    when: 'it is idle by now',
    scene: {
      was: {},
      wish: { image: 'pytorch:24.06', updates: 'whenIdle' },
      idle: idle({ quietAt: noon }),
      snapshot: { image: null },
    },
    expected: {
      reason: 'ImagePulling',
      phase: 'running.healthy',
      steps: ['pull', 'stop', 'remove', 'create', 'start'],
    },
  },
];
