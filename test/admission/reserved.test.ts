import { describe, expect, it, test } from 'vitest';
import { decideAdmission } from '../../controller/admission/admission.ts';
import { declaredInVain } from '../../controller/admission/declared.ts';
import type { AdmissionRequest, PoolDevice } from '../../controller/admission/gate.ts';
import { defaultHostConfig } from '../../controller/model/config.ts';
import type { Gpu } from '../../controller/model/gpu.ts';
import { ledger, path, request, told } from '../support/admission-builders.ts';
import { oneCard } from '../support/plan-builders.ts';
import { device, pool } from '../support/pool-builders.ts';

const forAda = { projects: [], users: ['ada'] };
const reserved = (index: number, over: Partial<PoolDevice> = {}): PoolDevice =>
  device(index, { reservedFor: forAda, ...over });
const ask = (over: Partial<AdmissionRequest>, count: number | 'all' = 1): AdmissionRequest => ({
  ...request({ gpus: { ...oneCard, count } }),
  ...over,
});
const bob = { owner: 'bob', projectPath: '/home/bob/other' };

const decide = (asks: readonly AdmissionRequest[], devices: readonly PoolDevice[]) =>
  decideAdmission(asks, ledger({ pool: pool(devices) }));
const cardsOf = (asks: readonly AdmissionRequest[], devices: readonly PoolDevice[]) =>
  decide(asks, devices).map((answer) =>
    answer.kind === 'grant' ? answer.gpus.map(({ gpuUuid }) => gpuUuid) : told(answer),
  );

describe('a reserved card', () => {
  it('goes to the owner and to the project that it is reserved for', () => {
    expect(cardsOf([ask({ owner: 'ada' })], [reserved(0)])).toEqual([['GPU-0']]);
    const forProject = reserved(0, { reservedFor: { projects: [path], users: [] } });
    expect(cardsOf([ask({ owner: 'bob' })], [forProject])).toEqual([['GPU-0']]);
  });

  it('is not there for anybody else, who is told so', () => {
    expect(cardsOf([ask(bob)], [reserved(0)])).toEqual([
      'wait GpuUnsuitable: asks for 1 and 0 of the 1 card here fit; 1 reserved for ada',
    ]);
    const held = device(1, {
      holders: [{ key: 'p2/train', name: 'other/train', since: 7, sharing: 'exclusive' }],
    });
    expect(cardsOf([ask(bob)], [reserved(0), held])).toEqual([
      'wait GpuPoolFull: 1 of 1 GPUs held by other/train since t7; 1 reserved for ada',
    ]);
  });

  it('is no part of all that others may have', () => {
    const devices = [reserved(0), device(1), device(2)];
    expect(cardsOf([ask(bob, 'all')], devices)).toEqual([['GPU-1', 'GPU-2']]);
    expect(cardsOf([ask({ owner: 'ada' }, 'all')], devices)).toEqual([['GPU-0', 'GPU-1', 'GPU-2']]);
  });

  it('stays with who had it before it was reserved', () => {
    const mine = reserved(0, {
      holders: [{ key: 'p1/notebook', name: 'vision/notebook', since: 1, sharing: 'exclusive' }],
    });
    expect(cardsOf([ask({ ...bob, prefers: ['GPU-0'] })], [mine])).toEqual([['GPU-0']]);
  });

  it('is given to the right one of two who ask alike in one step', () => {
    const first = ask({ ...bob, key: 'p2/a', projectId: 'p2', environment: 'a', requestedAt: 0 });
    const second = ask({ owner: 'ada', requestedAt: 1 });
    expect(cardsOf([first, second], [reserved(0)])).toEqual([
      'wait GpuUnsuitable: asks for 1 and 0 of the 1 card here fit; 1 reserved for ada',
      ['GPU-0'],
    ]);
  });
});

test('what the configuration names is held against the cards that are there', () => {
  const config = {
    ...defaultHostConfig.gpu,
    exclude: ['9'],
    shared: [{ gpus: ['0'], slots: 2 }],
    reserved: [{ gpus: ['GPU-0', 'GPU-x', '1'], for: forAda }],
  };
  const gpus = [0, 1].map((index): Pick<Gpu, 'uuid' | 'index'> => ({
    uuid: `GPU-${index}`,
    index,
  }));
  expect(declaredInVain(config, gpus)).toEqual([
    'gpu.exclude names 9, and this host has no such card',
    'GPU 0 (GPU-0) stands in gpu.shared[0] and in gpu.reserved[0]: keep it in one',
    'gpu.reserved[0] names GPU-x, and this host has no such card',
  ]);
});
