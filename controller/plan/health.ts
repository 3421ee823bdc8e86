import type { ObservedContainer } from '../model/container.ts';
import { couldNotAsk, isOfRun, type HealthRow } from '../model/health.ts';
import type { RecordPatch } from '../model/plan.ts';
import { healthWish, isUnasked } from './effective-health.ts';
import { isLive, mayChangeNow, type Facts, type Wish } from './input.ts';
import { outgoing } from './notice-text.ts';
import { refusedStart } from './policy.ts';
import { waitForSecrets } from './rules-missing.ts';
import { hold, type Rule, type Verdict } from './verdict.ts';
import { stopStep } from './stop.ts';

/** What is wrong with a container that runs on. */
export const sickRules: readonly Rule<Facts>[] = [
  {
    id: 'gpu-lost',
    why: 'A container does not get its cards back by itself; made anew it has the same ones.',
    decide: (facts) => {
      const row = lostCards(facts);
      if (row === null || facts.wish.kind !== 'wanted') return null;
      const { onGpuLost } = facts.wish.environment;
      if (onGpuLost === 'report') return null;
      if (onGpuLost === 'recreateWhenIdle' && !mayChangeNow(facts)) return null;
      return cure(facts, 'gpu-lost', `it lost its cards and is made anew: ${row.message}`);
    },
  },
  {
    id: 'unhealthy',
    why: 'Unhealthy for its grace: what a crash would do is done to it.',
    decide: (facts) => {
      if (!restartsUnhealthy(facts)) return null;
      const { graceLeftMs } = sickness(facts);
      return graceLeftMs > 0 ? null : cure(facts, 'unhealthy', `restarted, as ${sickText(facts)}`);
    },
  },
];

/** Nothing is taken away that could not come back. */
const cure = (facts: Facts, of: 'unhealthy' | 'gpu-lost', why: string): Verdict | null => {
  const { container } = facts;
  if (container === null) return null;
  const obstacle = refusedStart(facts, container) ?? waitForSecrets(facts);
  // What it holds it keeps: it runs.
  if (obstacle !== null) return { ...obstacle, patch: {} };
  if (!facts.granted)
    return hold('Pending', 'asks for what its restart needs', { needsGrant: true });
  return stopStep(facts, of, { why, reason: of === 'unhealthy' ? 'Unhealthy' : 'GpuLost' });
};

const mayRestart = (facts: Facts): boolean => {
  const does = healthWish(facts.wish)?.onUnhealthy;
  return does === 'restart' || (does === 'restartWhenIdle' && mayChangeNow(facts));
};

const restartsUnhealthy = (facts: Facts): boolean =>
  facts.live &&
  facts.container?.state !== 'paused' &&
  facts.container?.health === 'unhealthy' &&
  mayRestart(facts) &&
  !isUnasked(facts);

const sickness = (facts: Facts): { readonly since: number; readonly graceLeftMs: number } => {
  const { record, container, now, wish } = facts;
  const seen = record.unhealthySince;
  const since = seen !== null && seen >= (container?.startedAt ?? 0) ? seen : now;
  return { since, graceLeftMs: since + (healthWish(wish)?.graceMs ?? 0) - now };
};

/** What is noted of the health of what runs, and when it has to be looked at again. */
export const noteHealth = (
  facts: Facts,
): { readonly patch: RecordPatch; readonly lookAgainAfterMs: number | null } => {
  const { record, container } = facts;
  const isSick = container?.health === 'unhealthy';
  const { since, graceLeftMs } = sickness(facts);
  const unhealthySince = isSick ? since : null;
  return {
    patch: record.unhealthySince === unhealthySince ? {} : { unhealthySince },
    lookAgainAfterMs: restartsUnhealthy(facts) ? Math.max(0, graceLeftMs) : null,
  };
};

/** `its health check fails: connection refused` */
export const sickText = ({ wish, container, checks: { http } }: Facts): string => {
  const asked =
    http !== null && container !== null && couldNotAsk(healthWish(wish), container.lastCheck)
      ? http.message
      : checkText(container, wish);
  return `its health check fails${asked === '' ? '' : `: ${asked}`}`;
};

/** What the engine's last check printed, on one line, without values of variables. */
export const checkText = (
  container: Pick<ObservedContainer, 'lastCheck'> | null,
  wish: Wish,
): string =>
  outgoing(
    container?.lastCheck?.output ?? '',
    wish.kind === 'wanted' ? Object.values(wish.environment.env) : [],
  )
    .trim()
    .slice(0, longestText);

const longestText = 300;

/** What the container last said of its cards; null: it has none, or nobody has asked in this run. */
export const gpuRow = ({
  container,
  checks: { gpu },
}: Pick<Facts, 'container' | 'checks'>): HealthRow | null =>
  container !== null &&
  isLive(container) &&
  (container.config.gpus?.ids.length ?? 0) > 0 &&
  gpu !== null &&
  isOfRun(gpu, container)
    ? gpu
    : null;

/** What the host says of the GPUs that it runs with; null: nothing bad. It needs no word of the container. */
export const sickGpuText = ({
  container,
  live,
  sickGpus,
}: Pick<Facts, 'container' | 'live' | 'sickGpus'>): string | null => {
  if (!live || container === null) return null;
  const held = container.config.gpus?.ids ?? [];
  const texts = sickGpus
    .filter(({ ids }) => ids.some((id) => held.includes(id)))
    .map(({ text }) => text);
  return texts.length === 0 ? null : texts.join('; ');
};

export const lostCards = (facts: Pick<Facts, 'container' | 'checks'>): HealthRow | null => {
  const row = gpuRow(facts);
  return row?.status === 'unhealthy' ? row : null;
};
