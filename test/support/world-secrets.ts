import type { SecretFiles, SecretFolders, SecretSeed } from '../../controller/model/secret.ts';
import type { WorldFiles } from './world-files.ts';

/** The owners' files in a world's own tree, and the folders that containers are given: both outlive every process. */
export interface WorldSecrets {
  readonly files: SecretFiles;
  readonly folders: SecretFolders;
  /** Folder → name → value, as the containers see them. */
  readonly laidOut: ReadonlyMap<string, Readonly<Record<string, string>>>;
  keep(name: string, value: string, uid?: number): void;
  lose(name: string, uid?: number): void;
}

export const createWorldSecrets = (tree: WorldFiles): WorldSecrets => {
  const laidOut = new Map<string, Readonly<Record<string, string>>>();
  const place = (name: string, uid = 1000): string => `/home/u${uid}/.config/mlenv/secrets/${name}`;
  const files: SecretFiles = {
    read: async (uid, name) => {
      const path = place(name, uid);
      const read = await tree.spec.read(path, 64 * 1024);
      return read.kind === 'bytes'
        ? { kind: 'bytes', bytes: read.bytes }
        : { kind: 'trouble', message: `there is no ${path}` };
    },
  };
  const valuesOf = async ({ ownerUid, secrets }: SecretSeed) => {
    const values: Record<string, string> = {};
    for (const { name, file } of secrets) {
      const read = await files.read(ownerUid, file);
      if (read.kind === 'trouble') return read;
      values[name] = new TextDecoder().decode(read.bytes);
    }
    return { kind: 'values', values } as const;
  };
  return {
    files,
    folders: {
      root: '/run/mlenv/secrets',
      write: async (seed) => {
        const read = await valuesOf(seed);
        if (read.kind === 'trouble') return read;
        laidOut.set(seed.folder, read.values);
        return { kind: 'written', inMemory: true };
      },
      remove: async (folder) => void laidOut.delete(folder),
    },
    laidOut,
    keep: (name, value, uid) => tree.write(place(name, uid), value),
    lose: (name, uid) => tree.remove(place(name, uid)),
  };
};
