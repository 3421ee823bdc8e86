import { spawn } from 'node:child_process';

/**
 * Whether an access control list hangs on what a descriptor holds: its mask looks like the rights of a group
 * (`rw-rw-r--`), and says nothing of whose they are. Node has no call for it, and `ls` shows it as a `+`. Each
 * state of a file is asked about once: a new list is a new time of change.
 */
export const showsAcl = async (fd: number, state: string): Promise<boolean | null> => {
  const before = known.get(state);
  if (before !== undefined) return before;
  if (!(await (knowsAcls ??= asksForAcls()))) return null;
  const line = await ls(['-lLdn', '--', '/proc/self/fd/3'], fd);
  const sign = /^[-dlbcps][-rwxsStT]{9}(.)/.exec(line ?? '')?.[1];
  if (sign === undefined) return null;
  if (known.size >= keptStates) known.clear();
  known.set(state, sign === '+');
  return sign === '+';
};

const keptStates = 10_000;
const known = new Map<string, boolean>();
let knowsAcls: Promise<boolean> | null = null;

/** That of BusyBox shows none, and says nothing of it. */
const asksForAcls = async (): Promise<boolean> =>
  (await ls(['--version'], null))?.includes('coreutils') === true;

/** null: it could not be asked. */
const ls = (args: readonly string[], fd: number | null): Promise<string | null> =>
  new Promise((resolve) => {
    const child = spawn('ls', args, {
      env: { LC_ALL: 'C', PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
      stdio: ['ignore', 'pipe', 'ignore', ...(fd === null ? [] : [fd])],
      timeout: 5000,
      killSignal: 'SIGKILL',
    });
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
    child.on('error', () => resolve(null));
    child.on('close', (code) => resolve(code === 0 ? text : null));
  });
