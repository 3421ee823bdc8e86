import type { Result } from './failure.ts';
import type { Owner } from './record.ts';

/** A commit, as people name it. */
export interface Commit {
  /** The whole hash. */
  readonly id: string;
  readonly author: string;
  /** Milliseconds since the epoch, as the committer's clock had it. */
  readonly at: number;
  /** First line of its message. */
  readonly subject: string;
}

/** A working tree in which people pull, commit and edit. */
export interface Checkout {
  readonly commit: Commit;
  /** null: none is checked out. */
  readonly branch: string | null;
  /** What makes the files those of no commit: `a merge is under way`; null: nothing. */
  readonly busy: string | null;
  /** git holds the index just now: in a moment the files may be others. */
  /** The folder's mlenv.yaml is not that of the commit. */
  readonly isEdited: boolean;
  readonly isWriting: boolean;
  /** Files that change with what is checked out, absolute. */
  readonly files: readonly string[];
}

export interface Checkouts {
  /** null: the folder lies in no working tree, or in one that cannot be read. As `owner`, and never as root. */
  look(folder: string, owner: Owner): Promise<Checkout | null>;
}

/** Mirrors of the sources, and the trees of their commits. */
export interface SourceTrees {
  /** Stands for the project: its trees lie in it. By the source's name. */
  folder(name: string): string;
  /** `since`: the commit that was taken last; null: none. */
  fetch(source: SourceConfig, since: string | null, signal: AbortSignal): Promise<Result<Fetched>>;
  commit(source: SourceConfig, id: string): Promise<Result<Commit>>;
  /** Lays the commit's files unless they lie there. */
  lay(source: SourceConfig, id: string): Promise<Result<LaidTree>>;
  /** Takes away trees of other commits, and answers with those in which somebody changed something: they stay. */
  prune(source: SourceConfig, keep: readonly string[]): Promise<readonly string[]>;
  /** The same for a source that is no longer configured, and takes away all else that is left of it. */
  retire(name: string): Promise<readonly string[]>;
}

export interface Fetched {
  readonly commit: Commit;
  /** false: history was written anew since `since`, or the ref was moved to another line of it. */
  readonly isForward: boolean;
  /** What else a person should know of what was fetched; '': nothing. Said where the commit is a new one. */
  readonly note: string;
}

export interface LaidTree {
  /** The folder of the mlenv.yaml in the tree. */
  readonly folder: string;
  readonly owner: Owner;
  /** Paths that were left out, with why: submodules, links that lead out, names that no file may have. */
  readonly skipped: readonly string[];
}

/** One project that follows a git remote, as the host's configuration says. */
export interface SourceConfig extends RemoteSource {
  readonly name: string;
  /** Folder of the mlenv.yaml in the repository; '': its top. */
  readonly path: string;
  /** Login name of whose project it is; null: of MLEnv's own user. */
  readonly owner: string | null;
  readonly pollMs: number;
  /** File with the secret that its forge signs webhooks by; null: it takes none. */
  readonly hookSecretFile: string | null;
}

/** One remote repository. */
export interface RemoteSource {
  /** `https://…`, `ssh://…`, `user@host:path` or `file:///…`; never with a password in it. */
  readonly url: string;
  /** A branch by its name, or a full name such as `refs/tags/v1`. */
  readonly ref: string;
  readonly credentials: GitCredentials;
  readonly limits: GitLimits;
}

/** By file reference: what is secret is read by git itself and stands in no argument and no variable. */
export type GitCredentials =
  | { readonly kind: 'none' }
  /** Of https: the file holds a token or a password, and nothing else. */
  | { readonly kind: 'token'; readonly user: string; readonly file: string }
  /** Of ssh: a deploy key, and the hosts that are known. */
  | { readonly kind: 'key'; readonly file: string; readonly knownHosts: string };

export interface GitLimits {
  /** Of one call to the remote. */
  readonly timeoutMs: number;
  /** Of what a call brings, and of the files of one commit. */
  readonly maxBytes: number;
  readonly maxFiles: number;
}

export const defaultGitLimits: GitLimits = {
  timeoutMs: 60_000,
  maxBytes: 2 ** 30,
  maxFiles: 50_000,
};

/** One entry of a commit's tree. */
export interface TreeEntry {
  readonly kind: 'file' | 'program' | 'symlink' | 'submodule' | 'other';
  /** Hash of its content. */
  readonly blob: string;
  /** 0 where it has no content. */
  readonly bytes: number;
  /** From the top of the repository, parted by `/`. Bytes, as git has them: not every name is UTF-8. */
  readonly path: Buffer;
}

/** As people write it; a `+` at its end says that files were edited since. */
export const shortRevision = (revision: string): string =>
  `${revision.slice(0, 10)}${revision.endsWith('+') ? '+' : ''}`;
