import type { ReasonRow } from './row.ts';

/** Where nothing is wrong, or work is under way. */
export const stateReasons = {
  // Nothing is wrong.
  Running: { kind: 'good', says: 'The container runs.', todo: '' },
  Healthy: { kind: 'good', says: 'The container runs and its health check passes.', todo: '' },
  Completed: {
    kind: 'good',
    says: 'It ended, and its restart rule says that it was done.',
    todo: 'mlenv restart ENV runs it again',
  },
  Stopped: { kind: 'good', says: 'The file says state: stopped, and it is.', todo: '' },
  GpuReachable: {
    kind: 'good',
    says: 'The container reaches the cards that it was given.',
    todo: '',
  },
  Synced: { kind: 'good', says: 'What runs is what the file says.', todo: '' },
  Deleted: {
    kind: 'good',
    says: 'The container is gone, as asked.',
    todo: 'mlenv up brings it back',
  },
  Idle: {
    kind: 'good',
    says: 'Nobody has used it for the time that its file or the host gives.',
    todo: 'mlenv down ENV gives back what it holds',
    tells: 'pending',
  },
  IdleWarned: {
    kind: 'good',
    says: 'Nobody uses it, and it is stopped soon.',
    todo: 'use it, or mlenv keep ENV --for 8h',
    tells: 'pending',
  },
  LifetimeWarned: {
    kind: 'good',
    says: 'It is stopped soon, as its maxLifetime is over.',
    todo: 'save what is not saved, or mlenv keep ENV --for 8h',
    tells: 'pending',
  },
  InUse: { kind: 'good', says: 'Somebody, or its own work, uses it.', todo: '' },
  SpecValid: { kind: 'good', says: 'The file was read without a fault.', todo: '' },

  // Work in progress.
  Pending: { kind: 'progress', says: 'It is about to be looked at.', todo: '' },
  ImagePulling: { kind: 'progress', says: 'The image is being pulled.', todo: '' },
  Creating: { kind: 'progress', says: 'The container is being created.', todo: '' },
  Starting: {
    kind: 'progress',
    says: 'The container is being started, or its health check has not answered yet.',
    todo: '',
  },
  Stopping: {
    kind: 'progress',
    says: 'The container was asked to stop and has its grace period.',
    todo: '',
  },
  Removing: { kind: 'progress', says: 'The container is being removed.', todo: '' },
  NetworkPending: { kind: 'progress', says: "The project's network is not there yet.", todo: '' },
} as const satisfies Record<string, ReasonRow>;
