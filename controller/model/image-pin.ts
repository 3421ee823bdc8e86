import type { EnvironmentKey } from './key.ts';

/** Which image the choice of an environment came to. It stays until the choice is another one. */
export interface ImagePin {
  readonly projectId: string;
  readonly environment: string;
  /** In one form; '': found on a container when the record was rebuilt, and good for the wish that it was made of. */
  readonly choice: string;
  /** `nvcr.io/nvidia/pytorch:24.05-py3` */
  readonly reference: string;
  /** `sha256:…` */
  readonly digest: string;
  readonly source: PinSource;
  /** Of the environment, when it was chosen. */
  readonly generation: number;
  /** A container was made of it: `pull: always` looks again before the next. */
  readonly made: boolean;
  readonly at: number;
}

/** Who said the digest. */
export type PinSource = 'catalogue' | 'registry' | 'lock' | 'container';

export interface PinTable {
  /** null: its file names an image, or none is found yet. */
  of(key: EnvironmentKey): ImagePin | null;
  /** Writes nothing where nothing changed. */
  set(pin: ImagePin): void;
  /** A container was made of it. */
  used(key: EnvironmentKey): void;
  remove(key: EnvironmentKey): void;
}

/** Asks registries what a tag names, beside the passes. */
export interface DigestLookup {
  /** Begins to ask unless it is asked already; `key` is told when there is an answer, and hears it once. */
  ask(reference: string, key: EnvironmentKey): DigestAnswer;
  /** As `ask`, and begins nothing. */
  look(reference: string): DigestAnswer;
  /** Breaks off what is under way. */
  stop(): void;
}

export type DigestAnswer =
  | { readonly kind: 'asking' }
  | { readonly kind: 'found'; readonly digest: string }
  | { readonly kind: 'failed'; readonly message: string; readonly retryAt: number };
