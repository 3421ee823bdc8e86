import { readFile } from 'node:fs/promises';
import type { GpuProcess } from '../../model/gpu.ts';
import { linesOf, numberOf } from './parse-csv.ts';

export const processArgv: readonly string[] = [
  '--query-compute-apps=gpu_uuid,pid,process_name,used_memory',
  '--format=csv,noheader,nounits',
];

/** Where a process belongs; null inside: cannot be told. */
export interface ProcessOwner {
  readonly containerId: string | null;
  readonly uid: number | null;
}

export interface ListedProcess {
  readonly gpuUuid: string;
  readonly pid: number;
  readonly name: string;
  readonly memoryBytes: number | null;
}

/** A name may hold commas: what is known stands at both ends. Under MIG the card's uuid is the parent's. */
export const parseProcesses = (
  output: string,
): { readonly processes: readonly ListedProcess[]; readonly others: readonly string[] } => {
  const processes: ListedProcess[] = [];
  const others: string[] = [];
  for (const line of linesOf(output)) {
    const [, gpuUuid, pid, name, memory] =
      /^\s*(GPU-[^,\s]+),\s*(\d+),\s*(.*),\s*([^,]*?)\s*$/.exec(line) ?? [];
    if (gpuUuid === undefined || pid === undefined || name === undefined) others.push(line.trim());
    else {
      const mebibytes = numberOf(memory);
      const memoryBytes = mebibytes === null ? null : mebibytes * 2 ** 20;
      processes.push({ gpuUuid, pid: Number(pid), name, memoryBytes });
    }
  }
  return { processes, others };
};

export interface Attribution {
  readonly processOf: (pid: number) => Promise<ProcessOwner>;
  readonly userOf: (uid: number) => string | null;
}

export const attribute = async (
  { pid, name, memoryBytes }: ListedProcess,
  { processOf, userOf }: Attribution,
): Promise<GpuProcess> => {
  const { containerId, uid } = await processOf(pid);
  return { pid, name, memoryBytes, containerId, uid, user: uid === null ? null : userOf(uid) };
};

/** From /proc of this host. A process that ended, or one of another PID namespace, belongs to nobody. */
export const processOwner = async (pid: number, proc = '/proc'): Promise<ProcessOwner> => {
  const [cgroup, status] = await Promise.all([
    readFile(`${proc}/${pid}/cgroup`, 'utf8').catch(() => ''),
    readFile(`${proc}/${pid}/status`, 'utf8').catch(() => ''),
  ]);
  return { containerId: containerOf(cgroup), uid: uidOf(status) };
};

/**
 * The outermost container, which is the one that this host's engine knows: `/docker/<id>` (cgroup v1, or
 * v2 with cgroupfs), `/system.slice/docker-<id>.scope` (systemd), `…:cri-containerd:<id>`.
 */
export const containerOf = (cgroup: string): string | null =>
  /[/:-]([0-9a-f]{64})(?:\.scope)?(?=[/\s]|$)/.exec(cgroup)?.[1] ?? null;

/** The real user. */
export const uidOf = (status: string): number | null => {
  const uid = /^Uid:\s+(\d+)/m.exec(status)?.[1];
  return uid === undefined ? null : Number(uid);
};
