import type { RecordPatch } from '../model/plan.ts';
import type { StopIntent } from '../model/run.ts';
import { resourceUpdate } from './diff.ts';
import { driftText, reported } from './drift.ts';
import { lostCards, noteHealth, sickGpuText, sickRules, sickText } from './health.ts';
import { isApproved, mayChangeNow, waitsFor, type Facts } from './input.ts';
import { endedRules } from './rules-ended.ts';
import { idleNews } from './rules-idle.ts';
import { recreateRefusedRule, restartRefusedRule } from './rules-refused.ts';
import { timeoutDueAt, timeoutProtectedRule } from './rules-timeout.ts';
import { missingRules, needsPull, waitForSecrets } from './rules-missing.ts';
import { stopOf, stopStep } from './stop.ts';
import { isOver, overVerdict } from './over.ts';
import { firstMatch, hold, settled, step, type Rule } from './verdict.ts';
import { changesText, commitText } from './words.ts';

/** It should run, as the file says. The last row of the table always answers. */
export const runningRules: readonly Rule<Facts>[] = [
  {
    id: 'run-is-over',
    why: 'A job runs once for each time that it is asked for: no edit and no new container repeats it.',
    decide: (facts) => (isOver(facts) ? overVerdict(facts) : null),
  },
  {
    id: 'missing',
    why: 'No container: everything up to its creation.',
    decide: (facts) => (facts.container === null ? firstMatch(missingRules, facts) : null),
  },
  {
    id: 'paused',
    why: 'docker pause is drift.',
    decide: ({ container, reportsDrift }) => {
      if (container?.state !== 'paused') return null;
      return reportsDrift
        ? reported('paused by hand, with docker')
        : step(
            { kind: 'unpause', containerId: container.id, why: 'it was paused behind our back' },
            'Starting',
          );
    },
  },
  {
    id: 'in-place',
    why: 'What docker update can do disturbs nobody and always applies.',
    decide: ({ container, desired, changes, live, granted }) => {
      if (container === null || desired === null) return null;
      const resources = resourceUpdate(desired.config, changes, container.strays);
      if (resources === null) return null;
      if (!granted && live) {
        return hold('Pending', 'asks for what the changed limits need', { needsGrant: true });
      }
      const inPlace = changes.filter(({ how, field }) => how === 'in-place' && !isNetwork(field));
      return step(
        { kind: 'update', containerId: container.id, resources, why: changesText(inPlace) },
        live ? 'Running' : 'Pending',
      );
    },
  },
  {
    id: 'disconnect',
    why: "A hand put it into a network that is not its project's, where others reach it.",
    decide: ({ container, changes, live }) => {
      const further = changes.find(({ field }) => isNetwork(field));
      if (container === null || further === undefined) return null;
      const network = further.field.slice('networks.'.length);
      return step(
        {
          kind: 'disconnect',
          containerId: container.id,
          network,
          why: `taken off the network ${network}, which a hand put it into`,
        },
        live ? 'Running' : 'Pending',
      );
    },
  },
  {
    id: 'secret-missing',
    why: 'What could not come back is not taken away.',
    decide: (facts) =>
      facts.live && (recreates(facts) || facts.restartPending) ? waitForSecrets(facts) : null,
  },
  {
    id: 'recreate-protected',
    why: 'A change never kills a training.',
    decide: (facts) => {
      return recreates(facts) &&
        facts.live &&
        facts.wish.kind === 'wanted' &&
        !mayChangeNow(facts) &&
        !isApproved(facts)
        ? hold(
            'UpdatePending',
            `${changesText(recreateChanges(facts))}${commitText(facts.commit)}; ${waitsFor(facts)}`,
          )
        : null;
    },
  },
  {
    id: 'recreate-needs-grant',
    why: 'What the new container needs is granted before the old one is stopped.',
    decide: (facts) =>
      recreates(facts) && !facts.granted
        ? hold('Pending', 'asks for what the changed container needs', { needsGrant: true })
        : null,
  },
  recreateRefusedRule,
  {
    id: 'recreate-pulls-first',
    why: 'The old container runs until the new image is there.',
    decide: (facts) => (recreates(facts) ? needsPull(facts) : null),
  },
  {
    id: 'recreate-mismatch',
    why: 'A container that differs although it was just made as asked would be made for ever.',
    decide: (facts) => {
      const { container, record } = facts;
      return recreates(facts) &&
        container?.state === 'created' &&
        container.error === '' &&
        container.labels['mlenv.generation'] === String(record.generation) &&
        container.labels['mlenv.digest'] === record.digest &&
        record.restarts > 0
        ? hold(
            'PayloadMismatch',
            `not started, as it is not what was asked for: ${changesText(recreateChanges(facts))}`,
            { decision: 'fail' },
          )
        : null;
    },
  },
  {
    id: 'recreate',
    why: 'Some fields are fixed when a container is created.',
    decide: (facts) => {
      const { container, live, record } = facts;
      if (!recreates(facts) || container === null) return null;
      const why = `to be recreated: ${changesText(recreateChanges(facts))}`;
      return live
        ? stopStep(facts, 'recreate', { why: `stop it, ${why}`, reason: 'Stopping' })
        : step(
            { kind: 'remove', containerId: container.id, volumes: false, why: `remove it, ${why}` },
            'Removing',
            {
              nextAttemptAt: null,
              // Counted, so that a container that never comes out as asked is noticed.
              restarts:
                container.state === 'created' && container.error === '' ? record.restarts + 1 : 0,
            },
          );
    },
  },
  restartRefusedRule,
  {
    id: 'restart',
    why: 'mlenv restart: stopped first, then started as any ended one is.',
    decide: (facts) => {
      const { container, live, restartPending } = facts;
      return restartPending && live && container !== null
        ? stopStep(facts, 'restart', { why: 'restart asked for by hand', reason: 'Stopping' })
        : null;
    },
  },
  ...sickRules,
  timeoutProtectedRule,
  {
    id: 'ended',
    why: 'Not running although it should: never started, or ended.',
    decide: (facts) => (facts.live ? null : firstMatch(endedRules, facts)),
  },
  {
    id: 'running',
    why: 'As wished.',
    decide: (facts) => {
      const { container, record, settings, now } = facts;
      const upMs = now - (container?.startedAt ?? now);
      const well = container?.health !== 'unhealthy' && container?.health !== 'starting';
      const forgive = well && record.restarts > 0 && upMs >= settings.restartResetMs;
      const noted = noteHealth(facts);
      const stopping = stillStops(facts);
      const patch = {
        ...(forgive ? { restarts: 0 } : {}),
        // A start whose result was lost still counts as one.
        ...(record.nextAttemptAt === null
          ? {}
          : { nextAttemptAt: null, restarts: record.restarts + 1 }),
        ...(record.lastFailure !== '' && well ? { lastFailure: '' } : {}),
        ...(record.restartRequestedAt === null ? {} : { restartRequestedAt: null }),
        ...(record.approval === null ? {} : { approval: null }),
        ...noted.patch,
        // A stop that was asked for, is not wanted any more, and did not end it.
        ...(stopping === null && record.stopIntent !== null ? { stopIntent: null } : {}),
      } as const;
      const known: { readonly patch?: RecordPatch; readonly lookAgainAfterMs?: number } = {
        ...(Object.keys(patch).length === 0 ? {} : { patch }),
        ...(well && record.restarts > 0 && !forgive
          ? { lookAgainAfterMs: settings.restartResetMs - upMs }
          : {}),
        ...(noted.lookAgainAfterMs === null ? {} : { lookAgainAfterMs: noted.lookAgainAfterMs }),
        ...(stopping === null ? {} : { lookAgainAfterMs: stopping.until - now }),
      };
      const due = timeoutDueAt(facts);
      const more =
        due === null
          ? known
          : { ...known, lookAgainAfterMs: Math.min(known.lookAgainAfterMs ?? Infinity, due - now) };
      const lost = lostCards(facts);
      if (facts.drift.length > 0) return reported(driftText(facts.drift), more);
      if (lost !== null) {
        return settled('GpuLost', `it runs without its cards: ${lost.message}`, more);
      }
      const sick = sickGpuText(facts);
      if (sick !== null) return settled('GpuUnhealthy', sick, more);
      const warned = idleNews(facts, more);
      if (warned !== null && well) return warned;
      switch (container?.health) {
        case 'starting':
          return settled('Starting', 'its health check has not answered yet', more);
        case 'unhealthy':
          return settled('Unhealthy', sickText(facts), more);
        case 'healthy':
          return settled('Healthy', 'running, healthy', more);
        default:
          return settled('Running', 'running', more);
      }
    },
  },
];

const isNetwork = (field: string): boolean => field.startsWith('networks.');
/** By a process that is gone: its engine call may still end this run. */
const stillStops = (facts: Facts): StopIntent | null => {
  const begun = stopOf(facts);
  return begun !== null && begun.until > facts.now ? begun : null;
};

const recreateChanges = ({ changes }: Facts) => changes.filter(({ how }) => how === 'recreate');

const recreates = (facts: Facts): boolean =>
  facts.container !== null && recreateChanges(facts).length > 0;
