import type { ListedContainer, ObservedContainer } from '../model/container.ts';
import { failed, ok } from '../model/failure.ts';
import type { EngineReader } from '../model/ports.ts';

/**
 * A reader for looking only: what one list shows as it was at the last inspect is not inspected again,
 * and what it does not show is absent. Never for a pass that acts: a limit changed by hand does not
 * show in a list.
 */
export const listedReader = (
  reader: EngineReader,
  listed: readonly ListedContainer[],
  inspected: ReadonlyMap<string, ObservedContainer>,
): EngineReader => ({
  ...reader,
  inspect: async (idOrName) => {
    const line = listed.find(({ id, name }) => id === idOrName || name === idOrName);
    // A name may belong to somebody else's container, which the list of ours leaves out.
    if (line === undefined) {
      return isId(idOrName) ? failed('absent', 'not in the list') : reader.inspect(idOrName);
    }
    const known = inspected.get(line.id);
    return known !== undefined && signature(known) === signature(line)
      ? ok(known)
      : reader.inspect(line.id);
  },
});

type Shown = Pick<ListedContainer, 'id' | 'name' | 'state' | 'health'>;

/** What of a container shows in a list, and changes when something happened to it. */
export const signature = ({ id, name, state, health }: Shown): string =>
  // The last word on the health of what has ended shows in an inspect only.
  `${id} ${name} ${state} ${state === 'running' ? health : ''}`;

/** Of all of one environment, in whatever order they came. */
export const signatures = (containers: readonly Shown[]): string =>
  containers
    .map(signature)
    .sort((a, b) => (a < b ? -1 : 1))
    .join('\n');

const isId = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);
