import { setup, transition } from 'xstate';
import {
  effect,
  alive,
  ended,
  afterEnd,
  toCreate,
  pullAside,
  updated,
  toStart,
  toStop,
  toEnd,
  verdicts,
} from './lifecycle-edges.ts';
import { isPhase, type Phase } from '../model/phase.ts';
import type { StepKind } from '../model/step.ts';

/**
 * The life of one environment's container. It is used through xstate's pure `transition` alone: no
 * actor runs, no timer is armed. Only the state's name is stored; deadlines are columns.
 *
 * Two kinds of events drive it. Observations (`seen.*`) say what the engine shows and may lead
 * anywhere, as the world does not ask us. Decisions (the rest) are ours, and each edge names its one
 * effect; a decision that has no edge from where we are is a bug, and `check` refuses it.
 */
export const lifecycle = setup({
  // oxlint-disable-next-line typescript/no-unnecessary-type-assertion -- how xstate takes its types
  types: {} as { events: LifecycleEvent },
  actions: { effect: (_context, _params: { readonly step: StepKind }) => undefined },
}).createMachine({
  id: 'environment',
  initial: 'pending',
  states: {
    pending: {
      on: {
        ...alive('starting', 'stopped'),
        'seen.absent': 'pending',
        'seen.lost': 'unknown',
        ...toCreate(),
        ...verdicts(),
      },
    },
    pulling: {
      on: {
        ...alive('starting', 'stopped'),
        'seen.absent': 'pulling',
        'seen.lost': 'unknown',
        ...toCreate(),
        ...verdicts(),
      },
    },
    creating: {
      on: {
        ...alive('starting', 'stopped'),
        'seen.absent': 'creating',
        'seen.lost': 'unknown',
        ...toCreate(),
        ...verdicts(),
      },
    },
    starting: {
      on: {
        ...alive('starting', 'stopped'),
        'seen.absent': 'pending',
        'seen.lost': 'unknown',
        ...toStart(),
        ...updated(),
        ...toEnd(),
        ...verdicts(),
      },
    },
    running: {
      initial: 'starting',
      states: { starting: {}, healthy: {}, unhealthy: {} },
      on: {
        ...alive('starting', 'stopped'),
        'seen.absent': 'pending',
        'seen.lost': 'unknown',
        ...pullAside(),
        ...toStop(),
        ...updated(),
        unpause: { actions: effect('unpause') },
      },
    },
    stopping: {
      on: {
        ...alive('stopped', 'stopped'),
        'seen.absent': 'stopped',
        'seen.lost': 'unknown',
        ...toStop(),
        ...toEnd(),
      },
    },
    stopped: {
      on: {
        ...alive('stopped', 'stopped'),
        'seen.absent': 'stopped',
        'seen.lost': 'unknown',
        ...toCreate(),
        ...toStart(),
        ...updated(),
        ...toEnd(),
        ...verdicts(),
      },
    },
    // The three that end a run keep their word while the engine is silent and when the container is
    // gone: a job that is done must not run again because its container was pruned.
    completed: { on: { ...ended('completed'), ...afterEnd() } },
    failed: { on: { ...ended('failed'), ...afterEnd() } },
    backingOff: { on: { ...ended('backingOff'), ...afterEnd() } },
    removing: {
      on: {
        ...alive('stopped', 'stopped'),
        'seen.absent': 'deleted',
        'seen.lost': 'unknown',
        ...toEnd(),
      },
    },
    deleted: {
      on: {
        ...alive('starting', 'stopped'),
        'seen.absent': 'deleted',
        'seen.lost': 'deleted',
        ...toCreate(),
        ...verdicts(),
      },
    },
    unknown: {
      on: {
        ...alive('starting', 'stopped'),
        'seen.absent': 'pending',
        'seen.lost': 'unknown',
      },
    },
  },
});

// prettier-ignore
export const observations = [
  'absent', 'created', 'probing', 'up', 'unhealthy', 'paused', 'exited', 'removing', 'lost',
] as const;
export type Observation = (typeof observations)[number];

export type Decision =
  | 'pull'
  | 'create'
  | 'start'
  | 'update'
  | 'disconnect'
  | 'unpause'
  | 'stop'
  | 'remove'
  | 'complete'
  | 'fail'
  | 'backOff'
  | 'rest'
  | 'gone';

export type LifecycleEvent = { readonly type: `seen.${Observation}` } | { readonly type: Decision };

/** The phase after an observation. Every pair has a result (a test walks them all). */
export const observe = (phase: Phase, observation: Observation): Phase =>
  next(phase, { type: `seen.${observation}` }).phase;

/** The phase after a decision and the effect on its edge; null where there is no such edge. */
export const decide = (
  phase: Phase,
  decision: Decision,
): { readonly phase: Phase; readonly effect: StepKind | null } | null => {
  const snapshot = restore(phase);
  return snapshot.can({ type: decision }) ? next(phase, { type: decision }) : null;
};

const next = (
  phase: Phase,
  event: LifecycleEvent,
): { readonly phase: Phase; readonly effect: StepKind | null } => {
  const [snapshot, actions] = transition(lifecycle, restore(phase), event);
  const action = actions.find(({ type }) => type === 'effect');
  const params = action?.params as { readonly step: StepKind } | undefined;
  return { phase: nameOf(snapshot.value), effect: params?.step ?? null };
};

const restore = (phase: Phase) => {
  const [outer = phase, inner] = phase.split('.');
  return lifecycle.resolveState({ value: inner === undefined ? outer : { [outer]: inner } });
};

const nameOf = (value: unknown): Phase => {
  const name =
    typeof value === 'string'
      ? value
      : Object.entries(value as Record<string, string>)
          .map(([outer, inner]) => `${outer}.${inner}`)
          .join();
  return isPhase(name) ? name : 'unknown';
};
