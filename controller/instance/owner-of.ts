import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Owner } from '../model/record.ts';

const run = promisify(execFile);

/** The ids of a login name, through the name service; of this process for null. null: there is no such user. */
export const ownerOf = async (name: string | null): Promise<Owner | null> => {
  if (name === null) return { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const id = async (flag: string): Promise<number> =>
    Number((await run('id', [flag, '--', name], { timeout: 5000 })).stdout);
  try {
    return { uid: await id('-u'), gid: await id('-g') };
  } catch {
    return null;
  }
};
