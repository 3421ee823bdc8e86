import { execFile } from 'node:child_process';
import { isAbsolute } from 'node:path';
import { promisify } from 'node:util';

/** Somebody without an account may be given one. */
const forgetNoneAfterMs = 60_000;

/**
 * The home of a uid through the name service, so that directory users are found as well; one's own as
 * the environment says. Asked once a uid.
 */
export const createHomes = (options: {
  readonly env: NodeJS.ProcessEnv;
  readonly uid: number;
  readonly now: () => number;
}): ((uid: number) => Promise<string | null>) => {
  const known = new Map<number, { readonly home: Promise<string | null>; readonly at: number }>();
  const own = options.env['HOME'] ?? '';
  return async (uid) => {
    if (uid === options.uid && isAbsolute(own)) return own;
    const before = known.get(uid);
    if (before !== undefined) {
      const home = await before.home;
      if (home !== null || options.now() - before.at < forgetNoneAfterMs) return home;
    }
    const home = lookUp(uid);
    known.set(uid, { home, at: options.now() });
    return home;
  };
};

/** `name:password:uid:gid:comment:home:shell` */
const lookUp = async (uid: number): Promise<string | null> => {
  try {
    const { stdout } = await run('getent', ['passwd', String(uid)], { timeout: 5000 });
    const fields = stdout.split('\n')[0]?.split(':') ?? [];
    const home = fields[5] ?? '';
    return fields[2] === String(uid) && isAbsolute(home) && home !== '/' ? home : null;
  } catch {
    return null;
  }
};

const run = promisify(execFile);
