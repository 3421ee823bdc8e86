import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageFolder } from '../../schema/files.ts';
import { connectApi } from '../../controller/report/http-client.ts';
import { anyHost, type Outcome, outcomeOf } from './mlenv.ts';
import { until } from './until.ts';

export interface Person {
  readonly name: string;
  readonly uid: number;
  readonly groups?: readonly string[];
}

/** A machine that several people share, as they see it: accounts, /etc, /var and /run of its own. */
export interface SharedMachine {
  /** The mount namespace that all of it is in. */
  readonly mounts: string;
  /** Below it are homes, for those inside and for the engine alike. */
  readonly homes: string;
  home(name: string): string;
  /** A line of sh as this person; `root` too. */
  shell(name: string, line: string, cwd?: string): Promise<Outcome>;
  mlenv(name: string, args: readonly string[], cwd?: string): Promise<Outcome>;
  /** A new folder of this person's with an mlenv.yaml in it. */
  project(name: string, folder: string, spec: object): string;
  save(name: string, folder: string, spec: object): void;
  /** The system's instance, by root. Returns once it answers. */
  controller(host: string): Promise<{ kill9(): Promise<void> }>;
  log(): string;
  /** Leaves no process, no mount and no file. */
  cleanup(): Promise<void>;
}

export async function createSharedMachine(options: {
  readonly people: readonly Person[];
  /** Of /etc/mlenv/config.yaml, by where the homes are. */
  readonly config: (homes: string) => object;
}): Promise<SharedMachine> {
  const { people } = options;
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'mlenv-people-')));
  chmodSync(folder, 0o755);
  const homes = join(folder, 'home');
  const home = (name: string): string => (name === 'root' ? folder : join(homes, name));
  const logFile = join(folder, 'controller.log');
  for (const name of ['home', 'etc', 'var', 'run', 'package']) mkdirSync(join(folder, name));
  for (const { name, uid } of people) {
    mkdirSync(home(name), { mode: 0o750 });
    chownSync(home(name), uid, uid);
  }
  writeFileSync(
    join(folder, 'config.yaml'),
    JSON.stringify({ host: anyHost, ...options.config(homes) }),
  );
  writeFileSync(join(folder, 'passwd'), people.map(passwdLine(home)).join(''));
  writeFileSync(join(folder, 'group'), groupLines(people));
  const program = layOutPackage(folder);
  const holder = await holdNamespace(folder);
  const mounts = `/proc/${holder.pid}/ns/mnt`;
  const running = new Set<ChildProcess>();

  const begin = (name: string, argv: readonly string[], cwd: string): ChildProcess => {
    const uid = people.find((one) => one.name === name)?.uid ?? 0;
    const child = spawn('nsenter', [
      `--mount=${mounts}`,
      'setpriv',
      `--reuid=${uid}`,
      `--regid=${uid}`,
      '--init-groups',
      '--',
      'env',
      '-i',
      `HOME=${home(name)}`,
      `PATH=${process.env['PATH'] ?? ''}`,
      'NO_COLOR=1',
      'sh',
      '-c',
      'cd "$0" && exec "$@"',
      cwd,
      ...argv,
    ]);
    child.stdin.on('error', () => {});
    child.stdin.end();
    return child;
  };

  const save: SharedMachine['save'] = (name, path, spec) => {
    const uid = people.find((one) => one.name === name)?.uid ?? 0;
    const file = join(path, 'mlenv.yaml');
    writeFileSync(file, JSON.stringify({ apiVersion: 'mlenv/v1', ...spec }));
    chownSync(file, uid, uid);
  };

  return {
    mounts,
    homes,
    home,
    shell: (name, line, cwd = home(name)) => outcomeOf(begin(name, ['sh', '-c', line], cwd)),
    mlenv: (name, args, cwd = home(name)) => outcomeOf(begin(name, [...program, ...args], cwd)),
    project: (name, path, spec) => {
      const uid = people.find((one) => one.name === name)?.uid ?? 0;
      mkdirSync(path);
      chownSync(path, uid, uid);
      save(name, path, spec);
      return path;
    },
    save,
    controller: async (host) => {
      const log = openSync(logFile, 'a');
      const child = spawn(
        'nsenter',
        [
          `--mount=${mounts}`,
          // Who runs the tests may be killed outright.
          'setpriv',
          '--pdeathsig',
          'KILL',
          'env',
          '-i',
          `PATH=${process.env['PATH'] ?? ''}`,
          `HOME=${folder}`,
          `DOCKER_HOST=${host}`,
          'NO_COLOR=1',
          // What cards this machine has must not matter to a test.
          'MLENV_NVIDIA_SMI=none',
          ...program,
          'controller',
          '--log-level',
          'debug',
        ],
        { stdio: ['ignore', log, log] },
      );
      running.add(child);
      await until(
        () => `the system's instance answers:\n${readFileSync(logFile, 'utf8').slice(-3000)}`,
        async () => {
          const api = await connectApi(`/proc/${child.pid}/root/run/mlenv/u/0/api.sock`);
          return api !== null && (await api.version()).pid === child.pid;
        },
      );
      return { kill9: () => end(child) };
    },
    log: () => readFileSync(logFile, 'utf8'),
    cleanup: async () => {
      for (const child of running) await end(child);
      await end(holder);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The program where everybody may read it, also where its clone lies in a closed home; how it is called. */
function layOutPackage(folder: string): readonly string[] {
  const root = join(folder, 'package');
  for (const name of ['dist', 'schema', 'node_modules']) mkdirSync(join(root, name));
  copyFileSync(join(packageFolder(), 'package.json'), join(root, 'package.json'));
  writeFileSync(join(root, 'node'), '');
  return [join(root, 'node'), join(root, 'dist', 'controller', 'main.js')];
}

/** Ends with its input, and so with this process; what it mounted goes with the last process inside. */
async function holdNamespace(folder: string): Promise<ChildProcess & { readonly pid: number }> {
  const child = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-euc', inside], {
    env: {
      PATH: process.env['PATH'] ?? '',
      FOLDER: folder,
      PACKAGE: packageFolder(),
      NODE: process.execPath,
    },
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [first] = (await Promise.race([
    once(child.stdout.setEncoding('utf8'), 'data'),
    once(child, 'exit'),
  ])) as [unknown];
  if (typeof first !== 'string' || child.pid === undefined) {
    throw new Error(`a mount namespace could not be made ready: ${said}`);
  }
  return Object.assign(child, { pid: child.pid });
}

const inside = `
# In place of $1 a folder that may be written to, with all that is in it but what is MLEnv's.
own() {
  new=$FOLDER$1
  mount -t tmpfs -o mode=755 none "$new"
  for each in "$1"/* "$1"/.[!.]*; do
    name=\${each##*/}
    if [ "$name" = mlenv ]; then continue
    elif [ -L "$each" ]; then cp -a "$each" "$new/"
    elif [ -d "$each" ]; then mkdir "$new/$name"; mount --rbind "$each" "$new/$name"
    elif [ -e "$each" ]; then : >"$new/$name"; mount --bind "$each" "$new/$name"
    fi
  done
  mount --move "$new" "$1"
}
own /var
own /run
mount -t tmpfs -o mode=755 none "$FOLDER/etc"
cp -a /etc/. "$FOLDER/etc"
mount --move "$FOLDER/etc" /etc
rm -rf /etc/mlenv
mkdir /etc/mlenv
cp "$FOLDER/config.yaml" /etc/mlenv/config.yaml
cat "$FOLDER/passwd" >>/etc/passwd
cat "$FOLDER/group" >>/etc/group
for part in dist schema node_modules; do mount --rbind "$PACKAGE/$part" "$FOLDER/package/$part"; done
mount --bind "$NODE" "$FOLDER/package/node"
echo ready
exec cat
`;

const passwdLine =
  (home: (name: string) => string) =>
  ({ name, uid }: Person): string =>
    `${name}:x:${uid}:${uid}::${home(name)}:/bin/sh\n`;

const groupLines = (people: readonly Person[]): string => {
  const named = [...new Set(people.flatMap(({ groups = [] }) => groups))];
  const members = (group: string): string =>
    people
      .filter(({ groups = [] }) => groups.includes(group))
      .map(({ name }) => name)
      .join(',');
  return [
    ...people.map(({ name, uid }) => `${name}:x:${uid}:\n`),
    ...named.map((group, index) => `${group}:x:${64_100 + index}:${members(group)}\n`),
  ].join('');
};

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
