/**
 * Every word that may stand as a reason in status, conditions and events. A code is never reused for
 * another meaning. `docs/reasons.md` is generated from this table.
 */
export const reasons = {
  // Nothing is wrong.
  Running: { kind: 'good', says: 'The container runs.', todo: '' },
  Healthy: { kind: 'good', says: 'The container runs and its health check passes.', todo: '' },
  Completed: {
    kind: 'good',
    says: 'It ended, and its restart rule says that it was done.',
    todo: 'mlenv restart ENV runs it again',
  },
  Stopped: { kind: 'good', says: 'The file says state: stopped, and it is.', todo: '' },
  Synced: { kind: 'good', says: 'What runs is what the file says.', todo: '' },
  Deleted: {
    kind: 'good',
    says: 'The container is gone, as asked.',
    todo: 'mlenv up brings it back',
  },
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

  // Waiting for something that has a name.
  DependencyNotReady: {
    kind: 'wait',
    says: 'An environment in dependsOn is not as far as it must be.',
    todo: 'mlenv describe on the one that is named',
  },
  DependentsRunning: {
    kind: 'wait',
    says: 'Environments that depend on this one are stopped first.',
    todo: '',
  },
  QuotaExceeded: {
    kind: 'wait',
    says: "The project's quota has no room.",
    todo: 'mlenv rm or stop something of the project, or have the row in project_quotas raised',
  },
  GpuPoolFull: {
    kind: 'wait',
    says: 'Not enough of the cards that fit are free.',
    todo: 'mlenv queue shows the order, mlenv gpu who holds what',
  },
  GpuUnsuitable: {
    kind: 'wait',
    says: 'This host has not that many cards of the kind that is asked for.',
    todo: 'mlenv gpu lists what there is; ask for less, or for another model or memory',
  },
  GpuUnknown: {
    kind: 'wait',
    says: 'The cards cannot be read now, and nothing is given out unseen.',
    todo: 'mlenv gpu tells why',
  },
  HostOverloaded: {
    kind: 'wait',
    says: 'The host is too busy for one more.',
    todo: 'it starts by itself once there is room',
  },
  HostTooSmall: { kind: 'wait', says: 'This host can never give that much.', todo: 'ask for less' },
  PortInUse: {
    kind: 'wait',
    says: 'A host port is taken.',
    todo: 'choose another host port, or host: auto',
  },
  NoFreePort: {
    kind: 'wait',
    says: 'The range for host: auto has no free port.',
    todo: 'free one, or widen the range',
  },
  NameConflict: {
    kind: 'wait',
    says: 'A container that is not ours bears the name.',
    todo: 'rename or remove that container; MLEnv never touches it',
  },
  ImageMissing: {
    kind: 'wait',
    says: 'pull: never, and the image is not on this engine.',
    todo: 'docker pull or docker load it, or change pull',
  },
  ImagePullBackOff: {
    kind: 'wait',
    says: 'The last pull failed; the next try has a time.',
    todo: 'check the name of the image and the login to its registry',
  },
  BackOff: {
    kind: 'wait',
    says: 'It ended or failed to start and waits before the next restart.',
    todo: 'mlenv logs ENV; mlenv restart ENV does not wait',
  },
  UpdatePending: {
    kind: 'wait',
    says: 'A change needs the container recreated or removed, and updates: manual protects what runs.',
    todo: 'mlenv approve ENV, or let it end',
  },
  PruneScheduled: {
    kind: 'wait',
    says: 'It is no longer in the file and is removed after the prune grace.',
    todo: 'put it back into the file, or mlenv rm removes it now',
  },
  MassRemoval: {
    kind: 'wait',
    says: 'So many environments vanished at once that it looks like an accident.',
    todo: 'mlenv confirm lets the removal go on',
  },
  OwnerChanged: {
    kind: 'wait',
    says: "The project's folder belongs to somebody else than at first sight.",
    todo: 'chown it back, or mlenv rm and up it anew',
  },
  Suspended: {
    kind: 'wait',
    says: 'Suspended: nothing is changed until resume.',
    todo: 'mlenv resume ENV',
  },
  HeldDown: { kind: 'wait', says: 'Kept stopped since mlenv down.', todo: 'mlenv up' },
  HeldRemoved: { kind: 'wait', says: 'Kept absent since mlenv rm.', todo: 'mlenv up' },
  Rebuilt: {
    kind: 'wait',
    says: 'The record was rebuilt and this was not running; it stays so.',
    todo: 'mlenv up',
  },
  RemovalBlocked: {
    kind: 'wait',
    says: 'The engine is still removing the old container.',
    todo: '',
  },
  EngineFault: {
    kind: 'wait',
    says: 'The engine refused for a reason of its own; tried again with a growing delay.',
    todo: 'the message has its words; mlenv doctor looks at the engine',
  },

  // Steps that were taken; in events only.
  Created: { kind: 'good', says: 'A container was created.', todo: '' },
  Started: { kind: 'good', says: 'A container was started.', todo: '' },
  Updated: { kind: 'good', says: 'Limits were changed in place, with docker update.', todo: '' },
  Unpaused: { kind: 'good', says: 'A container that somebody had paused goes on.', todo: '' },
  Removed: { kind: 'good', says: 'A container was removed.', todo: '' },
  Moved: { kind: 'good', says: "The project's folder moved, and its identity with it.", todo: '' },
  GpuForeign: {
    kind: 'good',
    says: 'A card is used by something that is not of MLEnv; it is left alone and not given out.',
    todo: 'mlenv gpu shows by whom',
  },
  GpuUnhealthy: {
    kind: 'good',
    says: 'A card is unhealthy and is given to nobody new.',
    todo: 'mlenv gpu tells why; mlenv gpu uncordon offers it again',
  },
  GpuRecovered: { kind: 'good', says: 'A card is offered again.', todo: '' },
  LimitsRefused: {
    kind: 'good',
    says: 'The engine may not raise resource limits, so the default ulimits are left out.',
    todo: 'give the engine CAP_SYS_RESOURCE if you need them; ulimits in the file are never left out',
  },

  // What cannot be known now.
  EngineUnavailable: {
    kind: 'unknown',
    says: 'The engine does not answer: nothing is decided on what was not seen.',
    todo: 'mlenv doctor',
  },
  Unwatched: {
    kind: 'unknown',
    says: 'No controller runs: nothing repairs this until one does.',
    todo: 'mlenv controller --watch DIR',
  },

  // Failures.
  Failed: {
    kind: 'failure',
    says: 'It ended with an error and restart: never says that this was its only run.',
    todo: 'mlenv logs ENV; mlenv restart ENV runs it again',
  },
  OutOfMemory: {
    kind: 'failure',
    says: 'The kernel ended it for passing its memory limit.',
    todo: 'raise memory, or use less',
  },
  Interrupted: {
    kind: 'failure',
    says: 'The engine or the host went down while the job ran.',
    todo: 'mlenv restart ENV runs it again',
  },
  StartFailed: {
    kind: 'failure',
    says: 'The engine could not start the container.',
    todo: 'the message has its words: often a command that the image does not have',
  },
  CreateRefused: {
    kind: 'failure',
    says: 'The engine refused the container as described.',
    todo: 'the message has its words',
  },
  Unhealthy: {
    kind: 'failure',
    says: 'The container runs and its health check fails.',
    todo: 'mlenv logs ENV',
  },
  SpecInvalid: {
    kind: 'failure',
    says: 'The file has a fault; the last good generation keeps running.',
    todo: 'mlenv validate shows line and column',
  },
  SpecUnresolved: {
    kind: 'failure',
    says: 'The last good text cannot be filled in: an env file or a variable of it is gone.',
    todo: 'put the file back, or mend the spec',
  },
  PayloadMismatch: {
    kind: 'failure',
    says: 'The container that the engine made is not the one that was asked for; it was not started.',
    todo: 'report it with mlenv describe -o json',
  },
  Bug: {
    kind: 'failure',
    says: "A plan broke one of MLEnv's promises and was not run.",
    todo: 'report it with mlenv describe -o json',
  },
} as const satisfies Record<string, ReasonRow>;

export interface ReasonRow {
  readonly kind: 'good' | 'progress' | 'wait' | 'unknown' | 'failure';
  readonly says: string;
  readonly todo: string;
}

export type Reason = keyof typeof reasons;

export const isReason = (value: string): value is Reason => Object.hasOwn(reasons, value);
