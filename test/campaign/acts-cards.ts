import { ApiError } from '../../controller/model/api.ts';
import { NoAnswer } from '../support/world.ts';
import type { Act } from './acts.ts';
import type { Played } from './played.ts';

const by = 'root';

const anyCard = ({ world, dice }: Played): string | null =>
  dice.any(world.cards?.devices ?? [])?.gpuUuid ?? null;

const onCard =
  (act: (played: Played, gpuUuid: string) => Promise<unknown> | void): Act =>
  async (played) => {
    const gpuUuid = anyCard(played);
    if (gpuUuid !== null) await act(played, gpuUuid);
  };

/** Somebody else's containers that have a card now. */
export const strangers = ({ world }: Played): readonly string[] =>
  world.engine.containers
    .filter(({ state, name }) => state === 'running' && name.startsWith('strangers-'))
    .map(({ id }) => id);

const asRoot = async (
  { world }: Played,
  request: Parameters<Played['world']['ask']>[0],
): Promise<void> => {
  try {
    await world.ask(request);
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof NoAnswer)) throw error;
  }
};

/** What happens to cards. */
export const cardActs: readonly (readonly [weight: number, name: string, act: Act])[] = [
  [
    3,
    'a stranger takes a card',
    async (played) => {
      const { world, dice, promises } = played;
      const device = dice.any(world.cards?.devices ?? [])?.id ?? '';
      const gpus = { ids: [device], injection: 'device-request' as const };
      const name = `strangers-${world.created.length}`;
      // An engine that is down takes nothing from anybody.
      const id = await world.plant({ name, gpus }).catch(() => null);
      if (id !== null) promises.leaveAlone(id);
    },
  ],
  [
    3,
    'a stranger ends',
    (played) => {
      const id = played.dice.any(strangers(played));
      if (id !== null) played.world.engine.exit(id, 0);
    },
  ],
  [2, 'a process takes a card', onCard(({ world }, card) => world.cards?.setProcess(card, true))],
  [2, 'a process ends', onCard(({ world }, card) => world.cards?.setProcess(card, false))],
  [
    2,
    'a card goes bad',
    onCard(({ world, dice }, card) =>
      world.cards?.setHealth(card, dice.pick(['unhealthy', 'lost'])),
    ),
  ],
  [3, 'a card is well', onCard(({ world }, card) => world.cards?.setHealth(card, 'healthy'))],
  [2, 'indexes move', ({ world }) => world.cards?.moveIndexes()],
  [2, 'nvidia-smi hangs', ({ world }) => world.cards?.setKnown(false)],
  [3, 'nvidia-smi answers', ({ world }) => world.cards?.setKnown(true)],
  [2, 'the hook fails', ({ world }) => world.engine.failGpuHook(true)],
  [3, 'the hook works', ({ world }) => world.engine.failGpuHook(false)],
  [
    2,
    'mlenv gpu cordon',
    onCard((played, gpu) => asRoot(played, (api) => api.cordon({ gpu, why: 'fan', by }))),
  ],
  [
    2,
    'mlenv gpu uncordon',
    onCard((played, gpu) => asRoot(played, (api) => api.uncordon({ gpu, by }))),
  ],
];
