import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Gpu, GpuInventory, KnownInventory } from '../../../controller/model/gpu.ts';
import { createNvidiaSmi, emptyGpuProvider } from '../../../controller/observe/gpu/nvidia-smi.ts';
import { fakeNvidiaSmi, questionsOf, setScenario } from '../../support/fake-nvidia-smi.ts';
import { until } from '../../support/until.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mlenv-smi-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const container = 'ab'.repeat(32);

const provider = (program: string, timeoutMs = 30_000) =>
  createNvidiaSmi({
    program,
    timeoutMs: () => timeoutMs,
    now: () => 1_700_000_000_000,
    userOf: (uid) => (uid === 1000 ? 'ada' : null),
    processOf: (pid) =>
      Promise.resolve(
        pid === 10291 ? { containerId: container, uid: 1000 } : { containerId: null, uid: null },
      ),
  });

const look = async (scenario: string): Promise<GpuInventory> =>
  provider(fakeNvidiaSmi(folder, scenario)).inventory();

const known = (inventory: GpuInventory): KnownInventory => {
  if (inventory.kind !== 'known') throw new Error(`not known: ${inventory.why}`);
  return inventory;
};

const card = ({ gpus }: KnownInventory, at: number): Gpu => {
  const found = gpus.find(({ index }) => index === at);
  if (found === undefined) throw new Error(`no card ${at}`);
  return found;
};

const uuid = (digit: number): string =>
  `GPU-${String(digit).repeat(8)}-2222-3333-4444-55555555555${digit}`;

