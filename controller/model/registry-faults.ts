import type { FailureKind } from './failure.ts';

/** Why a registry or a catalogue gave no answer that counts. Closed: a word is never reused for another meaning. */
export interface RegistryFault {
  readonly code: RegistryFaultCode;
  /** `retry`: later it may go; `absent`: it is not there; `terminal`: the same words cannot help. */
  readonly kind: Extract<FailureKind, 'retry' | 'absent' | 'terminal'>;
  /** Who, what and why, on one line; no secret is ever in it. */
  readonly message: string;
  /** What a person can do about it. */
  readonly cure: string;
  /** HTTP status where there was one. */
  readonly status: number | null;
  /** What the registry asked to wait; null: it did not say. */
  readonly retryAfterMs: number | null;
}

export interface FaultRow {
  readonly kind: RegistryFault['kind'];
  readonly says: string;
  readonly cure: string;
}

/** `docs/registry.md` is held to this table. */
export const registryFaults = {
  BadReference: {
    kind: 'terminal',
    says: 'What was asked for is no image reference.',
    cure: 'write it as [REGISTRY[:PORT]/]REPOSITORY[:TAG][@sha256:DIGEST]',
  },
  LoginNeeded: {
    kind: 'terminal',
    says: 'The registry wants a credential, or does not take the one it got (401).',
    cure: 'mlenv login REGISTRY, as the user that MLEnv runs as',
  },
  SubscriptionNeeded: {
    kind: 'terminal',
    says: 'The account has no subscription for it (402).',
    cure: 'use an account of an organisation that has paid for it, or another image',
  },
  Forbidden: {
    kind: 'terminal',
    says: 'The account is known, and may not read it (403).',
    cure: 'ask its owner for the right to pull, or accept its licence on its page',
  },
  NotFound: {
    kind: 'absent',
    says: 'There is no such repository, tag or digest (404).',
    cure: 'look at the name; a private one that nobody is logged in for reads the same',
  },
  Throttled: {
    kind: 'retry',
    says: 'The registry wants fewer requests (429).',
    cure: 'wait; a logged-in account is often allowed more',
  },
  LicenceNeeded: {
    kind: 'terminal',
    says: 'Its licence has not been accepted, or it may not be given out here (451).',
    cure: 'accept the licence on its page in the catalogue with the same account, then try again',
  },
  RegistryFailed: {
    kind: 'retry',
    says: 'The registry has a trouble of its own (5xx).',
    cure: 'try again later; its status page may tell more',
  },
  Refused: {
    kind: 'terminal',
    says: 'The registry refuses the request (any other status).',
    cure: 'the message has its words',
  },
  Unreachable: {
    kind: 'retry',
    says: 'No connection, or it broke.',
    cure: 'look at the network, the proxy and the name of the registry',
  },
  Stalled: {
    kind: 'retry',
    says: 'No byte came for too long.',
    cure: 'try again; if it stays, something on the way swallows the answer',
  },
  RedirectRefused: {
    kind: 'terminal',
    says: 'It points to where MLEnv does not follow: from https to http, too often, or paging on another host.',
    cure: "name its address in registries in the host's configuration, or ask who runs it",
  },
  TokenServerUnknown: {
    kind: 'terminal',
    says: 'Its token server is on another host, which must not see the credential.',
    cure: "where that server is the right one, name it in tokenHosts of registries in the host's configuration",
  },
  AnswerUnreadable: {
    kind: 'retry',
    says: 'The answer is not what the protocol says: a page, half of a text, another shape.',
    cure: 'try again; if it stays, a proxy answers in place of the registry',
  },
  AnswerTooLarge: {
    kind: 'terminal',
    says: 'The answer is larger than such an answer ever is.',
    cure: 'look at what the registry serves under this name',
  },
  DigestMismatch: {
    kind: 'retry',
    says: 'What came is not what its digest says.',
    cure: 'try again; if it stays, something on the way changes the answer: do not use the image',
  },
  PlatformMissing: {
    kind: 'absent',
    says: 'The image is not made for the architecture asked for.',
    cure: 'choose another tag, or a host of an architecture it names',
  },
  OldManifest: {
    kind: 'terminal',
    says: 'The manifest is of a kind that is no longer used (schema 1), or none of an image.',
    cure: 'push the image again with a current tool, or choose another tag',
  },
  CredentialTrouble: {
    kind: 'terminal',
    says: 'The credential could not be read: a file others may read, a helper that fails.',
    cure: 'the message names the file or the helper',
  },
  AddressRefused: {
    kind: 'terminal',
    says: "It is at an address of this machine, of its link or of its cloud's metadata, which no user makes root ask.",
    cure: "where it is a registry, an administrator names it in registries in the host's configuration",
  },
  NotAllowed: {
    kind: 'terminal',
    says: "The host's policy names the repositories that images may come from, and this is none of them.",
    cure: 'use an image of an allowed repository, or ask an administrator for an exception',
  },
  GivenUp: {
    kind: 'retry',
    says: 'It was given up before it ended.',
    cure: 'ask again',
  },
} as const satisfies Record<string, FaultRow>;

export type RegistryFaultCode = keyof typeof registryFaults;
