import type { ReasonRow } from './row.ts';

/** Waiting for something that has a name. */
export const waitReasons = {
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
  FolderUntrusted: {
    kind: 'wait',
    says: "Others than the project's owner may decide what lies in its folder, so nothing in it counts.",
    todo: 'the message names the folder: chown or chmod it, or have people.roots extended',
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
} as const satisfies Record<string, ReasonRow>;
