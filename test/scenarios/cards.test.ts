import { expect } from 'vitest';
import { environmentKey } from '../../controller/model/key.ts';
import { worldDevices } from '../support/world-cards.ts';
import type { World } from '../support/world.ts';
import { setQuota } from '../campaign/acts-quotas.ts';
import { down } from './people.ts';
import { scenario } from './scenario.ts';
import { bringUp, containerOf, folder, runs, says, write } from './vision.ts';

const [a100, , h100, otherH100] = worldDevices;
const cards = { cards: 'best-effort' } as const;
const again = { ...cards, createsAgain: true };
const other = '/srv/other';
const train = (device: string, more: object = {}) => ({
  image: 'app:1',
  gpus: { devices: [device] },
  ...more,
});

const heldBy = (world: World, path: string, environment: string): readonly string[] => {
  const row = world.environment(path, environment);
  const leases = row === null ? [] : world.process?.store.gpus.of(environmentKey(row));
  return (leases ?? []).map(({ gpuUuid }) => gpuUuid);
};
const isAt = (world: World, path: string, reason: string) => (): boolean =>
  world.environment(path, 'train')?.reason === reason;

scenario(
  'two projects ask for the last card: one has it, the other one follows when it ends',
  async (world) => {
    const at = [folder, other] as const;
    for (const path of at) write(world, { train: train(h100.id) }, path);
    await world.start();
    const winner = (): string | undefined =>
      at.find(
        (path) => isAt(world, path, 'Running')() && heldBy(world, path, 'train').length === 1,
      );
    await world.until('one runs and one waits', () => {
      const loser = at.find((path) => path !== winner());
      return winner() !== undefined && loser !== undefined && isAt(world, loser, 'GpuPoolFull')();
    });
    // Which one is chance; both end as if it had been the first.
    const [first, second] = winner() === folder ? at : [other, folder];
    await down(world, first);
    await world.until('the other one has it', isAt(world, second, 'Running'));
    expect(heldBy(world, second, 'train')).toEqual([h100.id]);
    expect(heldBy(world, first, 'train')).toEqual([]);
    await down(world, second);
    await world.until('nobody has it', () => heldBy(world, second, 'train').length === 0);
  },
  again,
);

scenario(
  'a start that fails in the hook gives its card to who waits for it',
  async (world) => {
    world.engine.failGpuHook(true);
    write(world, { train: train(h100.id) });
    await world.start();
    await world.until('it could not start and has no card', () => {
      return says(world, 'train', 'BackOff')() && heldBy(world, folder, 'train').length === 0;
    });
    world.engine.failGpuHook(false);
    await world.until('it runs', runs(world, 'train'), 600_000);
    expect(heldBy(world, folder, 'train')).toEqual([h100.id]);
  },
  again,
);

scenario(
  'a card that is cordoned while it is held stays with its holder and goes to nobody after',
  async (world) => {
    await bringUp(world, { train: train(h100.id) });
    const before = containerOf(world, 'train');
    await world.ask((api) => api.cordon({ gpu: h100.id, why: 'fan', by: 'root' }));
    write(world, { train: train(h100.id) }, other);
    await world.until('the other one waits', isAt(world, other, 'GpuPoolFull'));
    expect(containerOf(world, 'train')).toEqual(before);
    await down(world, folder);
    await world.until('it is free', () => heldBy(world, folder, 'train').length === 0);
    await world.advance(60_000);
    expect(isAt(world, other, 'GpuPoolFull')()).toBe(true);
    expect(world.environment(other, 'train')?.message).toContain('cordoned by root: fan');
    await world.ask((api) => api.uncordon({ gpu: h100.id, by: 'root' }));
    await world.until('it has it', isAt(world, other, 'Running'));
  },
  again,
);

scenario(
  'a record that is lost while cards are held comes back with its holders',
  async (world) => {
    await bringUp(world, { train: { image: 'app:1', gpus: { count: 2, model: 'H100' } } });
    const before = containerOf(world, 'train');
    write(world, { train: train(otherH100.id) }, other);
    await world.until('the other one waits', isAt(world, other, 'GpuPoolFull'));
    world.crash();
    world.record.remove();
    await world.start();
    await world.until('it is known', runs(world, 'train'));
    expect(containerOf(world, 'train')).toMatchObject({
      id: before?.id,
      startedAt: before?.startedAt,
    });
    await world.until('its rows are there', () => heldBy(world, folder, 'train').length === 2);
    expect(heldBy(world, folder, 'train')).toEqual(before?.config.gpus?.ids);
    // What did not run when the record was lost is held until a person says up.
    await world.until('the other one is held', isAt(world, other, 'Rebuilt'));
    await world.ask((api) => api.up({ path: other, approve: [], environment: null, by: 'ada' }));
    await world.until('and waits again', isAt(world, other, 'GpuPoolFull'));
  },
  again,
);

scenario(
  'a quota that is lowered below its use takes nothing from who runs, and lets nobody new in',
  async (world) => {
    await bringUp(world, {
      train: { image: 'app:1', gpus: { count: 2, model: 'H100' } },
    });
    const before = containerOf(world, 'train');
    setQuota(world, folder, 1);
    write(world, {
      train: { image: 'app:1', gpus: { count: 2, model: 'H100' } },
      more: train(a100.id),
    });
    await world.until('the new one waits', says(world, 'more', 'QuotaExceeded'));
    expect(containerOf(world, 'train')).toEqual(before);
    expect(heldBy(world, folder, 'train')).toHaveLength(2);
    await down(world, folder, 'train');
    await world.until('the new one has its turn', runs(world, 'more'));
    expect(heldBy(world, folder, 'more')).toEqual([a100.id]);
  },
  again,
);

scenario(
  'cards are given to nobody while the engine does not say who has them',
  async (world, promises) => {
    const gpus = { ids: [h100.id], injection: 'device-request' } as const;
    promises.leaveAlone(await world.plant({ name: 'strangers', gpus }));
    world.weather.verdict = (name) => (name === 'gpuClaims' ? 'fail-before' : 'ok');
    write(world, { train: train(h100.id) });
    await world.start();
    await world.until('it waits', says(world, 'train', 'GpuUnknown'));
    world.weather.verdict = null;
    await world.until('it is told who has it', says(world, 'train', 'GpuPoolFull'));
    expect(world.environment(folder, 'train')?.message).toContain('used by container strangers');
    world.engine.exit('strangers', 0);
    await world.until('it has it', runs(world, 'train'));
  },
  again,
);

scenario(
  'a clock that is set back keeps nobody from looking at the cards again',
  async (world) => {
    world.cards?.setKnown(false);
    write(world, { train: train(h100.id) });
    await world.start();
    await world.until('it waits', says(world, 'train', 'GpuUnknown'));
    world.clock.setNow(world.clock.now() - 600_000);
    world.cards?.setKnown(true);
    await world.until('it has it', runs(world, 'train'), 60_000);
  },
  again,
);

scenario(
  'an image that cannot be had keeps no card from who waits',
  async (world) => {
    write(world, { train: train(h100.id, { image: 'gone:1', pull: 'never' }) });
    await world.start();
    await world.until('the image is missed', isAt(world, folder, 'ImageMissing'));
    expect(heldBy(world, folder, 'train')).toEqual([]);
    write(world, { train: train(h100.id) }, other);
    await world.until('the other one has the card', isAt(world, other, 'Running'));
  },
  again,
);
