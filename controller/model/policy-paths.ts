/** Folders of a host that no container may have, nor what lies in them. */
const systemFolders = [
  '/boot',
  '/dev',
  '/etc',
  '/proc',
  '/run',
  '/sys',
  '/var/lib/containerd',
  '/var/lib/docker',
  '/var/lib/mlenv',
  '/var/run',
] as const;

/** Folders that hold everybody's, so that only what lies deeper may be had. */
const wholeFolders = [
  '/',
  '/home',
  '/lib',
  '/lib64',
  '/mnt',
  '/opt',
  '/root',
  '/srv',
  '/usr',
  '/var',
];

/** What a path of the host is that nobody may bind; null: none of these. The path is clean and absolute. */
export const forbiddenSource = (path: string): string | null => {
  const system = systemFolders.find((folder) => path === folder || path.startsWith(`${folder}/`));
  if (system !== undefined) return path === system ? system : `in ${system}`;
  if (path.endsWith('.sock')) return 'a socket';
  return wholeFolders.includes(path) ? `all of ${path}` : null;
};

/** The same for a project's own folder, which is bound as it is. */
export const forbiddenProject = (path: string): string | null =>
  path.endsWith('.sock') ? null : forbiddenSource(path);
