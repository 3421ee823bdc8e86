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

/** One remote repository of the host's configuration. */
export interface RemoteSource {
  /** `https://…`, `ssh://…`, `user@host:path` or `file:///…`; never with a password in it. */
  readonly url: string;
  /** A branch or a tag. */
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
  /** From the top of the repository, parted by `/`. */
  readonly path: string;
}
