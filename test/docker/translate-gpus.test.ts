import { expect, test } from 'vitest';
import { observedConfig } from '../../controller/docker/observe-config.ts';
import { observedImage } from '../../controller/docker/observe.ts';
import { json, type Json } from '../../controller/docker/shape.ts';
import { createBody } from '../../controller/docker/translate.ts';
import type { ContainerConfig } from '../../controller/model/container.ts';
import { plainConfig } from '../contracts/engine-bench.ts';

const ids = ['GPU-a', 'MIG-b'];

test.each([
  [
    'device-request',
    {
      DeviceRequests: [
        {
          Driver: 'nvidia',
          Count: 0,
          DeviceIDs: ids,
          Capabilities: [['gpu', 'compute', 'utility']],
          Options: {},
        },
      ],
    },
    ['NVIDIA_VISIBLE_DEVICES=GPU-a,MIG-b'],
  ],
  [
    'cdi',
    {
      DeviceRequests: [
        { Driver: 'cdi', DeviceIDs: ['nvidia.com/gpu=GPU-a', 'nvidia.com/gpu=MIG-b'] },
      ],
    },
    ['NVIDIA_VISIBLE_DEVICES=GPU-a,MIG-b'],
  ],
  [
    'runtime',
    { Runtime: 'nvidia' },
    ['NVIDIA_VISIBLE_DEVICES=GPU-a,MIG-b', 'NVIDIA_DRIVER_CAPABILITIES=compute,utility'],
  ],
  ['none', {}, ['NVIDIA_VISIBLE_DEVICES=GPU-a,MIG-b']],
] as const)('cards are asked for by %s', (injection, expected, env) => {
  const body = bodyOf({ gpus: { ids, injection } });
  const host = json(body['HostConfig']);
  const { DeviceRequests, Runtime } = host;
  expect({
    ...(DeviceRequests === undefined ? {} : { DeviceRequests }),
    ...(Runtime === undefined ? {} : { Runtime }),
  }).toEqual(expected);
  expect(body['Env']).toEqual(env);
});

test('a container without cards is told so, over what its file says', () => {
  const env = { NVIDIA_VISIBLE_DEVICES: 'all', A: 'b' };
  expect(bodyOf({ env })['Env']).toEqual(['NVIDIA_VISIBLE_DEVICES=void', 'A=b']);
});

test.each<[string, Json, Json, unknown]>([
  ['no variable', {}, {}, null],
  ['void', { Env: ['NVIDIA_VISIBLE_DEVICES=void'] }, { Runtime: 'nvidia' }, null],
  ['an empty variable', { Env: ['NVIDIA_VISIBLE_DEVICES='] }, {}, null],
  ["the image's own all, which nobody reads", { Env: ['NVIDIA_VISIBLE_DEVICES=all'] }, {}, null],
  [
    "the image's own all on a host where NVIDIA's runtime is the default",
    { Env: ['NVIDIA_VISIBLE_DEVICES=all'] },
    { Runtime: 'nvidia' },
    { ids: ['all'], injection: 'runtime' },
  ],
  [
    'ids in any order',
    { Env: ['NVIDIA_VISIBLE_DEVICES=all'] },
    { DeviceRequests: [{ Driver: 'nvidia', DeviceIDs: ['MIG-b', 'GPU-a'] }] },
    { ids, injection: 'device-request' },
  ],
  [
    "another maker's card and NVIDIA's",
    {},
    {
      DeviceRequests: [
        { Driver: 'cdi', DeviceIDs: ['amd.com/gpu=0'] },
        { Driver: 'cdi', DeviceIDs: ['nvidia.com/gpu=GPU-a'] },
      ],
    },
    { ids: ['GPU-a'], injection: 'cdi' },
  ],
])('%s is seen as what it gives', (_, Config, HostConfig, expected) => {
  expect(observedConfig({ Config, HostConfig }).gpus).toEqual(expected);
});

test('the variables of ours are no part of what an image or a container has', () => {
  const Env = ['NVIDIA_VISIBLE_DEVICES=all', 'NVIDIA_DRIVER_CAPABILITIES=video', 'A=b'];
  const rest = { NVIDIA_DRIVER_CAPABILITIES: 'video', A: 'b' };
  expect(observedImage({ Config: { Env } }).env).toEqual(rest);
  expect(observedConfig({ Config: { Env } }).env).toEqual(rest);
  // There it is ours too.
  const HostConfig = { Runtime: 'nvidia' };
  expect(observedConfig({ Config: { Env }, HostConfig }).env).toEqual({ A: 'b' });
});

const bodyOf = (patch: Partial<ContainerConfig>): Json =>
  json(createBody({ config: { ...plainConfig, ...patch }, anonymousVolumes: [], swapLimit: true }));
