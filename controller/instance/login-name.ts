import { execFileSync } from 'node:child_process';

const known = new Map<number, string | null>();

/**
 * The login name of a uid through the name service, so that directory users are found as well. Asked
 * once a uid. Names that an image's /etc/passwd could not hold count as none.
 */
export const loginName = (uid: number): string | null => {
  const before = known.get(uid);
  if (before !== undefined) return before;
  const name = lookUp(uid);
  known.set(uid, name);
  return name;
};

const lookUp = (uid: number): string | null => {
  try {
    const text = execFileSync('id', ['-un', '--', String(uid)], {
      encoding: 'utf8',
      timeout: 2000,
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    return /^[a-z_][a-z0-9_-]{0,31}$/.test(text) ? text : null;
  } catch {
    return null;
  }
};
