/** Whoever may write here, or read all of it, is root of the host. */
const systemFolders: readonly string[] = [
  '/etc',
  '/proc',
  '/sys',
  '/dev',
  '/run',
  '/boot',
  '/root',
  '/var/run',
  '/var/lib/docker',
  '/var/lib/containerd',
  '/var/lib/mlenv',
  '/var/mlenv',
];

/** The folder of the system, or of `more`, that this path is, lies in or holds; null: none. */
export const systemFolderAt = (path: string, more: readonly string[] = []): string | null =>
  [...systemFolders, ...more].find((folder) => isIn(folder, path) || isIn(path, folder)) ?? null;

const isIn = (folder: string, path: string): boolean =>
  path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
