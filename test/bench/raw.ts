import { type EngineApi, json } from './engine-api.ts';
import { timed } from './figures.ts';
import { inParallel } from './replay.ts';

export interface RawTimes {
  readonly upMs: number;
  readonly removalMs: number;
}

/** The least that brings up containers on a network of their own and takes them away: no client at all. */
export async function rawRound(options: {
  readonly api: EngineApi;
  readonly image: string;
  readonly count: number;
  readonly concurrency: number;
}): Promise<RawTimes> {
  const { api, count, concurrency } = options;
  const names = Array.from({ length: count }, (_, at) => `bench-raw-${at}`);
  const network = 'bench-raw';
  const upMs = await timed(async () => {
    await api.call(json('POST', '/networks/create', { Name: network, CheckDuplicate: true }));
    await inParallel(names, concurrency, async (name) => {
      await api.call(
        json('POST', `/containers/create?name=${name}`, payload(options.image, network)),
      );
      await api.call(json('POST', `/containers/${name}/start`));
    });
  });
  const removalMs = await timed(async () => {
    await inParallel(names, concurrency, async (name) => {
      await api.call(json('POST', `/containers/${name}/stop?t=10`));
      await api.call(json('DELETE', `/containers/${name}?v=1`));
    });
    await api.call(json('DELETE', `/networks/${network}`));
  });
  return { upMs, removalMs };
}

const payload = (image: string, network: string): unknown => ({
  Image: image,
  HostConfig: {
    Init: true,
    NetworkMode: network,
    RestartPolicy: { Name: 'no' },
    LogConfig: { Type: 'json-file', Config: { 'max-size': '50m', 'max-file': '3' } },
  },
});
