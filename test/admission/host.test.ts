import { describe, expect, it } from 'vitest';
import { noUsage, type AdmissionRequest } from '../../controller/admission/gate.ts';
import { hostGate } from '../../controller/admission/host.ts';
import { defaultHostConfig, type HostThresholds } from '../../controller/model/config.ts';
import { ownHostConfig } from '../../controller/model/own-config.ts';
import type { HostReading } from '../../controller/model/host.ts';
import { request } from '../support/admission-builders.ts';
import { gb } from '../support/pool-builders.ts';

const mb = gb / 1024;

const reading: HostReading = {
  readAt: 0,
  cores: 16,
  cpuPercent: 10,
  load1: 1,
  load5: 1,
  load15: 1,
  memoryTotalBytes: 100 * gb,
  memoryAvailableBytes: 50 * gb,
  disks: [{ what: 'the state folder', totalBytes: 100 * gb, freeBytes: 50 * gb }],
};

const ask = (
  asked: Partial<AdmissionRequest>,
  over: Partial<HostReading> = {},
  {
    pending = { cpus: 0, memoryBytes: 0 },
    ...thresholds
  }: Partial<HostThresholds> & { pending?: { cpus: number; memoryBytes: number } } = {},
): string => {
  const answer = hostGate(request(asked), {
    reading: { ...reading, ...over },
    thresholds: { ...defaultHostConfig.host, ...thresholds },
    pending,
  });
  return answer.kind === 'wait' ? `${answer.reason}: ${answer.message}` : answer.kind;
};

const running = { ...noUsage, containers: 1, cpus: 2, memoryBytes: 8 * gb };

describe('the host', () => {
  it.each([
    ['lets a fitting one in', ask({ memoryBytes: 35 * gb }), 'admit'],
    [
      'stops memory above its share',
      ask({ memoryBytes: 36 * gb }),
      'HostOverloaded: memory 86 % > 85 % with the 36 GB that this asks for',
    ],
    [
      'counts memory that was granted a moment ago',
      ask({ memoryBytes: 26 * gb }, {}, { pending: { cpus: 0, memoryBytes: 10 * gb } }),
      'HostOverloaded: memory 86 % > 85 % with the 26 GB that this asks for',
    ],
    [
      'keeps some memory free',
      ask({ memoryBytes: 2 * gb }, { memoryAvailableBytes: 5 * gb }, { memoryPercent: null }),
      'HostOverloaded: 3 GB of memory would be free, less than 4 GB',
    ],
    ['stops at a busy CPU', ask({}, { cpuPercent: 90 }), 'HostOverloaded: CPU 90 % ≥ 90 %'],
    [
      'counts cores that were granted a moment ago',
      ask({}, { cpuPercent: 50 }, { pending: { cpus: 8, memoryBytes: 0 } }),
      'HostOverloaded: CPU 100 % ≥ 90 %',
    ],
    ['does not count its own cores, which are shared', ask({ cpus: 16 }), 'admit'],
    ['stops at a high load', ask({}, { load1: 32 }), 'HostOverloaded: load 32.0 ≥ 32'],
    [
      'keeps disks from filling up',
      ask({}, { disks: [{ what: 'the state folder', totalBytes: 100 * gb, freeBytes: 3 * gb }] }),
      'HostOverloaded: 3 GB free on the state folder, less than 4 GB',
    ],
    [
      'keeps a share of a small disk free, and says it in MB',
      ask({}, { disks: [{ what: 'the state folder', totalBytes: gb, freeBytes: 32 * mb }] }),
      'HostOverloaded: 32 MB free on the state folder, less than 51 MB',
    ],
    [
      'keeps no more of a large disk free than it ever needs',
      ask({}, { disks: [{ what: 'd', totalBytes: 20_000 * gb, freeBytes: 5 * gb }] }),
      'admit',
    ],
    [
      'lets a small machine start what fits it',
      ask(
        { memoryBytes: 512 * mb },
        { cores: 1, memoryTotalBytes: 2 * gb, memoryAvailableBytes: gb },
      ),
      'admit',
    ],
    [
      'keeps a share of a small machine free, and says it in MB',
      ask(
        { memoryBytes: 9 * mb },
        { cores: 1, memoryTotalBytes: 500 * mb, memoryAvailableBytes: 50 * mb },
        { memoryPercent: null },
      ),
      'HostOverloaded: 41 MB of memory would be free, less than 50 MB',
    ],
    [
      'says how much of a small machine there is to give',
      ask(
        { memoryBytes: 49 * mb },
        { cores: 1, memoryTotalBytes: 50 * mb, memoryAvailableBytes: 50 * mb },
      ),
      'HostTooSmall: asks for 49 MB of memory and this host gives 43 MB at most',
    ],
    [
      'never has more cores than it has',
      ask({ cpus: 17 }),
      'HostTooSmall: asks for 17 cores and this host has 16',
    ],
    [
      'never gives what it could not give when empty',
      ask({ memoryBytes: 90 * gb }),
      'HostTooSmall: asks for 90 GB of memory and this host gives 85 GB at most',
    ],
    [
      'stops nobody on what could not be read',
      ask(
        { memoryBytes: 90 * gb },
        { memoryTotalBytes: null, memoryAvailableBytes: null, cpuPercent: null, load1: null },
      ),
      'admit',
    ],
    [
      'never stops one that runs and asks for no more',
      ask({ cpus: 2, memoryBytes: 8 * gb, held: running }, { cpuPercent: 100, load1: 99 }),
      'admit',
    ],
    [
      'stops one that runs and asks for more, by what is new of it',
      ask({ cpus: 2, memoryBytes: 44 * gb, held: running }),
      'HostOverloaded: memory 86 % > 85 % with the 36 GB that this asks for',
    ],
  ])('%s', (_, answer, expected) => {
    expect(answer).toBe(expected);
  });

  it('of a user’s own instance starts what the engine itself would', () => {
    const full: HostReading = {
      ...reading,
      cpuPercent: 100,
      load1: 999,
      memoryAvailableBytes: 0,
      disks: [{ what: 'd', totalBytes: gb, freeBytes: 0 }],
    };
    const state = { thresholds: ownHostConfig.host, pending: { cpus: 0, memoryBytes: 0 } };
    const asked = request({ cpus: 99, memoryBytes: 500 * gb });
    expect(hostGate(asked, { ...state, reading: full })).toEqual({ kind: 'admit' });
  });
});
