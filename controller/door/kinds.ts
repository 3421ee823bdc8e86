/** What a look at a path of somebody's comes to. Faults are values. */
export type FileKind = 'file' | 'folder' | 'symlink' | 'other';

/** Nobody can say. `denied`: permissions. */
export interface Unreadable {
  readonly kind: 'unreadable';
  readonly denied: boolean;
  readonly message: string;
}

export interface Absent {
  readonly kind: 'absent';
}

export type FileRead =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'not-a-file'; readonly found: Exclude<FileKind, 'file'> }
  | { readonly kind: 'too-large' }
  /** It changed while it was read. */
  | { readonly kind: 'moved' }
  | Absent
  | Unreadable;

export type FolderList =
  | {
      readonly kind: 'entries';
      readonly entries: readonly { readonly name: string; readonly kind: FileKind }[];
    }
  | { readonly kind: 'not-a-folder' }
  | Absent
  | Unreadable;

/** One step of the way, as the descriptor shows it that is held for it. */
export interface Component {
  readonly path: string;
  readonly kind: FileKind;
  readonly uid: number;
  readonly gid: number;
  /** Permission bits, with the sticky one. */
  readonly mode: number;
  /** Whether more people than the mode tells may do something with it; null: nobody can say. */
  readonly hasAcl: () => Promise<boolean | null>;
}

/** It leads out of the folder, or would. */
export interface Outside {
  readonly kind: 'outside';
  /** As the end of a sentence; `…` stands for what the folder is called. */
  readonly message: string;
}

/** Why something is not taken for its owner's. */
export interface Untrusted {
  readonly kind: 'untrusted';
  readonly message: string;
}

/** null: it is taken. `unreadable`: nobody can say now. */
export type Judge = (step: Component) => Promise<Untrusted | Unreadable | null>;

/** Where a path below a folder leads; links are followed as long as they stay in it. */
export type Inside =
  | { readonly kind: 'inside'; readonly path: string; readonly found: FileKind | 'absent' }
  | Outside
  | Unreadable;

export type InsideRead = FileRead | Outside | Untrusted;
