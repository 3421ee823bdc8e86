import type { Start } from '../model/start.ts';

/** One thing that setup does to the machine, with its reason. */
export type Action =
  | {
      readonly kind: 'folder';
      readonly path: string;
      readonly mode: number;
      readonly why: string;
    }
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly content: string;
      readonly mode: number;
      /** null: there is none yet. */
      readonly before: string | null;
      /** Where the file of before is kept, because somebody edited it; null: nowhere. */
      readonly keepAs: string | null;
      /** `count`: a generated file, of which the number of lines is shown. */
      readonly show: 'text' | 'count' | 'nothing';
      readonly why: string;
    }
  | { readonly kind: 'run'; readonly argv: readonly string[]; readonly why: string }
  | {
      readonly kind: 'remove';
      readonly path: string;
      readonly keepAs: string | null;
      readonly why: string;
    }
  /** Only where it is empty by then. */
  | { readonly kind: 'remove-folder'; readonly path: string; readonly why: string };

export interface SetupPlan {
  readonly actions: readonly Action[];
  /** What is as it should be. */
  readonly same: readonly string[];
  /** What the administrator should know. */
  readonly notes: readonly string[];
  /** Why nothing can be done; empty: it can. */
  readonly blocked: readonly string[];
  /** Of --remove: what stays, and how it is taken away. */
  readonly leaves: readonly string[];
}

/** What stands at a path. */
export type Entry =
  | { readonly kind: 'file'; readonly text: string; readonly mode: number }
  | { readonly kind: 'folder'; readonly mode: number }
  | { readonly kind: 'link'; readonly to: string }
  | { readonly kind: 'other'; readonly what: string };

/** What setup found out about the machine. */
export interface SetupFacts {
  /** Of every path that was asked for; absent: nothing is there. */
  readonly entries: ReadonlyMap<string, Entry>;
  readonly hasAdminGroup: boolean;
  /** `installed`: systemctl is there, and systemd is not the init of this machine. */
  readonly systemd: 'running' | 'installed' | 'none';
  readonly service: { readonly enabled: boolean; readonly active: boolean };
  readonly command: CommandFact;
  /** Of this run, for names of kept files: 20260301-030000. */
  readonly stamp: string;
}

export interface CommandFact {
  /** The program's file, without links. */
  readonly script: string;
  /** The Node that runs it, without links. */
  readonly node: string;
  /** /usr/local/bin/mlenv leads to the script. */
  readonly linked: boolean;
  /** What the system's PATH calls node is this Node. */
  readonly nodeOnPath: boolean;
  /** It came with its package, which has unit, completion and manual as well. */
  readonly packaged: boolean;
  /** A folder or file on the way that others than root may change; null: none. */
  readonly open: string | null;
}

export interface WatchedRoot {
  readonly path: string;
  /** null: as is usual. */
  readonly start: Start | null;
}

export interface SetupAnswers {
  /** null: as the file says, or the default where there is none. */
  readonly watch: readonly WatchedRoot[] | null;
  readonly admins: readonly string[] | null;
}

/** What the package holds, or what is made from its commands. */
export interface SetupMaterial {
  readonly unit: string;
  readonly completions: Readonly<Record<'bash' | 'zsh' | 'fish', string>>;
  readonly manPage: string;
}
