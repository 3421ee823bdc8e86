import { dirname, join, posix } from 'node:path';
import { type FileKind, type SpecFiles, ways } from '../../specs/files.ts';

/** A tiny file system in memory: text files by absolute path; their folders exist with them. */
export const memorySpecFiles = (texts: Readonly<Record<string, string>>): SpecFiles => {
  const folders = new Set<string>(['/']);
  for (const path of Object.keys(texts)) {
    for (let at = dirname(path); at !== '/'; at = dirname(at)) folders.add(at);
  }
  const kindOf = (path: string): FileKind | 'absent' =>
    Object.hasOwn(texts, path) ? 'file' : folders.has(path) ? 'folder' : 'absent';
  const read: SpecFiles['read'] = async (path, maxBytes) => {
    const kind = kindOf(path);
    if (kind === 'absent') return { kind };
    if (kind !== 'file') return { kind: 'not-a-file', found: 'folder' };
    const bytes = new TextEncoder().encode(texts[path]);
    return bytes.length > maxBytes ? { kind: 'too-large' } : { kind: 'bytes', bytes };
  };
  const list: SpecFiles['list'] = async (folder) => {
    if (!folders.has(folder)) return { kind: 'absent' };
    const names = [...Object.keys(texts), ...folders]
      .filter((path) => path !== '/' && dirname(path) === folder)
      .map((path) => posix.basename(path));
    const entries = names.map((name) => ({
      name,
      kind: kindOf(join(folder, name)) === 'file' ? ('file' as const) : ('folder' as const),
    }));
    return { kind: 'entries', entries };
  };
  const identityOf = (folder: string) => {
    const owner = { uid: 1000, gid: 1000 };
    return { path: folder, device: '1', inode: folder, owner };
  };
  return {
    read,
    stat: async (path) => ({ kind: kindOf(path) }),
    look: async (path) => ({ kind: kindOf(path) }),
    list,
    realpath: async (path) => {
      const clean = posix.normalize(path);
      return kindOf(clean) === 'absent' ? { kind: 'absent' } : { kind: 'path', path: clean };
    },
    identity: async (folder) =>
      folders.has(folder) ? { kind: 'folder', identity: identityOf(folder) } : { kind: 'absent' },
    enter: async (folder) =>
      folders.has(folder)
        ? {
            kind: 'folder',
            held: {
              identity: identityOf(folder),
              way: ways(folder).map((path) => ({
                path,
                kind: 'folder' as const,
                uid: 1000,
                gid: 1000,
                mode: 0o755,
                hasAcl: async () => false,
              })),
              list: () => list(folder),
              find: async (parts) => {
                const path = join(folder, ...parts);
                return { kind: 'inside', path, found: kindOf(path) };
              },
              read: (parts, { maxBytes }) => read(join(folder, ...parts), maxBytes),
              close: async () => {},
            },
          }
        : { kind: 'absent' },
  };
};
