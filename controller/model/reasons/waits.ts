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
  PolicyRefused: {
    kind: 'wait',
    says: 'A rule of this host forbids it; what runs already goes on.',
    todo: 'the message names the rule and its cure; mlenv policy test shows where in the file',
    tells: 'failure',
  },
  QuotaExceeded: {
    kind: 'wait',
    says: 'The quota of the project, or of its owner, has no room.',
    todo: 'mlenv quota show tells who may have and has what; mlenv rm or stop something, or have the limit raised with mlenv quota set',
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
    tells: 'failure',
  },
  GpuUnknown: {
    kind: 'wait',
    says: 'The cards cannot be read now, and nothing is given out unseen.',
    todo: 'mlenv gpu tells why',
  },
  RecordFull: {
    kind: 'wait',
    says: 'There is no room to record what is done, so nothing new is begun; what runs goes on.',
    todo: 'make room on the state folder; it goes on by itself',
  },
  HostOverloaded: {
    kind: 'wait',
    says: 'The host is too busy for one more.',
    todo: 'it starts by itself once there is room',
  },
  HostTooSmall: {
    kind: 'wait',
    says: 'This host can never give that much.',
    todo: 'ask for less',
    tells: 'failure',
  },
  PortInUse: {
    kind: 'wait',
    says: 'A host port is taken.',
    todo: 'choose another host port, or host: auto',
    tells: 'failure',
  },
  NoFreePort: {
    kind: 'wait',
    says: 'The range for host: auto has no free port.',
    todo: 'free one, or widen the range',
    tells: 'failure',
  },
  NameConflict: {
    kind: 'wait',
    says: 'A container, network or volume that is not of this environment has a name that it needs.',
    todo: 'the message says whose it is: rename or remove it; MLEnv never touches it',
    tells: 'failure',
  },
  SecretMissing: {
    kind: 'wait',
    says: 'A secret cannot be had: its file is not there, or not protected as it must be.',
    todo: 'the message names the file and what to do; it goes on by itself then',
    tells: 'failure',
  },
  MountSourceChanged: {
    kind: 'wait',
    says: 'A folder that is to be mounted is not what it was when the file was read.',
    todo: 'put the folder itself back in its place, or have its root added to mountRoots again',
    tells: 'failure',
  },
  ImageResolving: {
    kind: 'wait',
    says: 'The registry is asked for the digest of the image that was chosen.',
    todo: '',
  },
  ImageUnresolved: {
    kind: 'wait',
    says: 'No image is known that is what the file asks for; what runs goes on.',
    todo: 'the message says the nearest; mlenv images search shows what there is, mlenv images sync reads what is new',
    tells: 'failure',
  },
  ImageMissing: {
    kind: 'wait',
    says: 'pull: never, and the image is not on this engine.',
    todo: 'docker pull or docker load it, or change pull',
    tells: 'failure',
  },
  ImagePullBackOff: {
    kind: 'wait',
    says: 'The last pull failed; the next try has a time.',
    todo: 'check the name of the image and the login to its registry',
    tells: 'failure',
  },
  BackOff: {
    kind: 'wait',
    says: 'It ended or failed to start and waits before the next restart.',
    todo: 'mlenv logs ENV; mlenv restart ENV does not wait',
    tells: 'failure',
  },
  UpdatePending: {
    kind: 'wait',
    says: 'A change needs the container recreated or removed, and updates: manual or whenIdle protects what runs.',
    todo: 'mlenv approve ENV, or let it end',
    tells: 'pending',
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
    tells: 'pending',
  },
  OwnerChanged: {
    kind: 'wait',
    says: "The project's folder belongs to somebody else than at first sight.",
    todo: 'chown it back, or mlenv rm and up it anew',
    tells: 'failure',
  },
  CheckoutBusy: {
    kind: 'wait',
    says: "A merge or the like is under way in the project's folder, or files in it are in conflict; nothing is taken from it until that is over.",
    todo: 'git status in the folder',
  },
  SourceRewound: {
    kind: 'wait',
    says: 'The remote has a commit that does not follow the one before: history was written anew.',
    todo: 'mlenv confirm takes it',
    tells: 'pending',
  },
  FolderUntrusted: {
    kind: 'wait',
    says: "Others than the project's owner may decide what lies in its folder, so nothing in it counts.",
    todo: 'the message names the folder: chown or chmod it, or have people.roots extended',
    tells: 'failure',
  },
  SourceFailed: {
    kind: 'wait',
    says: 'A remote could not be read; the project stays as it is, and the remote is asked again.',
    todo: 'the message has its words',
    tells: 'failure',
  },
  SourcePinned: {
    kind: 'wait',
    says: 'A person pinned the project to a commit; newer ones are not taken.',
    todo: 'mlenv rollback PROJECT --resume follows the remote again',
  },
  Frozen: {
    kind: 'wait',
    says: 'An administrator froze this host: MLEnv changes nothing on it.',
    todo: 'the message names who, since when and why; mlenv thaw, by an administrator, lets it go on',
  },
  Observing: {
    kind: 'wait',
    says: 'MLEnv only observes this host: the message is what it would do.',
    todo: 'mlenv observe shows all of it; mlenv observe off, by an administrator, lets it act',
  },
  DriftReported: {
    kind: 'wait',
    says: 'Somebody changed, stopped or removed the container with docker, and driftPolicy: report leaves it so.',
    todo: 'mlenv up or mlenv restart ENV makes it as the file says',
  },
  Suspended: {
    kind: 'wait',
    says: 'Suspended: nothing is changed until resume.',
    todo: 'mlenv resume ENV',
  },
  HeldDown: {
    kind: 'wait',
    says: 'Kept stopped since mlenv down.',
    todo: 'mlenv up',
    tells: 'well',
  },
  HeldIdle: {
    kind: 'wait',
    says: 'Stopped, as nobody used it; it stays so.',
    todo: 'mlenv up starts it, through the queue once its cards were given back',
    tells: 'pending',
  },
  HeldLifetime: {
    kind: 'wait',
    says: 'Stopped, as its maxLifetime was over; it stays so.',
    todo: 'mlenv up starts it, through the queue once its cards were given back',
    tells: 'pending',
  },
  HeldRemoved: {
    kind: 'wait',
    says: 'Kept absent since mlenv rm.',
    todo: 'mlenv up',
    tells: 'well',
  },
  NotYetStarted: {
    kind: 'wait',
    says: 'Projects found in its folder start after one mlenv up.',
    todo: 'mlenv up starts it, and from then on the file is kept; start: automatic for the folder, by an administrator, starts all that is found there',
  },
  Rebuilt: {
    kind: 'wait',
    says: 'The record was rebuilt and this was not running; it stays so.',
    todo: 'mlenv up',
  },
  RemovalBlocked: {
    kind: 'wait',
    says: 'The engine has not removed all of it yet.',
    todo: 'the message says what; it is tried again',
  },
  NoProgress: {
    kind: 'wait',
    says: 'The engine takes a step, or denies what it shows, again and again, and nothing changes by it; tried again with a growing delay.',
    todo: 'the message names the step; mlenv doctor looks at the engine; it goes on by itself once something changes',
    tells: 'failure',
  },
  EngineFault: {
    kind: 'wait',
    says: 'The engine refused for a reason of its own; tried again with a growing delay.',
    todo: 'the message has its words; mlenv doctor looks at the engine',
    tells: 'failure',
  },
} as const satisfies Record<string, ReasonRow>;
