import type { ReasonRow } from './row.ts';

/** What went wrong, and what cannot be known now. */
export const failureReasons = {
  // What cannot be known now.
  EngineUnavailable: {
    kind: 'unknown',
    says: 'The engine does not answer: nothing is decided on what was not seen.',
    todo: 'mlenv doctor',
  },
  GpuUnasked: {
    kind: 'unknown',
    says: 'Whether the container still reaches its cards cannot be told.',
    todo: '',
  },
  Unwatched: {
    kind: 'unknown',
    says: 'No controller runs: nothing repairs this until one does.',
    todo: 'mlenv controller --watch DIR',
  },

  // Failures.
  Failed: {
    kind: 'failure',
    says: 'It ended with an error, and restart: never or the limit of its restarts says that it is not run again.',
    todo: 'mlenv logs ENV; mlenv restart ENV runs it again',
  },
  OutOfMemory: {
    kind: 'failure',
    says: 'The kernel ended it for passing its memory limit.',
    todo: 'raise memory, or use less',
  },
  TimedOut: {
    kind: 'failure',
    says: 'A run took longer than its timeout, and was stopped.',
    todo: 'mlenv logs ENV; raise timeout; mlenv restart ENV runs it again',
  },
  Interrupted: {
    kind: 'failure',
    says: 'The engine or the host went down while the job ran.',
    todo: 'mlenv restart ENV runs it again',
  },
  StartFailed: {
    kind: 'failure',
    says: 'The engine could not start the container; one that cannot start any more is made anew, after a growing delay.',
    todo: 'the message has its words: often a command that the image does not have, or a mount, network or GPU that is gone',
  },
  CreateRefused: {
    kind: 'failure',
    says: 'The engine refused the container as described.',
    todo: 'the message has its words',
  },
  Unhealthy: {
    kind: 'failure',
    says: 'The container runs and its health check fails; with onUnhealthy: restart it is restarted after its grace.',
    todo: 'mlenv describe ENV shows what the check said; mlenv logs ENV',
  },
  GpuLost: {
    kind: 'failure',
    says: 'The container runs and no longer reaches the cards that it was given.',
    todo: 'mlenv restart ENV brings them back; gpus.onLost: recreate does so by itself; docs/health.md tells why it happens',
  },
  GpuUnhealthy: {
    kind: 'failure',
    says: 'A GPU is lost or unhealthy, as the host sees it: what holds it may fail, and it is given to nobody new.',
    todo: 'mlenv gpu tells why; the host has to be mended: a reset of the GPU, the driver, or another GPU; it is offered again by itself once it is well',
  },
  SpecInvalid: {
    kind: 'failure',
    says: 'The file has a fault; the last good generation keeps running.',
    todo: 'mlenv validate shows line and column',
  },
  ConfigInvalid: {
    kind: 'failure',
    says: "The host's configuration has a fault; the one before it stays in force.",
    todo: 'mlenv config check shows line and column',
  },
  ListenerFailed: {
    kind: 'failure',
    says: 'Webhooks are not heard; the remotes are polled all the same.',
    todo: 'the message names the address or the file',
  },
  UpkeepFailed: {
    kind: 'failure',
    says: 'A backup of the record, or the taking away of old rows, failed; it is tried again.',
    todo: 'the message tells why; mlenv db check looks at the record itself',
  },
  OwnerUnknown: {
    kind: 'failure',
    says: "The host's configuration names an owner whom the name service does not know.",
    todo: 'mend owners in the configuration; id NAME tells whether there is such a user',
    // Shown above the status; nobody looks for it by itself.
    tells: 'nothing',
  },
  SpecUnresolved: {
    kind: 'failure',
    says: 'The last good text cannot be filled in: an env file or a variable of it is gone.',
    todo: 'put the file back, or mend the spec',
  },
  PayloadMismatch: {
    kind: 'failure',
    says: 'The container in the engine is not the one that was asked for; it is not started.',
    todo: 'report it with mlenv describe -o json',
  },
  Bug: {
    kind: 'failure',
    says: "A plan broke one of MLEnv's promises and was not run.",
    todo: 'report it with mlenv describe -o json',
  },
} as const satisfies Record<string, ReasonRow>;
