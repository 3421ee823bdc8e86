import { isToContinue } from '../model/run.ts';
import { stopStep } from './stop.ts';
import { mayChangeNow, prunesVolumes, waitsFor, type Facts } from './input.ts';
import { hold, settled, step, type Rule, type Verdict } from './verdict.ts';
import { commitText } from './words.ts';

/** It should not be there: removed by hand, or gone from its file. */
export const absentRules: readonly Rule<Facts>[] = [
  {
    id: 'vanished-nothing-left',
    why: 'Without a container a grace protects nothing but the word that a run is over; holds outlive the record.',
    decide: (facts) =>
      facts.wish.kind === 'vanished' &&
      facts.container === null &&
      !facts.record.removeVolumes &&
      !(hasEnded(facts) && inGrace(facts)) &&
      !(prunesVolumes(facts.record) && (inGrace(facts) || facts.massRemoval))
        ? settled('Deleted', 'no longer in the file', { decision: 'gone', forget: true })
        : null,
  },
  {
    id: 'held-removed',
    why: 'rm typed by a person needs no further protection.',
    decide: (facts) => (facts.held('rm') ? remove(facts, 'removed by hand') : null),
  },
  {
    id: 'vanished-held-down',
    why: 'down typed by a person waits for no grace; what becomes of the container comes later.',
    decide: (facts) =>
      facts.wish.kind === 'vanished' && facts.held('down') && facts.live
        ? remove(facts, 'kept stopped; mlenv up starts it')
        : null,
  },
  {
    id: 'mass-removal',
    why: 'Many at once look like an unmounted disk or a wrong checkout.',
    decide: ({ wish, massRemoval, container, record }) =>
      wish.kind === 'vanished' && massRemoval && (container !== null || prunesVolumes(record))
        ? hold('MassRemoval', 'too many environments vanished at once; mlenv confirm lets it go on')
        : null,
  },
  {
    id: 'vanished-in-grace',
    why: 'Checking out another branch for a minute must not kill anything.',
    decide: (facts) => {
      if (facts.wish.kind !== 'vanished' || !inGrace(facts)) return null;
      return hold('PruneScheduled', 'no longer in the file; it is removed unless it comes back', {
        lookAgainAfterMs: dueAt(facts) - facts.now,
      });
    },
  },
  {
    id: 'vanished-protected',
    why: 'A change never kills a training: removal from the file is a change.',
    decide: (facts) =>
      facts.wish.kind === 'vanished' &&
      facts.live &&
      !mayChangeNow(facts) &&
      !approvedRemoval(facts)
        ? hold(
            'UpdatePending',
            `no longer in the file${commitText(facts.commit)}; its removal ${waitsFor(facts)}`,
          )
        : null,
  },
  {
    id: 'vanished',
    why: 'Gone from the file, and its grace is over.',
    decide: (facts) =>
      facts.wish.kind === 'vanished' ? remove(facts, 'no longer in the file') : null,
  },
];

const dueAt = ({ record, settings, now }: Facts): number =>
  (record.vanishedAt ?? now) + settings.pruneGraceMs;

const inGrace = (facts: Facts): boolean => facts.now < dueAt(facts) && !approvedRemoval(facts);

const hasEnded = ({ lastRun, record }: Facts): boolean =>
  (lastRun !== null && lastRun.end !== null && !isToContinue(lastRun.end)) ||
  record.phase === 'completed' ||
  record.phase === 'failed';

const remove = (facts: Facts, why: string): Verdict => {
  const { container, snapshot, record } = facts;
  if (container === null) {
    return settled('HeldRemoved', 'removed; mlenv up brings it back', {
      decision: 'gone',
      ...(record.grantedAt === null ? {} : { patch: { grantedAt: null } }),
    });
  }
  if (!facts.live) {
    return step(
      {
        kind: 'remove',
        containerId: container.id,
        volumes: record.removeVolumes || (facts.wish.kind === 'vanished' && prunesVolumes(record)),
        why,
      },
      'Removing',
    );
  }
  if (snapshot.dependentsRunning.length > 0) return dependentsFirst(snapshot.dependentsRunning);
  const cause = facts.held('rm') ? 'rm' : 'prune';
  return stopStep(facts, cause, { why, reason: 'Stopping' });
};

export const dependentsFirst = (names: readonly string[]): Verdict =>
  hold(
    'DependentsRunning',
    `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} stopped first`,
    {
      lookAgainAfterMs: 5000,
    },
  );

/** What was approved while it stood in the file was another change. */
const approvedRemoval = ({ record, container, now }: Facts): boolean =>
  record.approval !== null &&
  record.approval.at >= (record.vanishedAt ?? now) &&
  record.approval.generation === record.generation &&
  record.approval.containerId === (container?.id ?? null);
