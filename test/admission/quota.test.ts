import { describe, expect, it } from 'vitest';
import { quotaGate } from '../../controller/admission/quota.ts';
import { noUsage, type AdmissionRequest, type Usage } from '../../controller/admission/gate.ts';
import type { ProjectQuota } from '../../controller/model/record.ts';
import { quota, request } from '../support/admission-builders.ts';

const gib = 2 ** 30;
const ask = (
  limits: Partial<ProjectQuota>,
  used: Usage,
  { gpus, ...asked }: Partial<AdmissionRequest> & { readonly gpus?: number },
): string => {
  const answer = quotaGate(request(asked), gpus ?? 0, {
    quota: quota(limits),
    used,
    owner: null,
  });
  return answer.kind === 'wait' ? `${answer.reason}: ${answer.message}` : answer.kind;
};
const used: Usage = { containers: 4, cpus: 0.1, memoryBytes: 6 * gib, gpus: 3 };

describe('the quota', () => {
  it.each([
    ['no limit', {}, { cpus: 4096 }, 'admit'],
    ['the last container', { maxContainers: 5 }, {}, 'admit'],
    [
      'one container too many',
      { maxContainers: 4 },
      {},
      'QuotaExceeded: the project has 4 of 4 containers in use and this needs 1',
    ],
    [
      'a container that is there already',
      { maxContainers: 4 },
      { held: { ...noUsage, containers: 1 } },
      'admit',
    ],
    ['exactly all cores, in tenths', { maxCpuCores: 0.3 }, { cpus: 0.2 }, 'admit'],
    [
      'too many cores',
      { maxCpuCores: 2 },
      { cpus: 2 },
      'QuotaExceeded: the project has 0.1 of 2 CPU cores in use and this needs 2',
    ],
    ['exactly all memory', { maxMemoryGb: 8 }, { memoryBytes: 2 * gib }, 'admit'],
    [
      'too much memory',
      { maxMemoryGb: 8 },
      { memoryBytes: 2.5 * gib },
      'QuotaExceeded: the project has 6 of 8 GB of memory in use and this needs 2.5',
    ],
    [
      'too many GPUs',
      { maxGpus: 4 },
      { gpus: 2 },
      'QuotaExceeded: the project has 3 of 4 GPUs in use and this needs 2',
    ],
    [
      'more than the whole quota',
      { maxGpus: 4 },
      { gpus: 8 },
      'QuotaExceeded: this needs 8 GPUs and the project may have 4 in all',
    ],
    [
      'what sets no limit where one counts',
      { maxMemoryGb: 8 },
      { memoryBytes: null },
      "QuotaExceeded: the project's quota counts GB of memory, and the file sets no limit: say memory in mlenv.yaml",
    ],
    [
      'what it holds already, though the quota was lowered below it',
      { maxGpus: 1, maxContainers: 1 },
      { gpus: 2, held: { ...noUsage, containers: 1, gpus: 2 } },
      'admit',
    ],
    ['nothing of what is used up', { maxMemoryGb: 1 }, { memoryBytes: 0 }, 'admit'],
  ] as const)('and %s', (_, limits, asked, expected) => {
    expect(ask(limits, used, asked)).toBe(expected);
  });

  it.each([
    ['set', 'this needs 8 GPUs and the project may have 4 in all; its own budget'],
    [
      'config',
      'this needs 8 GPUs and the project may have 4 in all; its own budget in the configuration',
    ],
  ] as const)('names the budget of a project (%s)', (origin, expected) => {
    const row = { maxGpus: 4, overrides: { gpus: origin } };
    expect(ask(row, used, { gpus: 8 })).toBe(`QuotaExceeded: ${expected}`);
  });

  it('is none for a project without a row', () => {
    expect(quotaGate(request({ cpus: 99 }), 0, { quota: null, used, owner: null })).toEqual({
      kind: 'admit',
    });
  });
});