describe('a host with eight cards of two models', () => {
  it('is read whole', async () => {
    const inventory = known(await look('eight'));
    expect(inventory.warnings).toEqual([]);
    expect(inventory).toMatchObject({
      driver: '570.133.20',
      cuda: '12.8',
      readAt: 1_700_000_000_000,
    });
    expect(inventory.gpus.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(inventory.gpus.filter(({ model }) => model === 'NVIDIA L40S')).toHaveLength(2);
    expect(card(inventory, 2)).toEqual({
      uuid: uuid(2),
      index: 2,
      model: 'NVIDIA H100 80GB HBM3',
      busId: '00000000:3A:00.0',
      memoryTotalBytes: 81559 * 2 ** 20,
      memoryUsedBytes: 32362 * 2 ** 20,
      utilization: 100,
      temperatureC: 52,
      powerW: 70.33,
      powerLimitW: 700,
      mig: null,
      health: { state: 'healthy', why: '' },
      processes: [
        {
          pid: 10291,
          name: '/opt/tools/train,v2',
          memoryBytes: 31744 * 2 ** 20,
          containerId: container,
          uid: 1000,
          user: 'ada',
        },
        {
          pid: 10302,
          name: '[Not Found]',
          memoryBytes: null,
          containerId: null,
          uid: null,
          user: null,
        },
      ],
    });
  });

  it('tells how close two cards are, both ways round', async () => {
    const { links } = known(await look('eight'));
    const score = (from: number, to: number): string | undefined => {
      const link = links.find((one) => one.from === uuid(from) && one.to === uuid(to));
      return link && `${link.kind} ${link.score}`;
    };
    expect(links).toHaveLength(8 * 7);
    expect([score(0, 1), score(1, 0), score(0, 5), score(6, 7), score(0, 6), score(5, 6)]).toEqual([
      'NV18 1800',
      'NV18 1800',
      'NV6 600',
      'PHB 30',
      'NODE 20',
      'SYS 10',
    ]);
  });

  it('asks for what does not change once only', async () => {
    const smi = provider(fakeNvidiaSmi(folder, 'eight'));
    await smi.inventory();
    const again = known(await smi.inventory());
    expect(again.links).toHaveLength(8 * 7);
    expect(again.cuda).toBe('12.8');
    const words = questionsOf(folder).map((question) => question.split(/[= ]/)[0]);
    expect(words).toEqual([
      '--query-gpu',
      '--query-compute-apps',
      '--version',
      'topo',
      '--query-gpu',
      '--query-compute-apps',
    ]);
  });

  it('is looked at once for all who ask meanwhile', async () => {
    const smi = provider(fakeNvidiaSmi(folder, 'eight'));
    const looks = await Promise.all([smi.inventory(), smi.inventory(), smi.inventory()]);
    expect(new Set(looks).size).toBe(1);
    expect(
      questionsOf(folder).filter((question) => question.startsWith('--query-gpu')),
    ).toHaveLength(1);
  });
});

describe('cards in MIG mode', () => {
  it('tell of their slices, and never of a load of 0 that they did not tell', async () => {
    const inventory = known(await look('mig'));
    expect(inventory.warnings).toEqual([]);
    expect(card(inventory, 0).utilization).toBeNull();
    expect(
      card(inventory, 0).mig?.map(({ index, profile, memoryBytes }) => [
        index,
        profile,
        memoryBytes,
      ]),
    ).toEqual([
      [0, '1g.10gb', 10 * 2 ** 30],
      [1, '1g.10gb+me', 10 * 2 ** 30],
      [2, '1c.3g.40gb', 40 * 2 ** 30],
      [3, '2g.20gb', 20 * 2 ** 30],
    ]);
    expect(card(inventory, 0).mig?.[2]?.uuid).toBe('MIG-cccccccc-bbbb-cccc-dddd-eeeeeeeeeeee');
    expect(card(inventory, 0).processes).toMatchObject([{ pid: 4711, memoryBytes: null }]);
  });

  it('without a slice are no whole cards, and one not in the mode is', async () => {
    const inventory = known(await look('mig'));
    expect(card(inventory, 1).mig).toEqual([]);
    expect(card(inventory, 2).mig).toBeNull();
  });

  it('keep the slices of the last look while they cannot be read', async () => {
    const smi = provider(fakeNvidiaSmi(folder, 'mig'));
    await smi.inventory();
    writeFileSync(join(folder, 'list.exit'), '255');
    const inventory = known(await smi.inventory());
    expect(card(inventory, 0).mig).toHaveLength(4);
    expect(inventory.warnings.join()).toContain('MIG slices could not be read');
  });
});

describe('bad cards', () => {
  it('are told from the good ones, each with its reason', async () => {
    const inventory = known(await look('lost'));
    expect(inventory.gpus.map(({ health }) => health.state)).toEqual([
      'healthy',
      'healthy',
      'lost',
      'unhealthy',
      'unhealthy',
      'unhealthy',
      'unhealthy',
      'healthy',
    ]);
    expect(card(inventory, 2)).toMatchObject({ memoryTotalBytes: null, memoryUsedBytes: null });
    expect(card(inventory, 3).health.why).toBe(
      'the driver asks for: Drain and Reset; remapped memory rows wait for a reset',
    );
    expect(card(inventory, 4).health.why).toContain('4 uncorrected memory errors');
    expect(card(inventory, 5).health.why).toContain('nothing but errors');
    expect(card(inventory, 6).health.why).toContain('requires reset');
    expect(card(inventory, 7).temperatureC).toBeNull();
  });

  it('without a row are known by their place, and the good rows of a call that failed count', async () => {
    const inventory = known(await look('half'));
    expect(inventory.gpus).toHaveLength(8);
    expect(inventory.gpus.filter(({ health }) => health.state === 'healthy')).toHaveLength(7);
    expect(card(inventory, 2)).toMatchObject({
      busId: '00000000:3A:00.0',
      health: { state: 'lost', why: 'the driver does not reach it: Unknown Error' },
    });
    expect(inventory.links).toEqual([]);
    expect(inventory.warnings).toHaveLength(2);
    expect(inventory.warnings[0]).toContain('processes could not be read');
    expect(inventory.warnings[1]).toContain('all pairs count the same');
  });
});

describe('half an answer', () => {
  const rows = readFileSync(
    new URL('../../fixtures/nvidia-smi/eight/query-gpu.csv', import.meta.url),
    'utf8',
  ).replace(/^.*\n/, '');
  const answering = (stdout: string) =>
    createNvidiaSmi({
      program: 'nvidia-smi',
      timeoutMs: () => 1000,
      now: () => 0,
      userOf: () => null,
      run: async (argv) => ({
        kind: 'ended',
        code: 0,
        stdout: argv[0]?.startsWith('--query-gpu') === true ? stdout : '',
        stderr: '',
      }),
    }).inventory();

  it('is none: a row that is cut, one that cannot be read, an end in the middle of a line', async () => {
    expect((await answering(rows)).kind).toBe('known');
    const third = rows.split('\n').slice(0, 3).join('\n');
    for (const half of [
      rows.slice(0, 500),
      third,
      `${third}\n3, GPU-333, NVIDIA\n`,
      rows.trimEnd().slice(0, -1),
    ]) {
      expect(await answering(half)).toMatchObject({
        kind: 'unknown',
        why: expect.stringContaining('half an answer') as string,
      });
    }
  });

  it('passes no control character on', async () => {
    const text = JSON.stringify([
      await answering(`\u001b[31mred\u001b[2J\u0007 \u009b1m\n`),
      await answering(rows.replace('NVIDIA H100', 'NVIDIA \u0007\u001b]0;x\u0007H100')),
    ]);
    expect(text).toContain('red');
    // oxlint-disable-next-line no-control-regex -- these are what is looked for
    expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f]|\\u00(?:[01]|7f|[89])/);
  });
});

