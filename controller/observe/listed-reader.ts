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

/** What of a container shows in a list, and changes when something happened to it. */
export const signature = ({
  id,
  name,
  state,
  health,
}: Pick<ListedContainer, 'id' | 'name' | 'state' | 'health'>): string =>
  `${id} ${name} ${state} ${health}`;

const isId = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);
