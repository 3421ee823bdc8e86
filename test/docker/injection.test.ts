import { expect, test } from 'vitest';
import { injectionOf } from '../../controller/docker/injection.ts';

const uuid = 'nvidia.com/gpu=GPU-11111111-2222-3333-4444-555555555555';
const byIndex = 'nvidia.com/gpu=0';

test.each([
  ['CDI devices with uuids for names', [byIndex, uuid], ['runc', 'nvidia'], 'cdi'],
  ['a runtime of NVIDIA', [], ['runc', 'nvidia'], 'runtime'],
  [
    'CDI devices that bear numbers alone, which no allocation does',
    [byIndex],
    ['runc'],
    'device-request',
  ],
  ['CDI devices of another maker', ['amd.com/gpu=GPU-1'], ['runc'], 'device-request'],
  ['none of it', [], ['runc'], 'device-request'],
] as const)('an engine with %s', (_, cdiDevices, runtimes, expected) => {
  expect(injectionOf('auto', { cdiDevices, runtimes })).toBe(expected);
});

test('what the configuration says holds, whatever the engine has', () => {
  const all = { cdiDevices: [uuid], runtimes: ['nvidia'] };
  for (const wanted of ['device-request', 'cdi', 'runtime', 'none'] as const) {
    expect(injectionOf(wanted, all)).toBe(wanted);
  }
});
