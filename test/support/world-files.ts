import { basename, dirname, join, posix } from 'node:path';
import type { Component } from '../../controller/door/kinds.ts';
import type { Owner } from '../../controller/model/record.ts';
import type { ReadStamp } from '../../controller/watch/file-stamp.ts';
import { type SpecFiles, type Unreadable, ways } from '../../specs/files.ts';

/** A file tree that a scenario changes: folders have a device, an inode and an owner as real ones do. */
export interface WorldFiles {
  readonly spec: SpecFiles;
  readonly stamp: ReadStamp;
  /** Folders on the way come into being. */
  write(path: string, text: string): void;
  remove(path: string): void;
  /** What lies below goes along and keeps its inodes; what was at the new place is gone. */
  move(from: string, to: string): void;
  /** A copy: new inodes. */
  copy(from: string, to: string): void;
  /** `chown -R`: moves the time of change of all below, as a real one does. */
  chown(path: string, owner: Owner): void;
  /** Of this one alone. */
  chmod(path: string, mode: number): void;
  /** Everything in and below this folder answers with EIO. */
  breakFolder(path: string): void;
  mend(path: string): void;
  text(path: string): string | null;
  /** A symbolic link takes the path; null takes the link away. */
  link(path: string, to: string | null): void;
}

interface Node {
  readonly kind: 'file' | 'folder';
  readonly inode: number;
  owner: Owner;
  mode: number;
  readonly text: string;
  version: number;
}

const firstOwner: Owner = { uid: 1000, gid: 1000 };
const broken: Unreadable = { kind: 'unreadable', denied: false, message: 'EIO' };
const absent = { kind: 'absent' } as const;

