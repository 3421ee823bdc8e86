import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';

/** All of it is synchronous, as it also runs while the process is on its way out. */
export function tearDown(folder: string): void {
  const namespace = basename(folder);
  // Twice: what was starting a child while it was killed may have left one.
  for (let round = 0; round < 3; round += 1) {
    const pids = processesOf(folder, namespace);
    if (pids.length === 0) break;
    for (const pid of pids) kill(pid);
    waitForEnd(pids);
  }
  for (const point of mountsBelow(folder)) spawnSync('umount', ['-l', point]);
  spawnSync('ip', ['netns', 'del', namespace]);
  for (const group of cgroupsOf(namespace)) removeGroup(group);
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

/** What a run that was killed outright has left behind. */
export function reapLeftovers(): void {
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith('mlenv-dockerd-')) continue;
    const folder = join(tmpdir(), name);
    const [pid = '', started = ''] = readOr(join(folder, 'owner'), '').split(' ');
    // No owner written yet: somebody is just making it.
    if (pid === '' || startTimeOf(Number(pid)) === started) continue;
    tearDown(folder);
  }
}

export function makeNamespace(name: string): void {
  execFileSync('ip', ['netns', 'add', name]);
  execFileSync('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
}

export function requireTools(): void {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const missing = tools.filter((tool) => !folders.some((folder) => existsSync(join(folder, tool))));
  if (missing.length > 0) {
    throw new Error(
      `a private dockerd needs programs that are not on this machine: ${missing.join(', ')}`,
    );
  }
  if (process.getuid?.() !== 0) throw new Error('a private dockerd needs root');
}

const tools = [
  'dockerd',
  'containerd',
  'runc',
  'ip',
  'iptables',
  'nsenter',
  'unshare',
  'busybox',
] as const;

/** Ticks since boot: with the pid it names one process for good. null: no such process. */
export function startTimeOf(pid: number): string | null {
  const stat = readOr(`/proc/${pid}/stat`, '');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

/** Daemons and shims name the folder in their command line; the rest is in the namespace or cgroup. */
function processesOf(folder: string, namespace: string): readonly number[] {
  const found = new Set<number>();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    if (readOr(`/proc/${pid}/cmdline`, '').includes(`${folder}/`)) found.add(pid);
  }
  const inside = spawnSync('ip', ['netns', 'pids', namespace], { encoding: 'utf8' });
  for (const pid of pidsIn(inside.stdout ?? '')) found.add(pid);
  for (const group of cgroupsOf(namespace)) {
    for (const pid of pidsIn(readOr(join(group, 'cgroup.procs'), ''))) found.add(pid);
  }
  return [...found];
}

const pidsIn = (text: string): readonly number[] => text.split(/\s+/).filter(Boolean).map(Number);

/** Version 1 has a tree per controller, version 2 one for all; deepest first. */
function cgroupsOf(namespace: string): readonly string[] {
  const root = '/sys/fs/cgroup';
  const roots = [root, ...foldersIn(root).map((name) => join(root, name))];
  return roots
    .map((base) => join(base, namespace))
    .filter(existsSync)
    .flatMap(treeOf);
}

const treeOf = (folder: string): readonly string[] => [
  ...foldersIn(folder).flatMap((name) => treeOf(join(folder, name))),
  folder,
];

function foldersIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}

function removeGroup(folder: string): void {
  // The kernel lets a group go a moment after its last process.
  for (let attempt = 0; attempt < 50; attempt += 1) {
    try {
      rmdirSync(folder);
      return;
    } catch {
      if (!existsSync(folder)) return;
      pause(10);
    }
  }
}

function mountsBelow(folder: string): readonly string[] {
  const points = readOr('/proc/self/mounts', '')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((point) => point.startsWith(`${folder}/`));
  return points.sort().reverse();
}

function waitForEnd(pids: readonly number[]): void {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (pids.every((pid) => isGone(pid))) return;
    pause(10);
  }
}

const isGone = (pid: number): boolean => {
  const stat = readOr(`/proc/${pid}/stat`, '');
  return stat === '' || stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
};

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone by itself.
  }
}

const pause = (ms: number): void =>
  void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

function readOr(path: string, fallback: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return fallback;
  }
}