describe('older drivers', () => {
  it('are asked for less, and the answer is remembered', async () => {
    const smi = provider(fakeNvidiaSmi(folder, 'old'));
    const inventory = known(await smi.inventory());
    await smi.inventory();
    const sizes = questionsOf(folder)
      .filter((question) => question.startsWith('--query-gpu'))
      .map((question) => question.split(',').length);
    expect(sizes).toHaveLength(4);
    expect(sizes[0]).toBeGreaterThan(sizes[1] ?? 0);
    expect(sizes[1]).toBeGreaterThan(sizes[2] ?? 0);
    expect(sizes[3]).toBe(sizes[2]);
    expect(inventory.gpus).toHaveLength(4);
    expect(card(inventory, 3)).toMatchObject({ memoryUsedBytes: 0, powerW: null, mig: null });
    // No `--version` there: both stand in the head of the table.
    expect(inventory).toMatchObject({ driver: '418.226.00', cuda: '10.1' });
    expect(inventory.warnings.join()).toContain('does not know mig.mode.current');
  });

  it('that lack the newest fields only still tell of ECC errors and MIG', async () => {
    const inventory = known(await look('middle'));
    expect(inventory).toMatchObject({ driver: '535.183.01', cuda: '12.2' });
    expect(inventory.gpus).toHaveLength(2);
    expect(inventory.warnings).toEqual([
      'this driver does not know remapped_rows.pending: fewer signs of health are read',
    ]);
  });

  it('are asked for everything again after an upgrade', async () => {
    const smi = provider(fakeNvidiaSmi(folder, 'middle'));
    await smi.inventory();
    setScenario(folder, 'mismatch');
    await smi.inventory();
    setScenario(folder, 'eight');
    const inventory = known(await smi.inventory());
    expect(inventory).toMatchObject({ driver: '570.133.20', cuda: '12.8', warnings: [] });
    expect(inventory.links).toHaveLength(8 * 7);
  });
});

describe('a host that cannot be read', () => {
  it.each([
    [
      'no-driver',
      /communicate with the NVIDIA driver.*exit 9/,
      /modprobe nvidia.*MLENV_NVIDIA_SMI=none/,
    ],
    ['mismatch', /version mismatch \(exit 18\)/, /reboot/],
  ])('is unknown and says what to do: %s', async (scenario, why, todo) => {
    const inventory = await look(scenario);
    expect(inventory).toMatchObject({ kind: 'unknown' });
    if (inventory.kind !== 'unknown') return;
    expect(inventory.why).toMatch(why);
    expect(inventory.todo).toMatch(todo);
  });

  it('has no cards where the driver serves none, or where there is no program', async () => {
    expect(await look('no-devices')).toMatchObject({
      kind: 'none',
      why: expect.stringMatching(/serves no card/),
    });
    const missing = join(folder, 'nowhere');
    expect(await provider(missing).inventory()).toMatchObject({
      kind: 'none',
      why: `there is no program ${missing}`,
    });
  });

  it('is unknown where the program may not be run, or is another one', async () => {
    const plain = join(folder, 'plain');
    writeFileSync(plain, 'text');
    expect(await provider(plain).inventory()).toMatchObject({
      kind: 'unknown',
      why: expect.stringMatching(/EACCES/),
    });
    expect(await provider('true').inventory()).toMatchObject({
      kind: 'unknown',
      why: 'nothing was said (exit 0)',
    });
  });

  it('ends by its deadline where the driver hangs, and comes back', async () => {
    const smi = provider(fakeNvidiaSmi(folder, 'hang'), 2000);
    const inventory = await smi.inventory();
    expect(inventory).toMatchObject({
      kind: 'unknown',
      why: expect.stringMatching(/did not answer within 2 s/),
    });
    setScenario(folder, 'eight');
    await until('the cards are seen again', async () => (await smi.inventory()).kind === 'known');
  });

  it('keeps the cards where a call beside hangs, and asks no more in that look', async () => {
    const inventory = known(await provider(fakeNvidiaSmi(folder, 'sides-hang'), 4000).inventory());
    expect(inventory.gpus).toHaveLength(8);
    expect(inventory.links).toEqual([]);
    expect(inventory.warnings.join('\n')).toContain('processes could not be read');
    expect(questionsOf(folder)).toHaveLength(2);
  });

  it('keeps the processes of the last look while they cannot be read', async () => {
    const smi = provider(fakeNvidiaSmi(folder, 'eight'));
    await smi.inventory();
    writeFileSync(join(folder, 'query-compute-apps.csv'), '!Unknown Error\n');
    writeFileSync(join(folder, 'query-compute-apps.exit'), '255');
    expect(card(known(await smi.inventory()), 2).processes).toHaveLength(2);
    writeFileSync(
      join(folder, 'query-compute-apps.csv'),
      'gpu_uuid, pid, process_name, used_memory\n',
    );
    writeFileSync(join(folder, 'query-compute-apps.exit'), '0');
    expect(card(known(await smi.inventory()), 2).processes).toEqual([]);
  });
});

it('a host that is run without cards says so', async () => {
  expect(await emptyGpuProvider('this host is run without cards', () => 7).inventory()).toEqual({
    kind: 'none',
    why: 'this host is run without cards',
    readAt: 7,
  });
});