export const createWorldFiles = (): WorldFiles => {
  const nodes = new Map<string, Node>();
  const brokenFolders = new Set<string>();
  const links = new Map<string, string>();
  let made = 0;

  const node = (kind: Node['kind'], text = '', owner = firstOwner): Node => {
    made += 1;
    return { kind, inode: made, owner, mode: kind === 'file' ? 0o644 : 0o755, text, version: made };
  };
  const makeFolder = (path: string): void => {
    if (path !== '/') makeFolder(dirname(path));
    if (!nodes.has(path)) nodes.set(path, node('folder'));
  };
  const isBroken = (path: string): boolean => {
    if (brokenFolders.size === 0) return false;
    for (let at = path; ; at = dirname(at)) {
      if (brokenFolders.has(at)) return true;
      if (at === '/') return false;
    }
  };
  const below = (path: string): [string, Node][] =>
    [...nodes].filter(([at]) => at === path || at.startsWith(`${path}/`));
  const remove = (path: string): void => {
    for (const [at] of below(path)) nodes.delete(at);
  };
  const look = <T>(path: string, seen: (found: Node) => T): T | typeof absent | Unreadable => {
    if (isBroken(path)) return broken;
    const found = nodes.get(path);
    return found === undefined ? absent : seen(found);
  };
  const followed = (path: string): string => {
    for (const [at, to] of links) {
      if (path === at || path.startsWith(`${at}/`)) return to + path.slice(at.length);
    }
    return path;
  };
  const read: SpecFiles['read'] = async (path, maxBytes) =>
    look(path, ({ kind, text }) => {
      if (kind === 'folder') return { kind: 'not-a-file', found: 'folder' };
      const bytes = new TextEncoder().encode(text);
      return bytes.length > maxBytes ? { kind: 'too-large' } : { kind: 'bytes', bytes };
    });
  const list: SpecFiles['list'] = async (folder) =>
    look(folder, ({ kind }) => {
      if (kind === 'file') return { kind: 'not-a-folder' };
      const entries = [...nodes]
        .filter(([path]) => path !== '/' && dirname(path) === folder)
        .map(([path, entry]) => ({ name: basename(path), kind: entry.kind }));
      return { kind: 'entries', entries: entries.sort((a, b) => (a.name < b.name ? -1 : 1)) };
    });
  const componentOf = (path: string): readonly Component[] => {
    const found = nodes.get(path);
    if (found === undefined) return [];
    const { kind, owner, mode } = found;
    return [{ path, kind, ...owner, mode, hasAcl: async () => false }];
  };
  makeFolder('/');

  return {
    write: (path, text) => {
      makeFolder(dirname(path));
      const before = nodes.get(path);
      const next = node('file', text);
      nodes.set(path, before === undefined ? next : { ...next, inode: before.inode });
    },
    remove,
    move: (from, to) => {
      const moved = below(from);
      remove(to);
      remove(from);
      makeFolder(dirname(to));
      for (const [at, found] of moved) nodes.set(to + at.slice(from.length), found);
    },
    copy: (from, to) => {
      makeFolder(dirname(to));
      for (const [at, { kind, text, owner }] of below(from)) {
        nodes.set(to + at.slice(from.length), node(kind, text, owner));
      }
    },
    chown: (path, owner) => {
      for (const [, found] of below(path)) {
        made += 1;
        found.owner = owner;
        found.version = made;
      }
    },
    chmod: (path, mode) => {
      const found = nodes.get(path);
      if (found === undefined) throw new Error(`there is no ${path}`);
      made += 1;
      found.mode = mode;
      found.version = made;
    },
    breakFolder: (path) => void brokenFolders.add(path),
    mend: (path) => void brokenFolders.delete(path),
    text: (path) => nodes.get(path)?.text ?? null,
    link: (path, to) => {
      if (to === null) links.delete(path);
      else links.set(path, to);
    },

    stamp: async (path) => {
      if (isBroken(path)) throw new Error('EIO');
      const found = nodes.get(path);
      if (found === undefined) return null;
      const time = BigInt(found.version);
      const size = found.text.length;
      return { device: '1', inode: `${found.inode}`, size, mtimeNs: time, ctimeNs: time };
    },
    spec: {
      read,
      stat: async (path) =>
        links.has(path) ? { kind: 'symlink' } : look(path, ({ kind }) => ({ kind })),
      look: async (path) => {
        for (const at of ways(path)) if (links.has(at)) return { kind: 'link', at };
        return look(path, ({ kind }) => ({ kind }));
      },
      list,
      realpath: async (path) => {
        const clean = followed(posix.normalize(path));
        return look(clean, () => ({ kind: 'path', path: clean }));
      },
      identity: async (folder) =>
        look(folder, (found) =>
          found.kind === 'file'
            ? { kind: 'not-a-folder' }
            : { kind: 'folder', identity: identityOf(folder, found) },
        ),
      enter: async (folder) =>
        look(folder, (found) =>
          found.kind === 'file'
            ? { kind: 'not-a-folder' }
            : {
                kind: 'folder',
                held: {
                  identity: identityOf(folder, found),
                  way: ways(folder).flatMap((path) => componentOf(path)),
                  list: () => list(folder),
                  find: async (parts) => {
                    const path = followed(join(folder, ...parts));
                    if (path !== folder && !path.startsWith(`${folder}/`)) return leaves;
                    const seen = look(path, ({ kind }) => ({ kind }));
                    return seen.kind === 'unreadable'
                      ? seen
                      : { kind: 'inside', path, found: seen.kind };
                  },
                  read: async (parts, { maxBytes, judge }) => {
                    const path = followed(join(folder, ...parts));
                    if (!path.startsWith(`${folder}/`)) return leaves;
                    if (isBroken(path)) return broken;
                    for (const step of componentOf(path)) {
                      const why = (await judge?.(step)) ?? null;
                      if (why !== null) return why;
                    }
                    return read(path, maxBytes);
                  },
                  close: async () => {},
                },
              },
        ),
    },
  };
};

const leaves = { kind: 'outside', message: 'leaves … by a symbolic link' } as const;

const identityOf = (path: string, { inode, owner }: Pick<Node, 'inode' | 'owner'>) => ({
  path,
  device: '1',
  inode: `${inode}`,
  owner,
});
