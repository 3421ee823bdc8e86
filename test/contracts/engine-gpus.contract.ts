import { afterEach, describe, expect, test } from 'vitest';
import type { ContainerConfig } from '../../controller/model/container.ts';
import type { GpuInjection } from '../../controller/model/gpu.ts';
import {
  type Bench,
  bakedEnv,
  cards,
  collected,
  failureKind,
  label,
  value,
} from './engine-bench.ts';

const given = (injection: GpuInjection, ids: readonly string[] = cards) => ({
  gpus: { ids, injection },
});

export function gpuContract({ subject, name, given: made, look }: Bench): void {
  afterEach(() => subject().failGpuHook(false));

  /** What the process of a container made so reads. */
  const inside = async (patch: Partial<ContainerConfig>): Promise<ReadonlyMap<string, string>> => {
    const { reader, until } = subject();
    const id = await made({ ...patch, command: ['env'] });
    await until(async () => (await look(id)).state === 'exited');
    const all = { follow: false, tail: null };
    const { stdout } = await collected(reader.logs(id, all, new AbortController().signal));
    const pairs = stdout.split('\n').map((line): [string, string] => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)];
    });
    return new Map(pairs);
  };
  const claimed = async () =>
    new Map(
      value(await subject().reader.gpuClaims()).map(({ containerName, gpus }) => [
        containerName,
        gpus,
      ]),
    );

  describe('cards', () => {
    test.each(['device-request', 'cdi', 'runtime', 'none'] as const)(
      'given by %s are what is seen, and no variable of ours is',
      async (injection) => {
        const start = subject().injections.includes(injection);
        const wish = { image: subject().bakedImage, env: { OWN: 'x' }, ...given(injection) };
        const { config, image } = await look(await made(wish, { start }));
        expect(config.gpus).toEqual(wish.gpus);
        expect(config.env['OWN']).toBe('x');
        for (const env of [config.env, image?.env]) {
          expect(env).not.toHaveProperty('NVIDIA_VISIBLE_DEVICES');
        }
        if (!start) return;
        const seen = await inside(wish);
        expect(seen.get('NVIDIA_VISIBLE_DEVICES')).toBe(cards.join(','));
        // Where a hook does not bring them in, what the image says of the driver stays.
        expect(seen.get('NVIDIA_DRIVER_CAPABILITIES')).toBe(
          injection === 'none' || injection === 'cdi'
            ? bakedEnv.NVIDIA_DRIVER_CAPABILITIES
            : 'compute,utility',
        );
      },
    );

    test('are kept from a container that has none, whatever its image and its file say', async () => {
      const wish = { image: subject().bakedImage, env: { NVIDIA_VISIBLE_DEVICES: '0' } };
      expect((await look(await made(wish))).config.gpus).toBeNull();
      expect((await inside(wish)).get('NVIDIA_VISIBLE_DEVICES')).toBe('void');
    });

    test('that cannot be brought in leave a container that never ran, and says why', async () => {
      const { writer, failGpuHook } = subject();
      const id = await made(given('device-request'), { start: false });
      failGpuHook(true);
      for (let round = 0; round < 2; round += 1) {
        const started = await writer.start(id);
        expect(started).toMatchObject({ ok: false, failure: { kind: 'retry', status: 500 } });
        const seen = await look(id);
        expect(seen).toMatchObject({ state: 'created', exitCode: 128, startedAt: null });
        expect(seen.error).toContain('the card does not answer');
        expect(seen.config.gpus?.ids).toEqual(cards);
        expect((await claimed()).size).toBe(0);
      }
      const without = await made({});
      expect((await look(without)).state).toBe('running');
      failGpuHook(false);
      value(await writer.start(id));
      expect(await look(id)).toMatchObject({ state: 'running', error: '', exitCode: 0 });
    });
  });

  describe('claims on cards', () => {
    test("are those of what runs, ours and others', by id, by number and all", async () => {
      const { reader, writer, runByHand, settled } = subject();
      const ours = { name: name(), labels: { ...label, whose: 'ours' } };
      const id = await made({ ...ours, ...given('device-request') });
      await made({ name: name() });
      await made({ name: name(), ...given('device-request') }, { start: false });
      const byHand = async (gpus: readonly string[] | 'all' | number | null) => {
        const wish = { name: name(), labels: label, gpus };
        return { ...wish, id: await runByHand(wish) };
      };
      const byId = await byHand(['3', 'GPU-x']);
      const two = await byHand(2);
      const all = await byHand('all');
      await byHand(null);

      expect(await claimed()).toEqual(
        new Map<string, unknown>([
          [ours.name, cards],
          [byId.name, ['3', 'GPU-x']],
          [two.name, 2],
          [all.name, 'all'],
        ]),
      );
      expect(value(await reader.gpuClaims())).toContainEqual({
        containerId: id,
        containerName: ours.name,
        labels: ours.labels,
        gpus: cards,
      });

      await settled(writer.stop(all.id, 0));
      expect((await claimed()).has(all.name)).toBe(false);
      value(await writer.start(all.id));
      expect((await claimed()).get(all.name)).toBe('all');
      expect(failureKind(await reader.gpuClaims())).toBe('ok');
    });
  });
}
