import { expect, it } from 'vitest';
import { bestImage } from '../../controller/cli/drill/image.ts';
import type { DrillTools } from '../../controller/cli/drill/tools.ts';
import { fakeWorld, statusList } from '../support/api-fake.ts';
import { fakeCli, run } from '../support/cli-fake.ts';

const listed = (tag: string, sizeBytes: number) => ({
  id: `sha256:${tag}`,
  tags: [tag],
  digests: [],
  sizeBytes,
  isUsed: false,
});
const tools = (changes: Partial<DrillTools> = {}): DrillTools => ({
  engine: {
    images: () => Promise.resolve([]),
    kill: () => Promise.resolve(),
    leftovers: () => Promise.resolve([]),
  },
  restoreCopy: () => Promise.resolve({ result: 'ok', message: '' }),
  close: () => undefined,
  ...changes,
});

it.each<readonly [string, readonly (readonly [string, number])[], string | null]>([
  ['none where there is none', [], null],
  [
    'a small one that has a shell for sure',
    [
      ['big:1', 9],
      ['docker.io/library/busybox:1.36', 1],
    ],
    'docker.io/library/busybox:1.36',
  ],
  [
    'by name before size',
    [
      ['debian:12', 3],
      ['nvcr.io/nvidia/pytorch:24.05-py3', 9],
    ],
    'debian:12',
  ],
  [
    'none that only sounds alike',
    [
      ['registry/notdebian:1', 1],
      ['registry/other:1', 2],
    ],
    'registry/other:1',
  ],
])('takes %s', (_, images, best) => {
  expect(bestImage(images.map(([tag, size]) => listed(tag, size)))).toBe(best);
});

it('says what to do where no image can be had, and begins nothing', async () => {
  const cli = fakeCli(fakeWorld(), { drill: tools() });
  expect(await run(cli, 'drill')).toMatchObject({
    code: 3,
    err: expect.stringContaining('--image') as unknown,
  });
  cli.drill = tools({ engine: 'permission denied' });
  expect(await run(cli, 'drill')).toMatchObject({
    code: 2,
    err: expect.stringContaining('permission denied') as unknown,
  });
  expect(cli.connections).toEqual([]);
});

it('is refused where MLEnv may change nothing, and makes no folder', async () => {
  const world = fakeWorld();
  const message = 'MLEnv only observes this host; mlenv observe off lets it act';
  world.statuses = [
    {
      ...statusList(),
      notices: [{ project: null, reason: 'Observing', message, diagnostics: [] }],
    },
  ];
  const cli = fakeCli(world, { drill: tools() });
  expect(await run(cli, 'drill', '--image', 'busybox:1', '--in', '/nowhere')).toMatchObject({
    code: 4,
    err: expect.stringContaining('mlenv observe off') as unknown,
  });
  expect(world.asked).not.toContainEqual(expect.objectContaining({ method: 'up' }));
  expect(cli.open).toBe(0);
});
