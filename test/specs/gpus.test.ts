import { describe, expect, test } from 'vitest';
import type { Environment } from '../../controller/model/environment.ts';
import type { GpuWish } from '../../controller/model/gpu.ts';
import { readOne, renderSpec } from '../support/read-spec.ts';

const one = (fields: string): Promise<Environment> => readOne(`{ image: x, ${fields} }`);
const told = (fields: string, beside: Readonly<Record<string, string>> = {}): Promise<string> =>
  renderSpec(`apiVersion: mlenv/v1\nenvironments: { one: { image: x, ${fields} } }\n`, beside);

const plain: GpuWish = {
  count: 1,
  memory: null,
  models: [],
  devices: [],
  mig: null,
  sharing: 'exclusive',
  optional: false,
};
const gb = 2 ** 30;

describe('gpus', () => {
  test.each<readonly [string, GpuWish | null]>([
    ['2', { ...plain, count: 2 }],
    ['0', null],
    ['all', { ...plain, count: 'all' }],
    ['{}', plain],
    ['{ count: 0, model: H100 }', null],
    ['{ count: all, memory: 40GB }', all({ compare: '>=', bytes: 40 * gb })],
    ['{ count: all, memory: ">40 GB" }', all({ compare: '>', bytes: 40 * gb })],
    ['{ count: all, memory: "<= 40GiB" }', all({ compare: '<=', bytes: 40 * gb })],
    ['{ count: all, memory: "<1.5GB" }', all({ compare: '<', bytes: 1.5 * gb })],
    ['{ count: all, memory: "=80GB" }', all({ compare: '=', bytes: 80 * gb })],
    ['{ model: H100 }', { ...plain, models: ['H100'] }],
    ['{ model: "H100 | A100|H100" }', { ...plain, models: ['H100', 'A100'] }],
    ['{ model: [H100, "A100|L40"] }', { ...plain, models: ['H100', 'A100', 'L40'] }],
    ['{ devices: [0, GPU-8a, 0] }', { ...plain, count: 2, devices: ['0', 'GPU-8a'] }],
    ['{ devices: [0, 1, 2], count: 2 }', { ...plain, count: 2, devices: ['0', '1', '2'] }],
    ['{ devices: [0, 1], count: all }', { ...plain, count: 'all', devices: ['0', '1'] }],
    ['{ mig: 1g.10gb }', { ...plain, mig: '1g.10gb' }],
    ['{ mig: 1g.10gb, devices: [0, MIG-1a] }', sliceOf('0', 'MIG-1a')],
    ['{ count: 2, sharing: shared }', { ...plain, count: 2, sharing: 'shared' }],
    ['{ count: all, sharing: shared }', { ...plain, count: 'all', sharing: 'shared' }],
    ['{ optional: true }', { ...plain, optional: true }],
  ])('%s', async (written, wish) => {
    expect((await one(`gpus: ${written}`)).gpus).toEqual(wish);
  });

  test.each([
    ['-1', 'E_RANGE'],
    ['1.5', 'E_TYPE'],
    ['some', 'E_VALUE'],
    ['{ cards: 2 }', 'E_UNKNOWN_FIELD'],
    ['{ count: 2, mig: 1g.10gb }', 'gpus.mig cannot stand beside count: 2'],
    ['{ count: all, mig: 1g.10gb }', 'gpus.mig cannot stand beside count: all'],
    ['{ count: 3, devices: [0, 1, 1] }', 'count: 3 of 2 devices'],
    ['{ count: 2, devices: [0] }', 'count: 2 of 1 device\n'],
    ['{ devices: [MIG-1a] }', '"MIG-1a" is a slice of a card, and gpus.mig is missing'],
    ['{ devices: [card0] }', 'E_FORMAT: gpus.devices[0]'],
    ['{ devices: [] }', 'E_RANGE'],
    ['{ memory: much }', 'write a size, such as ">=40GB"'],
    ['{ memory: "=>40GB" }', 'E_FORMAT'],
    ['{ memory: 40 }', 'gpus.memory cannot be the number 40'],
    ['{ memory: 0GB }', 'E_RANGE'],
    ['{ model: "|" }', 'gpus.model has an empty name in it'],
    ['{ model: [H100, " "] }', 'gpus.model has an empty name in it'],
    ['{ model: [] }', 'E_RANGE'],
    ['{ mig: small }', 'such as 1g.10gb'],
    ['{ sharing: maybe }', 'one of: exclusive, shared'],
    ['{ optional: perhaps }', 'E_TYPE'],
  ])('%s is refused', async (written, says) => {
    expect(await told(`gpus: ${written}`)).toContain(says);
  });

  test('come from the defaults, and an environment may do without', async () => {
    const text = (gpus: string): string =>
      `apiVersion: mlenv/v1\ndefaults: { gpus: { count: 2, mig: 1g.10gb } }\nenvironments: { one: { image: x${gpus} } }\n`;
    expect(await renderSpec(text(''))).toContain('E_CONFLICT');
    expect(await renderSpec(text(', gpus: { count: 1 }'))).toBe('');
    expect(await renderSpec(text(', gpus: 0'))).toBe('');
  });
});

describe('updates left out', () => {
  test.each([
    ['gpus: 1', 'whenIdle'],
    ['gpus: { optional: true }', 'whenIdle'],
    ['gpus: 0', 'auto'],
    ['gpus: { count: 0 }', 'auto'],
    ['gpus: 1, updates: auto', 'auto'],
  ])('%s: %s', async (fields, updates) => {
    expect((await one(fields)).updates).toBe(updates);
  });
});

describe('priority', () => {
  test.each([0, -1, -100])('%d', async (priority) => {
    expect((await one(`priority: ${priority}`)).priority).toBe(priority);
  });

  test.each([
    ['1', 'E_RANGE'],
    ['-101', 'E_RANGE'],
    ['-0.5', 'E_TYPE'],
    ['low', 'E_TYPE'],
  ])('%s is refused', async (written, code) => {
    expect(await told(`priority: ${written}`)).toContain(`${code}: priority`);
  });
});

describe('variables that choose cards', () => {
  const names = ['NVIDIA_VISIBLE_DEVICES', 'NVIDIA_DRIVER_CAPABILITIES', 'CUDA_VISIBLE_DEVICES'];

  test.each(names)('%s is refused in env, with what to do', async (name) => {
    const text = await told(`env: { ${name}: all }`);
    expect(text).toContain(`E_RESERVED_VARIABLE: MLE-SEC-021: the variable ${name}`);
    expect(text).toContain('ask for cards with gpus:');
  });

  test.each(names)('%s is refused in an envFile, without showing its value', async (name) => {
    const text = await told('envFile: a.env', { 'a.env': `A=1\n${name}=hunter2\n` });
    expect(text).toContain(`E_RESERVED_VARIABLE: MLE-SEC-021: the variable ${name}`);
    expect(text).not.toContain('hunter2');
  });

  test('others of NVIDIA are the user’s', async () => {
    expect(await told('env: { NVIDIA_TF32_OVERRIDE: 0, CUDA_LAUNCH_BLOCKING: 1 }')).toBe('');
  });
});

function all(memory: NonNullable<GpuWish['memory']>): GpuWish {
  return { ...plain, count: 'all', memory };
}

function sliceOf(...devices: readonly string[]): GpuWish {
  return { ...plain, mig: '1g.10gb', devices };
}
