export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

/** The text of /etc/passwd with an entry for the uid; as it was where there is one. */
export function withUser(passwd: string, account: Account): string {
  const lines = entries(passwd);
  if (lines.some((line) => line[2] === String(account.uid))) return passwd;
  const name = freeName(lines, account.name, account.uid);
  const { uid, gid, home, shell } = account;
  return appended(passwd, `${name}:x:${uid}:${gid}:${name}:${home}:${shell}`);
}

/** The text of /etc/group with an entry for the gid; as it was where there is one. */
export function withGroup(group: string, account: Account): string {
  const lines = entries(group);
  if (lines.some((line) => line[2] === String(account.gid))) return group;
  return appended(group, `${freeName(lines, account.name, account.gid)}:x:${account.gid}:`);
}

const entries = (file: string): readonly (readonly string[])[] =>
  file.split('\n').map((line) => line.split(':'));

/** A name that the image gave to another id gets ours appended: "alice" is then "alice-1000". */
function freeName(lines: readonly (readonly string[])[], wanted: string, id: number): string {
  const taken = new Set(lines.map((line) => line[0]));
  const name = wanted.replace(/[:\s]/g, '_');
  const candidates = [name, `${name}-${id}`, `mlenv-${id}`];
  return candidates.find((candidate) => !taken.has(candidate)) ?? `mlenv-${name}-${id}`;
}

const appended = (file: string, line: string): string =>
  `${file === '' || file.endsWith('\n') ? file : `${file}\n`}${line}\n`;
