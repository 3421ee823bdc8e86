import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { busIdOf, cardsOf } from '../../../controller/observe/gpu/cards.ts';
import { healthOf } from '../../../controller/observe/gpu/health.ts';
import { parseMig } from '../../../controller/observe/gpu/mig.ts';
import { numberOf, parseCsv, type Row } from '../../../controller/observe/gpu/parse-csv.ts';
import {
  containerOf,
  parseProcesses,
  processOwner,
} from '../../../controller/observe/gpu/processes.ts';
import { parseTopology } from '../../../controller/observe/gpu/topology.ts';

const id = '0123456789abcdef'.repeat(4);

describe('a cell', () => {
  it.each([
    '[N/A]',
    'N/A',
    '[Not Supported]',
    '[Unknown Error]',
    'ERR!',
    '[Insufficient Permissions]',
    '[GPU is lost]',
    '[GPU requires reset]',
    '[Not Found]',
    '[Some New Word]',
    '',
    'Enabled',
  ])('that tells no number is null, never 0: %s', (cell) => {
    expect(numberOf(cell)).toBeNull();
  });

  it.each([
    ['0', 0],
    ['77.71', 77.71],
    ['81559 MiB', 81559],
    ['38 %', 38],
  ])('that tells one is that number: %s', (cell, value) => {
    expect(numberOf(cell)).toBe(value);
  });
});

describe('a row', () => {
  it('has exactly the columns that were asked for', () => {
    const { rows, others } = parseCsv(
      '0, GPU-a, 5\n1, GPU-b\n\n2, GPU-c, 5, 6\nSorry, not, now\n',
      ['index', 'uuid', 'x'],
    );
    expect(rows.map((row) => row.text('uuid'))).toEqual(['GPU-a']);
    expect(others).toEqual(['1, GPU-b', '2, GPU-c, 5, 6', 'Sorry, not, now']);
  });
});

const rowOf = (cells: Readonly<Record<string, string>>): Row => {
  const { rows } = parseCsv(Object.values(cells).join(', '), Object.keys(cells));
  if (rows[0] === undefined) throw new Error('no row');
  return rows[0];
};

describe('health', () => {
  const good = { index: '0', uuid: 'GPU-a', 'memory.used': '5', 'utilization.gpu': '[N/A]' };

  it.each([
    [{ gpu_recovery_action: 'None' }, 'healthy'],
    [{ gpu_recovery_action: '[N/A]' }, 'healthy'],
    [{ gpu_recovery_action: 'Reset' }, 'unhealthy'],
    [{ gpu_recovery_action: 'Reboot' }, 'unhealthy'],
    [{ 'retired_pages.pending': 'Yes' }, 'unhealthy'],
    [{ 'retired_pages.pending': 'No' }, 'healthy'],
    [{ 'remapped_rows.pending': '1' }, 'unhealthy'],
    [{ 'remapped_rows.pending': '0' }, 'healthy'],
    [{ 'remapped_rows.failure': 'Yes' }, 'unhealthy'],
    [{ 'ecc.errors.uncorrected.volatile.total': '0' }, 'healthy'],
    [{ 'ecc.errors.uncorrected.volatile.total': '1' }, 'unhealthy'],
    [{ 'fan.speed': '[Unknown Error]' }, 'healthy'],
    [{ 'fan.speed': '[GPU is lost]' }, 'lost'],
  ])('of %o is %s', (cells, state) => {
    const health = healthOf(rowOf({ ...good, ...cells }));
    expect(health.state).toBe(state);
    expect(health.why === '').toBe(state === 'healthy');
  });
});

describe('a card that the driver cannot reach', () => {
  it.each([
    ['Unable to determine the device handle for GPU0000:02:00.0: Unknown Error', 1],
    ['Unable to determine the device handle for GPU 0000:02:00.0: GPU is lost. Reboot it', 1],
    ['Unable to determine the device handle for GPU3: 0000:02:00.0: Unknown Error', 3],
  ])('takes its place: %s', (line, index) => {
    const rows = parseCsv('0, GPU-a\n2, GPU-c', ['index', 'uuid']).rows;
    const { cards, warnings } = cardsOf(rows, [line]);
    expect(warnings).toEqual([]);
    expect(cards.find(({ health }) => health.state === 'lost')).toMatchObject({
      index,
      busId: '00000000:02:00.0',
    });
  });

  it('is known by its bus id in either length', () => {
    expect(busIdOf('0000:3a:00.0')).toBe('00000000:3A:00.0');
    expect(busIdOf('00000000:3A:00.0')).toBe('00000000:3A:00.0');
  });

  it('is told apart from words that nobody knows, and a card told twice counts once', () => {
    const rows = parseCsv('0, GPU-a\n1, GPU-a', ['index', 'uuid']).rows;
    const { cards, warnings } = cardsOf(rows, ['WARNING: infoROM is corrupted']);
    expect(cards).toHaveLength(1);
    expect(warnings).toHaveLength(2);
  });
});

