import type { Owner } from './record.ts';

/** One secret of an environment by its name. Its value is in a file of the project's owner. */
export interface SecretWish {
  /** Of the file in /run/secrets, and of the variable. */
  readonly name: string;
  /** In the owner's folder of secrets. */
  readonly file: string;
  /** As an environment variable as well, where docker inspect shows it. */
  readonly env: boolean;
  /** Why the variable has no value; null: it has one, or is none. */
  readonly trouble: string | null;
}

/** Where a container finds them. */
export const secretsTarget = '/run/secrets';

/** What is laid out for one container before it starts. */
export interface SecretSeed {
  /** On the host; bound to `secretsTarget`. */
  readonly folder: string;
  /** Whose secrets they are. */
  readonly ownerUid: number;
  /** Whom the files are for; null: the image's own user, whom nobody knows. */
  readonly user: Owner | null;
  readonly secrets: readonly Pick<SecretWish, 'name' | 'file'>[];
}

/** The owners' files, ~/.config/mlenv/secrets/FILE. No message ever holds a value. */
export interface SecretFiles {
  read(ownerUid: number, file: string): Promise<SecretRead>;
}

export type SecretRead =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** With the file's place and what to do. */
  | { readonly kind: 'trouble'; readonly message: string };

/** The folders in memory that containers are given. */
export interface SecretFolders {
  /** Holds one folder an environment; nobody but MLEnv may enter it. */
  readonly root: string;
  /** Whatever was in the folder, afterwards it holds exactly these. */
  write(seed: SecretSeed): Promise<SecretsWritten>;
  /** One that is not there is well. */
  remove(folder: string): Promise<void>;
}

export type SecretsWritten =
  | { readonly kind: 'written'; readonly inMemory: boolean }
  | { readonly kind: 'trouble'; readonly message: string };
