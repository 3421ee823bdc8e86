import type { DependencyState } from '../model/snapshot.ts';
import { heldName } from '../model/name-holder.ts';
import { isRunning } from '../model/phase.ts';
import type { Reason } from '../model/reason.ts';
import { createRefusedRule } from './start-failure.ts';
import { reported } from './drift.ts';
import type { Facts } from './input.ts';
import { hold, step, type Rule, type Verdict } from './verdict.ts';
import { bytes, duration, ordinal, percent } from './words.ts';

/** From nothing to a created container. */
export const missingRules: readonly Rule<Facts>[] = [
  {
    id: 'name-held',
    why: 'What is not ours is never touched.',
    decide: ({ snapshot, desired, context, granted }) =>
      snapshot.nameHolder !== null
        ? hold(
            'NameConflict',
            heldName(`the name ${desired?.config.name ?? ''}`, 'container', {
              ...snapshot.nameHolder,
              here: context.instance,
            }),
            { ...nameAgain, ...(granted ? { patch: { grantedAt: null } } : {}) },
          )
        : null,
  },
  createRefusedRule,
  {
    id: 'removed-by-hand',
    why: 'driftPolicy: report leaves what hands did; others may have its cards meanwhile.',
    decide: ({ reportsDrift, removedByHand, record, now }) =>
      reportsDrift && removedByHand
        ? reported('its container was removed by hand, with docker', {
            decision: 'rest',
            patch: { grantedAt: null, handRemovedAt: record.handRemovedAt ?? now },
          })
        : null,
  },
  {
    id: 'backing-off',
    why: 'The deadline is in the record, so it outlives a restart of the controller.',
    decide: (facts) => {
      const verdict = backingOff(facts);
      const { startFailure } = facts.record;
      return verdict !== null && startFailure?.reason === 'NameConflict'
        ? { ...verdict, reason: 'NameConflict', message: startFailure.message }
        : verdict;
    },
  },
  {
    id: 'dependencies',
    why: 'dependsOn orders the start.',
    decide: ({ snapshot }) => waitForDependencies(snapshot.dependencies),
  },
  {
    id: 'network',
    why: "The project's network is made by the project's own pass.",
    decide: ({ snapshot, wish }) =>
      wish.kind !== 'wanted' || !wish.environment.network || snapshot.network === 'present'
        ? null
        : snapshot.network === 'absent'
          ? hold('NetworkPending', "the project's network is being made", {
              lookAgainAfterMs: 2000,
            })
          : hold('NameConflict', snapshot.network.heldBy, nameAgain),
  },
  {
    id: 'secret-missing',
    why: 'Nothing is granted to what could not start.',
    decide: (facts) => waitForSecrets(facts),
  },
  {
    id: 'image-unavailable',
    why: 'What could not be made keeps no cards meanwhile.',
    decide: (facts) => {
      const verdict = needsPull(facts);
      return verdict?.kind === 'hold' && unavailable.has(verdict.reason)
        ? { ...verdict, ...(facts.granted ? { patch: { grantedAt: null } } : {}) }
        : null;
    },
  },
  {
    id: 'grant',
    why: 'Nothing starts that admission has not let through.',
    decide: ({ granted }) =>
      granted ? null : hold('Pending', 'asks for admission', { needsGrant: true }),
  },
  { id: 'image', why: 'An image comes before its container.', decide: (facts) => needsPull(facts) },
  {
    id: 'create',
    why: 'Nothing stands in the way.',
    decide: ({ desired }) => {
      if (desired === null) throw new Error('a wanted environment always has a description');
      return step(
        {
          kind: 'create',
          config: desired.config,
          volumes: desired.volumes,
          secrets: desired.secrets,
          why: `create it from ${desired.config.image}`,
        },
        'Creating',
      );
    },
  },
];

/** Nobody tells when what belongs to others goes. It keeps no GPUs meanwhile. */
const nameAgain = { lookAgainAfterMs: 15_000 };

const unavailable: ReadonlySet<Reason> = new Set(['ImageMissing', 'ImagePullBackOff']);

/** null: the image is there, or as much as the policy asks. */
export const needsPull = ({ snapshot, wish, now }: Facts): Verdict | null => {
  if (wish.kind !== 'wanted') return null;
  const { image, pull } = wish.environment;
  const state = snapshot.pull?.image === image ? snapshot.pull : null;
  if (state?.kind === 'pulling') {
    return hold(
      'ImagePulling',
      `${image}${percent(state.doneBytes, state.totalBytes)} (${bytes(state.doneBytes)}${state.totalBytes > 0 ? ` of ${bytes(state.totalBytes)}` : ''})`,
    );
  }
  const present = snapshot.image !== null;
  const due = !present || (pull === 'always' && state?.kind !== 'done');
  if (!due) return null;
  if (pull === 'never') {
    return hold('ImageMissing', `${image} is not on this engine, and pull: never`, {
      lookAgainAfterMs: 30_000,
    });
  }
  if (state?.kind === 'failed' && state.retryAt > now) {
    return hold(
      'ImagePullBackOff',
      `${image}: ${state.message}; next try in ${duration(state.retryAt - now)}`,
      { lookAgainAfterMs: state.retryAt - now },
    );
  }
  return step({ kind: 'pull', image, why: `pull ${image}` }, 'ImagePulling');
};

/** Looked at again now and then: nobody watches the owner's folder. */
export const waitForSecrets = ({ secretTrouble }: Pick<Facts, 'secretTrouble'>): Verdict | null =>
  secretTrouble === null
    ? null
    : hold('SecretMissing', secretTrouble, { lookAgainAfterMs: 15_000 });

export const waitForDependencies = (dependencies: readonly DependencyState[]): Verdict | null => {
  const late = dependencies.filter((dependency) => !isFulfilled(dependency));
  return late.length === 0
    ? null
    : hold(
        'DependencyNotReady',
        late
          .map(
            ({ environment, condition, phase }) =>
              `${environment} is ${phase ?? 'not there yet'} and must be ${condition}`,
          )
          .join(', '),
      );
};

export const backingOff = ({ record, now }: Facts): Verdict | null =>
  record.nextAttemptAt !== null && record.nextAttemptAt > now
    ? hold(
        'BackOff',
        `${ordinal(Math.max(1, record.restarts))} restart${record.lastFailure === '' ? '' : `; ${record.lastFailure}`}`,
        { decision: 'backOff', lookAgainAfterMs: record.nextAttemptAt - now },
      )
    : null;

const isFulfilled = ({ condition, phase, hasHealthCheck }: DependencyState): boolean => {
  if (phase === null) return false;
  switch (condition) {
    case 'started':
      return isRunning(phase) || phase === 'completed';
    case 'healthy':
      return phase === 'running.healthy' || (!hasHealthCheck && isRunning(phase));
    case 'completed':
      return phase === 'completed';
    default:
      return condition satisfies never;
  }
};
