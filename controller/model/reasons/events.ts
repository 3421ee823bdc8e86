import type { ReasonRow } from './row.ts';

/** Steps that were taken; in events only. */
export const eventReasons = {
  Created: { kind: 'good', says: 'A container was created.', todo: '' },
  Started: { kind: 'good', says: 'A container was started.', todo: '' },
  Updated: { kind: 'good', says: 'Limits were changed in place, with docker update.', todo: '' },
  Disconnected: {
    kind: 'good',
    says: 'A container was taken off a network that somebody had put it into.',
    todo: '',
  },
  Unpaused: { kind: 'good', says: 'A container that somebody had paused goes on.', todo: '' },
  Removed: { kind: 'good', says: 'A container was removed.', todo: '' },
  Kept: {
    kind: 'good',
    says: 'A person keeps it, whether it is used or not.',
    todo: '',
  },
  EventsLimited: {
    kind: 'good',
    says: 'More happens to one environment than is kept as events: 25 at once, and one more each 5 minutes.',
    todo: 'mlenv describe has its state, and the log of the controller every pass',
  },
  ObservingEnded: { kind: 'good', says: 'MLEnv only observed and acts again.', todo: '' },
  Thawed: { kind: 'good', says: 'The host was frozen and goes on.', todo: '' },
  Moved: { kind: 'good', says: "The project's folder moved, and its identity with it.", todo: '' },
  SourceSynced: { kind: 'good', says: 'The project stands on another commit.', todo: '' },
  SourceRetired: {
    kind: 'good',
    says: 'A source left the configuration, and nothing runs on it any more; its mirror is gone.',
    todo: '',
  },
  TreeKept: {
    kind: 'good',
    says: 'Files of a commit that nothing runs on were changed by hand; their folder is kept.',
    todo: 'take what you need from the folder that the message names, then remove it',
  },
  GpuForeign: {
    kind: 'good',
    says: 'A card is used by something that is not of MLEnv; it is left alone and not given out.',
    todo: 'mlenv gpu shows by whom',
  },
  GpuRecovered: { kind: 'good', says: 'A card is offered again.', todo: '' },
  NetworkBroken: {
    kind: 'good',
    says: "The bridge of the project's network is gone; the network is made anew once nothing runs on it.",
    todo: 'mlenv restart what still runs on it: it is cut off',
  },
  SecretsOnDisk: {
    kind: 'good',
    says: 'Secrets were laid out in a folder that is not in memory.',
    todo: 'run the system instance on a host with a tmpfs at /run; mlenv doctor names the folder',
  },
  LimitsRefused: {
    kind: 'good',
    says: 'The engine may not raise resource limits, so the default ulimits are left out.',
    todo: 'give the engine CAP_SYS_RESOURCE if you need them; ulimits in the file are never left out',
  },
  NoticeUndeliverable: {
    kind: 'good',
    says: 'A notice was given up: its receiver did not take it for a day.',
    todo: 'mlenv notices shows why; mlenv notices test NAME tries the receiver',
  },
} as const satisfies Record<string, ReasonRow>;
