import { afterEach, expect, test } from 'vitest';
import { recordDifferences } from '../../controller/service/record-differences.ts';
import { bringUp, containerOf } from '../scenarios/vision.ts';
import { worldDevices } from '../support/world-cards.ts';
import { World } from '../support/world.ts';

const [, , h100] = worldDevices;
let world: World;
afterEach(() => world.close());

const found = async () => {
  const { process } = world;
  if (process === null) throw new Error('no controller lives');
  const result = await recordDifferences(process.core.deps);
  if (!result.ok) throw new Error(result.failure.message);
  return result.value;
};

test('where all is as recorded there is no difference, and nothing is written by looking', async () => {
  world = new World({ cards: 'best-effort' });
  await bringUp(world, { train: { image: 'app:1', gpus: { devices: [h100.id] } } });
  await world.settle();
  const dump = world.record.dump();
  expect(await found()).toEqual([]);
  expect(world.record.dump()).toBe(dump);
});

test('a container that is gone, one that nobody recorded, and cards on either side are named', async () => {
  world = new World({ cards: 'best-effort' });
  await bringUp(world, {
    train: { image: 'app:1', gpus: { devices: [h100.id] } },
    web: { image: 'app:1' },
  });
  await world.settle();
  world.engine.removeBehindBack(containerOf(world, 'web')?.id ?? '');
  world.record.byHand('DELETE FROM gpu_allocations WHERE environment = ?', 'train');
  world.record.byHand(
    `INSERT INTO gpu_allocations (gpu_id, container_name, project_id, environment)
     SELECT 0, 'old', id, 'gone' FROM projects WHERE path = ?`,
    '/srv/vision',
  );
  world.record.byHand(
    "UPDATE container_instances SET status = 'deleted' WHERE environment = ?",
    'train',
  );
  const texts = (await found()).map(({ what, difference }) => `${what}: ${difference}`);
  expect(texts).toEqual([
    expect.stringMatching(/^vision\/web: its container .* is gone$/),
    expect.stringMatching(
      /^mlenv-vision-train-\w+: it is running and the record does not know it$/,
    ),
    expect.stringMatching(/^vision\/gone: it holds .* and does not run$/),
    `vision/train: it runs on ${h100.id}, which it does not hold`,
  ]);
});
