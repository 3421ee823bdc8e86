import { expect, it, onTestFinished } from 'vitest';
import { worldDevices } from '../support/world-cards.ts';
import { specOf } from '../support/world-words.ts';
import { World } from '../support/world.ts';

const [, , h100] = worldDevices;

it.each([1, 2, 3])(
  'the first grants follow priority, not the order of the files (%i)',
  async (seed) => {
    const world = new World({ cards: 'best-effort', seed });
    onTestFinished(() => world.close());
    // All of them want the one GPU; the folders are read in this order.
    const priorities = [-3, -2, 0, -1];
    priorities.forEach((priority, at) =>
      world.files.write(
        `/srv/p${at}/mlenv.yaml`,
        specOf({ train: { image: 'app:1', gpus: { devices: [h100.id] }, priority } }),
      ),
    );
    await world.start();
    await world.until('one runs', () =>
      priorities.some((_, at) => world.environment(`/srv/p${at}`, 'train')?.reason === 'Running'),
    );
    await world.settle();
    expect(priorities.map((_, at) => world.environment(`/srv/p${at}`, 'train')?.reason)).toEqual([
      'GpuPoolFull',
      'GpuPoolFull',
      'Running',
      'GpuPoolFull',
    ]);
  },
);
