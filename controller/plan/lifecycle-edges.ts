import type { StepKind } from '../model/step.ts';

// The edges that several states of the lifecycle share, each group under the name of what it is for.

export function effect<K extends StepKind>(step: K) {
  return { type: 'effect' as const, params: { step } };
}

/** What a container that is there leads to, wherever we thought we were. */
export function alive<C extends string, E extends string>(created: C, exited: E) {
  return {
    'seen.created': `#environment.${created}`,
    'seen.probing': '#environment.running.starting',
    'seen.up': '#environment.running.healthy',
    'seen.unhealthy': '#environment.running.unhealthy',
    'seen.paused': '#environment.running.unhealthy',
    'seen.exited': `#environment.${exited}`,
    'seen.removing': '#environment.removing',
  } as const;
}

export function ended<S extends string>(self: S) {
  return {
    ...alive(self, self),
    'seen.absent': `#environment.${self}`,
    'seen.removing': `#environment.${self}`,
    'seen.lost': `#environment.${self}`,
  } as const;
}

export function afterEnd() {
  return { ...toCreate(), ...toStart(), ...updated(), ...toEnd(), ...verdicts() } as const;
}

export function toCreate() {
  return {
    pull: { target: '#environment.pulling', actions: effect('pull') },
    create: { target: '#environment.creating', actions: effect('create') },
  } as const;
}

/** A pull before a recreate disturbs nobody. */
export function pullAside() {
  return { pull: { actions: effect('pull') } } as const;
}

/** docker update and docker network disconnect take a container in whatever state. */
export function updated() {
  return {
    update: { actions: effect('update') },
    disconnect: { actions: effect('disconnect') },
  } as const;
}

export function toStart() {
  return { start: { target: '#environment.starting', actions: effect('start') } } as const;
}

export function toStop() {
  return { stop: { target: '#environment.stopping', actions: effect('stop') } } as const;
}

export function toEnd() {
  return {
    ...pullAside(),
    remove: { target: '#environment.removing', actions: effect('remove') },
  } as const;
}

/** Ends without an effect: what is there is as it should be. */
export function verdicts() {
  return {
    complete: '#environment.completed',
    fail: '#environment.failed',
    backOff: '#environment.backingOff',
    rest: '#environment.stopped',
    gone: '#environment.deleted',
  } as const;
}
