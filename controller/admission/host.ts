import type { LeastFree } from '../model/config.ts';
import { sizeText } from '../model/size-text.ts';
import { admit, wait, type AdmissionRequest, type GateAnswer, type HostState } from './gate.ts';

/**
 * The host's load and the request's own size against the thresholds. What was granted a moment ago
 * does not show in the figures yet and counts in full, so that a burst cannot pass on one reading.
 */
export const hostGate = (
  request: Pick<AdmissionRequest, 'cpus' | 'memoryBytes' | 'held'>,
  host: HostState | null,
): GateAnswer => {
  if (host === null) return admit;
  const { held } = request;
  const cpus = Math.max(0, (request.cpus ?? 0) - held.cpus);
  const memoryBytes = Math.max(0, (request.memoryBytes ?? 0) - held.memoryBytes);
  // What runs already and asks for no more is on the host whether it is let through or not.
  if (held.containers > 0 && cpus === 0 && memoryBytes === 0 && held.cpus + held.memoryBytes > 0) {
    return admit;
  }
  return (
    tooSmall(request, host) ??
    memory(memoryBytes, host) ??
    cpu(host) ??
    load(host) ??
    disk(host) ??
    admit
  );
};

const tooSmall = (
  { cpus, memoryBytes }: Pick<AdmissionRequest, 'cpus' | 'memoryBytes'>,
  { reading, thresholds }: HostState,
): GateAnswer | null => {
  if (thresholds.cpuPercent !== null && cpus !== null && cpus > reading.cores) {
    return wait('HostTooSmall', `asks for ${cpus} cores and this host has ${reading.cores}`);
  }
  const total = reading.memoryTotalBytes;
  if (memoryBytes === null || total === null) return null;
  if (thresholds.memoryPercent === null && thresholds.freeMemory === null) return null;
  const most = Math.min(
    (total * (thresholds.memoryPercent ?? 100)) / 100,
    total - leastOf(thresholds.freeMemory, total),
  );
  return memoryBytes > most
    ? wait(
        'HostTooSmall',
        `asks for ${sizeText(memoryBytes)} of memory and this host gives ${sizeText(Math.max(0, most))} at most`,
      )
    : null;
};

const memory = (asked: number, { reading, thresholds, pending }: HostState): GateAnswer | null => {
  const { memoryTotalBytes: total, memoryAvailableBytes: available } = reading;
  if (total === null || available === null) return null;
  const left = available - pending.memoryBytes - asked;
  const { memoryPercent } = thresholds;
  const percent = ((total - left) / total) * 100;
  if (memoryPercent !== null && percent > memoryPercent) {
    return wait(
      'HostOverloaded',
      `memory ${Math.ceil(percent)} % > ${memoryPercent} %${asked > 0 ? ` with the ${sizeText(asked)} that this asks for` : ''}`,
    );
  }
  if (thresholds.freeMemory === null) return null;
  const least = leastOf(thresholds.freeMemory, total);
  return left < least
    ? wait(
        'HostOverloaded',
        `${sizeText(Math.max(0, left))} of memory would be free, less than ${sizeText(least)}`,
      )
    : null;
};

/** Cores can be shared, so that its own are not counted: a busy host waits, a full list of limits does not. */
const cpu = ({ reading, thresholds, pending }: HostState): GateAnswer | null => {
  if (thresholds.cpuPercent === null || reading.cpuPercent === null) return null;
  const percent = reading.cpuPercent + (pending.cpus / reading.cores) * 100;
  return reading.cpuPercent > 0 && percent >= thresholds.cpuPercent
    ? wait('HostOverloaded', `CPU ${Math.round(percent)} % ≥ ${thresholds.cpuPercent} %`)
    : null;
};

const load = ({ reading, thresholds }: HostState): GateAnswer | null => {
  if (thresholds.loadPerCore === null || reading.load1 === null) return null;
  const most = thresholds.loadPerCore * reading.cores;
  return reading.load1 >= most
    ? wait('HostOverloaded', `load ${reading.load1.toFixed(1)} ≥ ${most}`)
    : null;
};

const disk = ({ reading, thresholds }: HostState): GateAnswer | null => {
  const least = (total: number): number => leastOf(thresholds.freeDisk, total);
  const full = reading.disks.find(({ totalBytes, freeBytes }) => freeBytes < least(totalBytes));
  if (full === undefined) return null;
  return wait(
    'HostOverloaded',
    `${sizeText(full.freeBytes)} free on ${full.what}, less than ${sizeText(least(full.totalBytes))}`,
  );
};

/** Bytes of a whole that must stay free. */
const leastOf = (least: LeastFree | null, total: number): number => {
  if (least === null) return 0;
  const { percent, bytes } = least;
  const share = percent === null ? Number.POSITIVE_INFINITY : (total * percent) / 100;
  return Math.min(share, bytes ?? Number.POSITIVE_INFINITY);
};
