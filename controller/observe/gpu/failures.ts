import type { GpuInventory } from '../../model/gpu.ts';
import { linesOf } from './parse-csv.ts';
import type { Ran } from './run.ts';

/** Why there is no list of cards, for a call that gave not one row. */
export const failureOf = (ran: Ran, program: string, readAt: number): GpuInventory => {
  const unknown = (why: string, todo: string): GpuInventory => ({
    kind: 'unknown',
    why,
    todo,
    readAt,
  });
  switch (ran.kind) {
    case 'missing':
      return { kind: 'none', why: `there is no program ${program}`, readAt };
    case 'unstartable':
      return unknown(
        `${program} cannot be started: ${ran.why}`,
        'make MLENV_NVIDIA_SMI name a program that this user may run',
      );
    case 'late':
      return unknown(
        `${program} did not answer within ${seconds(ran.afterMs)} s and was killed`,
        'run nvidia-smi by hand; if it hangs too, the driver is stuck: see dmesg and reboot the host, ' +
          'if it is only slow, turn persistence mode on (nvidia-smi -pm 1)',
      );
    case 'stuck':
      return unknown(
        `process ${ran.pid} (${program}) was killed and does not end: the driver is stuck`,
        'see dmesg; only a reboot of the host ends a process that hangs in the driver',
      );
    case 'flood':
      return unknown(
        `${program} wrote more than ${ran.limitBytes / 2 ** 20} MiB`,
        'make MLENV_NVIDIA_SMI name the real nvidia-smi',
      );
    case 'ended': {
      const text = `${ran.stdout}\n${ran.stderr}`;
      if (/No devices were found/i.test(text)) {
        return { kind: 'none', why: 'the driver serves no card: No devices were found', readAt };
      }
      return unknown(saidOf(ran), cureOf(text, ran.code));
    }
    default:
      return ran satisfies never;
  }
};

/** One line on a call that did not do its work. */
export const saidOf = (ran: Ran): string => {
  switch (ran.kind) {
    case 'missing':
      return 'the program is gone';
    case 'unstartable':
      return `cannot be started: ${ran.why}`;
    case 'late':
      return `no answer within ${seconds(ran.afterMs)} s`;
    case 'stuck':
      return `process ${ran.pid} was killed and does not end`;
    case 'flood':
      return `more than ${ran.limitBytes / 2 ** 20} MiB of output`;
    case 'ended': {
      const [first] = linesOf(`${ran.stdout}\n${ran.stderr}`);
      const code = ran.code === null ? 'ended by a signal' : `exit ${ran.code}`;
      return first === undefined
        ? `nothing was said (${code})`
        : `${first.trim().slice(0, 200)} (${code})`;
    }
    default:
      return ran satisfies never;
  }
};

const cures: readonly (readonly [RegExp, string])[] = [
  [
    /version mismatch/i,
    'the driver was upgraded under its loaded module: reboot the host, or stop all work on the cards and ' +
      'reload the module (rmmod nvidia_uvm nvidia_drm nvidia_modeset nvidia, then modprobe nvidia)',
  ],
  [
    /communicate with the NVIDIA driver/i,
    'load the driver (modprobe nvidia) or install the one that fits this kernel; ' +
      'on a host without cards set MLENV_NVIDIA_SMI=none',
  ],
  [
    /Failed to initialize NVML: Insufficient Permissions/i,
    'let this user open /dev/nvidia*, or run the controller as root',
  ],
  [
    /Failed to initialize NVML/i,
    'see dmesg for NVRM lines and reboot the host; where the controller runs in a container, ' +
      'restart that container, which lost its devices',
  ],
];

const cureByCode: Readonly<Record<number, string>> = {
  4: 'let this user open /dev/nvidia*, or run the controller as root',
  8: 'a card lacks its power cable: connect it and reboot the host',
  9: 'load the driver (modprobe nvidia); on a host without cards set MLENV_NVIDIA_SMI=none',
  10: 'the kernel has an interrupt problem with a card: see dmesg and reboot the host',
  12: 'install the NVML library that belongs to the driver (libnvidia-ml.so)',
  13: 'nvidia-smi and the NVML library differ in version: install both from one driver',
  14: 'the infoROM of a card is corrupt: see nvidia-smi -q and have the card replaced',
  15: 'a card fell off the bus: see dmesg for Xid 79 and reboot the host',
};

const cureOf = (text: string, code: number | null): string =>
  cures.find(([pattern]) => pattern.test(text))?.[1] ??
  cureByCode[code ?? -1] ??
  'run nvidia-smi by hand and see dmesg for NVRM lines';

const seconds = (ms: number): string => String(Math.round(ms / 100) / 10);
