import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GitCredentials } from '../model/git.ts';

/**
 * What git is given to prove who we are: the path of a file, never what is in it. `folder` is ours alone; the
 * program that answers git's question lies there.
 */
export const credentialEnv = async (
  credentials: GitCredentials,
  folder: string,
): Promise<Readonly<Record<string, string>>> => {
  switch (credentials.kind) {
    case 'none':
      return { GIT_SSH_COMMAND: ssh([]) };
    case 'token': {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const program = join(folder, 'askpass');
      await writeFile(program, askpass, { mode: 0o700 });
      await chmod(program, 0o700);
      return {
        GIT_ASKPASS: program,
        MLENV_GIT_USER: credentials.user,
        MLENV_GIT_SECRET_FILE: credentials.file,
      };
    }
    case 'key':
      return {
        GIT_SSH_COMMAND: ssh([
          `-i ${quoted(credentials.file)}`,
          '-o IdentitiesOnly=yes',
          `-o UserKnownHostsFile=${quoted(credentials.knownHosts)}`,
        ]),
      };
    default:
      return credentials satisfies never;
  }
};

const askpass = `#!/bin/sh
case "$1" in
  Username*) printf '%s\\n' "$MLENV_GIT_USER" ;;
  *) head -n 1 -- "$MLENV_GIT_SECRET_FILE" ;;
esac
`;

/** Never asks, never forwards, and never trusts a host that nobody has looked at. */
const ssh = (more: readonly string[]): string =>
  [
    'ssh',
    '-F /dev/null',
    '-o BatchMode=yes',
    '-o StrictHostKeyChecking=yes',
    '-o IdentityAgent=none',
    '-o ForwardAgent=no',
    '-o ClearAllForwardings=yes',
    '-o PermitLocalCommand=no',
    '-o ConnectTimeout=15',
    ...more,
  ].join(' ');

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
