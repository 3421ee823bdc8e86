import { isLive, type Facts } from './input.ts';
import { hasSwappedMount } from './stop.ts';
import { hold, step, type Rule } from './verdict.ts';

/** What comes before any wish: things that forbid or must precede every other step. */
export const guardRules: readonly Rule<Facts>[] = [
  {
    id: 'in-flight',
    why: 'A stop that has not come back decides nothing new; its end brings the key back.',
    decide: ({ snapshot }) =>
      snapshot.inFlight === 'stop'
        ? hold('Stopping', 'asked to stop; its grace period runs')
        : null,
  },
  {
    id: 'suspended',
    why: 'suspend blocks every mutation, whatever else is wished.',
    decide: ({ held }) => (held('suspend') ? hold('Suspended', 'suspended by hand') : null),
  },
  {
    id: 'mount-changed',
    why: 'What has another folder than the one that was judged does not run on, though the first stop failed.',
    decide: ({ container, record }) =>
      container !== null && isLive(container) && hasSwappedMount(container, record)
        ? step(
            {
              kind: 'stop',
              containerId: container.id,
              graceMs: 0,
              why: 'it has another folder than the one that was looked at',
            },
            'Stopping',
          )
        : null,
  },
  {
    id: 'engine-removing',
    why: 'The engine holds the name until its own removal is through.',
    decide: ({ container }) =>
      container?.state === 'removing'
        ? hold('RemovalBlocked', 'the engine is still removing the container', {
            lookAgainAfterMs: 2000,
          })
        : null,
  },
  {
    id: 'engine-dead',
    why: 'A removal that the engine began and could not end is begun again.',
    decide: ({ container }) =>
      container?.state === 'dead'
        ? step(
            {
              kind: 'remove',
              containerId: container.id,
              volumes: false,
              why: 'remove what the engine left half removed',
            },
            'Removing',
          )
        : null,
  },
  {
    id: 'second-container',
    why: 'One environment, one container: a copy of its labels, or a renamed one, goes.',
    decide: ({ extras, wish, record }) => {
      const [extra] = extras;
      if (extra === undefined) return null;
      const why = `a second container (${extra.name}) claims to be ${record.environment}`;
      if (!isLive(extra)) {
        return step({ kind: 'remove', containerId: extra.id, volumes: false, why }, 'Removing');
      }
      const graceMs = wish.kind === 'wanted' ? wish.environment.stopGraceMs : 10_000;
      return step({ kind: 'stop', containerId: extra.id, graceMs, why }, 'Stopping');
    },
  },
  {
    id: 'owner-changed',
    why: 'Another owner would get what the first one was granted.',
    decide: ({ ownerChanged, held, context }) =>
      ownerChanged && !held('rm') && !held('down')
        ? hold(
            'OwnerChanged',
            `the folder belonged to uid ${context.owner.uid} at first sight and no longer does`,
          )
        : null,
  },
  {
    id: 'folder-untrusted',
    why: 'What somebody else may have put there is not what the owner wished; what runs goes on.',
    decide: ({ untrusted, held }) =>
      untrusted !== null && !held('rm') && !held('down')
        ? hold('FolderUntrusted', untrusted)
        : null,
  },
];