describe('MIG slices', () => {
  it('are read in the form of old drivers, and without a guess at their memory', () => {
    const text = 'GPU 0: NVIDIA A100 (UUID: GPU-a)\n  MIG 1x Device 0: (UUID: MIG-GPU-a/7/0)\n';
    expect(parseMig(text)?.get('GPU-a')).toEqual([
      { uuid: 'MIG-GPU-a/7/0', index: 0, profile: '1x', memoryBytes: null },
    ]);
  });

  it('of a lost card are not given to the one before', () => {
    const text =
      'GPU 0: A (UUID: GPU-a)\nGPU 1: Unable to determine\n  MIG 1g.5gb Device 0: (UUID: MIG-b)\n';
    expect(parseMig(text)?.get('GPU-a')).toEqual([]);
  });

  it('are unknown where one line is not understood', () => {
    expect(parseMig('GPU 0: A (UUID: GPU-a)\n  MIG ???\n')).toBeNull();
  });
});

describe('topology', () => {
  it('is null where there is no matrix', () => {
    expect(parseTopology('Failed to query\n', () => 'GPU-a')).toBeNull();
  });

  it('leaves out cards that are not in the list and links of an unknown kind', () => {
    const text =
      '\tGPU0\tGPU1\tGPU2\nGPU0\t X \tPIX\tODD\nGPU1\tPIX\t X \tNV4\nGPU2\tODD\tNV4\t X \n';
    const uuids = ['a', null, 'c'];
    expect(parseTopology(text, (index) => uuids[index] ?? null)).toEqual([]);
    expect(parseTopology(text, (index) => `u${index}`)).toEqual([
      { from: 'u0', to: 'u1', kind: 'PIX', score: 50 },
      { from: 'u1', to: 'u0', kind: 'PIX', score: 50 },
      { from: 'u1', to: 'u2', kind: 'NV4', score: 400 },
      { from: 'u2', to: 'u1', kind: 'NV4', score: 400 },
    ]);
  });
});

describe('a process', () => {
  it('may have commas in its name', () => {
    expect(parseProcesses('GPU-a, 12, python, -c, 1, 300 MiB\nnonsense').processes).toEqual([
      { gpuUuid: 'GPU-a', pid: 12, name: 'python, -c, 1', memoryBytes: 300 * 2 ** 20 },
    ]);
  });

  it.each([
    [`12:pids:/docker/${id}\n11:memory:/docker/${id}\n`, id],
    [`1:name=systemd:/system.slice/docker-${id}.scope\n`, id],
    [`0::/system.slice/docker-${id}.scope\n`, id],
    [`0::/docker/${id}\n`, id],
    [`0::/docker/${id}/init.scope\n`, id],
    [`0::/docker/${id}/docker/${'f'.repeat(64)}\n`, id],
    [`0::/../../docker/${id}\n`, id],
    [`0::/kubepods.slice/kubepods-pod1.slice:cri-containerd:${id}\n`, id],
    ['0::/user.slice/user-1000.slice/session-3.scope\n', null],
    [`0::/build/${id}0\n`, null],
    ['', null],
  ])('belongs to the outermost container of its cgroup: %s', (cgroup, container) => {
    expect(containerOf(cgroup)).toBe(container);
  });

  it('tells who runs it, and nothing once it ended', async () => {
    const proc = mkdtempSync(join(tmpdir(), 'mlenv-proc-'));
    mkdirSync(join(proc, '7'));
    writeFileSync(join(proc, '7/cgroup'), `0::/docker/${id}\n`);
    writeFileSync(join(proc, '7/status'), 'Name:\tpython\nUid:\t1001\t0\t0\t0\nGid:\t5\t5\t5\t5\n');
    expect(await processOwner(7, proc)).toEqual({ containerId: id, uid: 1001 });
    expect(await processOwner(8, proc)).toEqual({ containerId: null, uid: null });
    rmSync(proc, { recursive: true });
  });

  it.runIf(process.platform === 'linux')('of this host is read from /proc', async () => {
    expect((await processOwner(process.pid)).uid).toBe(process.getuid?.());
  });
});
