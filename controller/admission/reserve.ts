import { isHeldBy, type Cards } from './cards.ts';
import type { AdmissionRequest, Ledger, PoolDevice } from './gate.ts';

/** Who waits may keep things from those who came later: always under `strict`, else after its time. */
export const mayReserve = (
  { requestedAt }: Pick<AdmissionRequest, 'requestedAt'>,
  { queue, now }: Pick<Ledger, 'queue' | 'now'>,
): boolean => queue.order === 'strict' || now - requestedAt >= queue.reserveAfterMs;

/**
 * Cards are kept for who waits for them: under `strict` all that it could use, so that nobody passes;
 * under `best-effort` the fewest that it needs, and only once it has waited long, so that small ones
 * never starve a large one. Its own first, then free ones, then those that were taken first.
 */
export const reserve = (
  request: AdmissionRequest,
  cards: Cards,
  { queue, now }: Pick<Ledger, 'queue' | 'now'>,
): void => {
  const { gpus: wish } = request.wish;
  if (wish === null || !mayReserve(request, { queue, now })) return;
  const mine = (device: PoolDevice): boolean => isHeldBy(device, request.key);
  const could = cards
    .unkept(request, wish)
    .filter((device) => device.blocked === null || mine(device));
  if (could.length === 0) return;
  if (queue.order === 'strict') {
    cards.withhold(could.map(({ id }) => id));
    return;
  }
  const wanted = cards.wanted(request, wish);
  // No holder's end would do while a card is blocked: keeping the others idle would help nobody.
  const everGiven = cards.suitable(request, wish).filter(({ blocked }) => blocked === null).length;
  if (everGiven + could.filter(isBlocked).length < wanted) return;
  const free = new Set(cards.usable(request, wish));
  const turn = (device: PoolDevice): number =>
    mine(device)
      ? -2
      : free.has(device)
        ? -1
        : device.holders.reduce((first, { since }) => Math.min(first, since), Infinity);
  const inTurn = could
    .map((device) => ({ device, at: turn(device) }))
    .sort(
      (a, b) =>
        (a.at === b.at ? 0 : a.at < b.at ? -1 : 1) ||
        a.device.index - b.device.index ||
        (a.device.id < b.device.id ? -1 : 1),
    );
  cards.withhold(inTurn.slice(0, wanted).map(({ device }) => device.id));
};

const isBlocked = ({ blocked }: PoolDevice): boolean => blocked !== null;
