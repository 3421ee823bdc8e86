import { expect, test } from 'vitest';
import { claimOf, createClaims } from '../../controller/docker/claims.ts';
import { listedContainer } from '../../controller/docker/observe.ts';
import type { Json } from '../../controller/docker/shape.ts';
import { failed, ok, type Result } from '../../controller/model/failure.ts';

const gpu = [['gpu']];

test.each<[string, Json, unknown]>([
  ['nothing', {}, null],
  ['--gpus all', { requests: [{ Driver: '', Count: -1, Capabilities: gpu }] }, 'all'],
  ['--gpus 2', { requests: [{ Driver: 'nvidia', Count: 2, Capabilities: gpu }] }, 2],
  ['a count of 0', { requests: [{ Driver: 'nvidia', Count: 0, Capabilities: gpu }] }, null],
  [
    '--gpus device=…',
    { requests: [{ DeviceIDs: ['1', 'GPU-a'], Capabilities: gpu }] },
    ['1', 'GPU-a'],
  ],
  ['device=all', { requests: [{ DeviceIDs: ['all'], Capabilities: gpu }] }, 'all'],
  [
    'two requests',
    {
      requests: [
        { Driver: 'nvidia', Count: 2, Capabilities: gpu },
        { Driver: 'cdi', DeviceIDs: ['nvidia.com/gpu=GPU-a'] },
      ],
    },
    ['0', '1', 'nvidia.com/gpu=GPU-a'],
  ],
  ["another maker's", { requests: [{ Driver: 'amd', DeviceIDs: ['0'], Capabilities: gpu }] }, null],
  ['no card', { requests: [{ Driver: 'cdi', DeviceIDs: ['vendor.com/nic=0'] }] }, null],
  ['the variable without the runtime', { env: ['NVIDIA_VISIBLE_DEVICES=all'] }, null],
  ['the runtime and all', { runtime: 'nvidia', env: ['NVIDIA_VISIBLE_DEVICES=all'] }, 'all'],
  [
    'the runtime and ids',
    { runtime: 'nvidia', env: ['NVIDIA_VISIBLE_DEVICES=0,MIG-a'] },
    ['0', 'MIG-a'],
  ],
  ['the runtime and void', { runtime: 'nvidia', env: ['NVIDIA_VISIBLE_DEVICES=void'] }, null],
  ['the runtime alone', { runtime: 'nvidia' }, null],
  [
    'the runtime and an image from before the variable',
    { runtime: 'nvidia', env: ['CUDA_VERSION=8.0'] },
    'all',
  ],
  [
    'the runtime, an image that bakes in all, and a request',
    {
      runtime: 'nvidia',
      env: ['NVIDIA_VISIBLE_DEVICES=all'],
      requests: [{ Driver: 'nvidia', DeviceIDs: ['GPU-a'], Capabilities: gpu }],
    },
    ['GPU-a'],
  ],
  ['a Swarm task', { env: ['DOCKER_RESOURCE_NVIDIA-GPU=GPU-a,GPU-b'] }, ['GPU-a', 'GPU-b']],
  ["a Swarm task's other resource", { env: ['DOCKER_RESOURCE_LICENSE=1'] }, null],
])('%s', (_, { requests = null, runtime = 'runc', env = [] }, expected) => {
  expect(
    claimOf({ Config: { Env: env }, HostConfig: { DeviceRequests: requests, Runtime: runtime } }),
  ).toEqual(expected);
});

test('each container is inspected once, one that ended meanwhile is passed over, and names are fresh', async () => {
  const asked: string[] = [];
  const running = [row('a', 'first'), row('b', 'second'), row('gone', 'third')];
  const read = createClaims({
    running: () => Promise.resolve(ok(running)),
    inspect: (id) => {
      asked.push(id);
      return Promise.resolve(id === 'gone' ? failed('absent', 'gone', 404) : given(id === 'a'));
    },
  });
  const claim = { containerId: 'a', labels: { x: 'y' }, gpus: 'all' };
  expect(await read()).toEqual(ok([{ ...claim, containerName: 'first' }]));
  running.splice(0, 3, row('a', 'renamed'), row('b', 'second'));
  expect(await read()).toEqual(ok([{ ...claim, containerName: 'renamed' }]));
  expect(asked).toEqual(['a', 'b', 'gone']);
});

test('an engine that does not answer claims nothing and denies nothing', async () => {
  let answers = false;
  const read = createClaims({
    running: () => Promise.resolve(ok([row('a', 'first')])),
    inspect: () => Promise.resolve(answers ? given(true) : failed('retry', 'silent')),
  });
  expect(await read()).toEqual(failed('retry', 'silent'));
  answers = true;
  expect(await read()).toMatchObject(ok([{ containerName: 'first', gpus: 'all' }]));
});

const row = (Id: string, name: string) =>
  listedContainer({ Id, Names: [`/${name}`], State: 'running', Labels: { x: 'y' } });

const given = (hasCards: boolean): Result<Json> =>
  ok({ HostConfig: hasCards ? { DeviceRequests: [{ Count: -1, Capabilities: gpu }] } : {} });
