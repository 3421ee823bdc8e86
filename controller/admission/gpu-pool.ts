import type { GpuWish } from '../model/gpu.ts';
import type { GrantedGpu } from '../model/store-gpu.ts';
import type { Asker, Cards } from './cards.ts';
import { wait, type Denial, type GpuPool, type PoolDevice } from './gate.ts';
import { reservedText } from './suitable.ts';
import { place } from './placement.ts';

export type GpuAnswer = { readonly kind: 'admit'; readonly gpus: readonly GrantedGpu[] } | Denial;

/** Gives the request its cards, or says who has them. */
export const gpuGate = (
  request: Asker,
  cards: Cards,
  timeText: (at: number) => string,
): GpuAnswer => {
  const { gpus: wish } = request.wish;
  if (wish === null) return { kind: 'admit', gpus: [] };
  const answer = choose(request, wish, { cards, timeText });
  return answer.kind === 'wait' && wish.optional ? { kind: 'admit', gpus: [] } : answer;
};

interface Context {
  readonly cards: Cards;
  readonly timeText: (at: number) => string;
}

const choose = (request: Asker, wish: GpuWish, { cards, timeText }: Context): GpuAnswer => {
  const { pool } = cards;
  if (pool.state === 'unknown') return wait('GpuUnknown', pool.why);
  if (pool.state === 'none') return wait('GpuUnsuitable', pool.why);
  const suitable = cards.suitable(request, wish);
  const count = cards.wanted(request, wish);
  if (suitable.length < Math.max(1, count)) {
    const reserved = reservedTexts(cards.reserved(request, wish));
    return wait('GpuUnsuitable', unsuitableText(suitable, wish, { pool, reserved }));
  }
  const chosen =
    // Every card that it may have is blocked now.
    count === 0
      ? null
      : place({
          count,
          devices: cards.usable(request, wish),
          prefers: new Set(request.prefers),
          topology: cards.topology(),
        });
  if (chosen === null) {
    const text = (): string =>
      fullText(suitable, {
        request,
        cards,
        timeText,
        reserved: reservedTexts(cards.reserved(request, wish)),
      });
    return wait('GpuPoolFull', cards.once(request, wish, text));
  }
  return {
    kind: 'admit',
    gpus: chosen.map(({ id, gpuUuid, mig }) => ({
      gpuUuid,
      migUuid: mig === null ? null : id,
      sharing: wish.sharing,
    })),
  };
};

/** `asks for 4 and 2 of the 8 cards here fit; 1 of them is cordoned by root` */
const unsuitableText = (
  suitable: readonly PoolDevice[],
  wish: GpuWish,
  { pool, reserved }: { readonly pool: GpuPool; readonly reserved: readonly string[] },
): string => {
  const blocked = suitable.flatMap(({ blocked: why }) => why ?? []);
  const fit = suitable.length === 1 ? 'fits' : 'fit';
  return [
    `asks for ${wish.count} and ${suitable.length} of the ${hereText(pool.devices)} here ${fit}`,
    ...(suitable.length > 0 || reserved.length > 0 ? [] : kindsText(wish, pool.devices)),
    ...blockedTexts(blocked, 'of them: '),
    ...reserved,
  ].join('; ');
};

/** `6 cards and 8 MIG slices`: a slice is no card. */
const hereText = (devices: readonly PoolDevice[]): string => {
  const slices = devices.filter(({ mig }) => mig !== null).length;
  const whole = devices.length - slices;
  const parts = [
    ...(whole > 0 || slices === 0 ? [`${whole} ${whole === 1 ? 'card' : 'cards'}`] : []),
    ...(slices > 0 ? [`${slices} MIG ${slices === 1 ? 'slice' : 'slices'}`] : []),
  ];
  return parts.join(' and ');
};

/** What is asked for and what there is, where nothing fits. */
const kindsText = (wish: GpuWish, devices: readonly PoolDevice[]): readonly string[] => {
  if (wish.sharing === 'shared' && devices.every(({ slots }) => slots === 1)) {
    return ['no card is set aside for sharing (gpu.shared in the configuration)'];
  }
  const asked = [
    ...(wish.models.length === 0 ? [] : [`model ${wish.models.join(' or ')}`]),
    ...(wish.mig === null ? [] : [`a MIG slice ${wish.mig}`]),
    ...(wish.memory === null
      ? []
      : [`memory ${wish.memory.compare}${Math.round(wish.memory.bytes / 2 ** 30)}GB`]),
    ...(wish.devices.length === 0 ? [] : [`card ${wish.devices.join(' or ')}`]),
  ];
  const models = [
    ...new Set(devices.map(({ model, mig }) => (mig === null ? model : `${model} ${mig}`))),
  ];
  return asked.length === 0 || models.length === 0
    ? []
    : [`wanted: ${asked.join(', ')}; here: ${models.sort().slice(0, 6).join(', ')}`];
};

/** `3 of them: cordoned by root`: alike ones are counted together, and others told without an end. */
const blockedTexts = (blocked: readonly string[], of: string): readonly string[] => {
  const counts = new Map<string, number>();
  for (const why of blocked) {
    // How much of each is in use differs, and says no more.
    const alike = why.replace(/^[\d.]+ GB in use by/, 'with memory in use by');
    counts.set(alike, (counts.get(alike) ?? 0) + 1);
  }
  const told = [...counts].slice(0, 2);
  const more = blocked.length - told.reduce((sum, [, count]) => sum + count, 0);
  return [
    ...told.map(([why, count]) => `${count} ${of}${why}`),
    ...(more > 0 ? [`${more} more are not to be given out`] : []),
  ];
};

/** `2 reserved for ada`, for those that would fit and are not for who asks. */
const reservedTexts = (reserved: readonly PoolDevice[]): readonly string[] => {
  const counts = new Map<string, number>();
  for (const { reservedFor } of reserved) {
    if (reservedFor === null) continue;
    const text = reservedText(reservedFor);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].map(([text, count]) => `${count} ${text}`).sort();
};

/** `2 of 4 GPUs held by alice/train since 09:12; 1 used by process 4711 of bob` */
const fullText = (
  suitable: readonly PoolDevice[],
  {
    request,
    cards,
    timeText,
    reserved,
  }: Context & { readonly request: Asker; readonly reserved: readonly string[] },
): string => {
  const held = new Map<string, { count: number; since: number }>();
  const blocked: string[] = [];
  let promised = 0;
  for (const { id, holders, blocked: why } of suitable) {
    let others = 0;
    for (const { key, name, since } of holders) {
      if (key !== null && key === request.key) continue;
      others += 1;
      const before = held.get(name);
      held.set(name, {
        count: (before?.count ?? 0) + 1,
        since: Math.min(before?.since ?? since, since),
      });
    }
    if (others < holders.length) continue;
    if (why !== null) blocked.push(why);
    else if (others === 0 && cards.isPromised(id)) promised += 1;
  }
  const holders = [...held]
    .sort(([a, x], [b, y]) => y.count - x.count || (a < b ? -1 : 1))
    .map(
      ([name, { count, since }]) =>
        `${count} of ${suitable.length} GPUs held by ${name} since ${timeText(since)}`,
    );
  const parts = [
    ...holders.slice(0, 3),
    ...(holders.length > 3 ? [`${holders.length - 3} more hold some`] : []),
    ...blockedTexts(blocked, ''),
    ...(promised > 0 ? [`${promised} kept for who came before`] : []),
    ...reserved,
  ];
  // Shared ones that have room and are kept for somebody else.
  return parts.length === 0 ? 'kept for who came before' : parts.join('; ');
};
