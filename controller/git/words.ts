/**
 * What went wrong, in git's own first words: what it says later follows from that. A remote's own line comes with
 * it, and what to do, where the cause is one that is known.
 */
export const failureText = (said: string, code: number | null): string => {
  const lines = said
    .split(/[\r\n]+/)
    // What a remote sends is shown on terminals.
    .map((line) => line.replaceAll(/\p{Cc}/gu, '?').replaceAll(/^[@ ]+|[@ ]+$/g, ''))
    .filter((line) => line !== '');
  const first = lines.find((line) => telling.test(line));
  const remote = lines.find((line) => /^remote: .*[a-z]{3}/i.test(line));
  const words = [first, remote]
    .filter((line) => line !== undefined)
    .map((line) => line.slice(0, longestLine));
  if (words.length === 0) words.push(lines.at(-1)?.slice(0, longestLine) ?? '');
  const text = words[0] === '' ? `git ended with ${code ?? 'a signal'}` : words.join('; ');
  const cure = cures.find(([cause]) => cause.test(said))?.[1];
  return cure === undefined ? text : `${text}: ${cure}`;
};

const longestLine = 500;

/** ssh names no program where a key or a host is refused. */
const telling =
  /^(?:fatal|error|ssh)\b|: permission denied|^permission denied|host key verification failed|^no \S+ host key is known|remote host identification has changed|^connection (?:refused|timed out|closed|reset)/i;

/** The first that fits. */
const cures: readonly (readonly [cause: RegExp, cure: string])[] = [
  [
    /could not read (?:username|password)|unable to read askpass|authentication failed/i,
    'it asks for a login: name a file with a token under token, or a key of ssh',
  ],
  [
    /detected dubious ownership/,
    "the repository belongs to another user, and git reads none of others': name it by ssh or https, or give it to the user that MLEnv runs as",
  ],
  [
    /requested URL returned error: 30[12378]/,
    'the server sends elsewhere, which is not followed: write the address that it sends to; often .git is missing at the end',
  ],
  [
    /dumb http transport/,
    'the server only hands out files, without limits of size: serve the repository with git http-backend, or name it by ssh',
  ],
  [
    /host key verification failed|host key is known for|remote host identification has changed/i,
    "put the server's key, looked at first, into the file of key.knownHosts, or into /etc/ssh/ssh_known_hosts",
  ],
  [
    /permission denied \(/i,
    'the server does not know the key, or there is none: key.file names it',
  ],
  [/cannot run ssh|ssh: not found/, 'apt-get install openssh-client'],
  [
    /unknown object format|unknown option .object-format/i,
    'this git is too old for repositories of SHA-256: 2.29 or later is needed',
  ],
];
