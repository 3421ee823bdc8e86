import type { Action, SetupFacts } from './actions.ts';
import { keepAs, type Manifest } from './manifest.ts';
import { filesOf, isPackaged, type SetupPlaces } from './places.ts';

/** What an installation before the package laid down would hide what the package has. */
export const superseded = (
  places: SetupPlaces,
  facts: SetupFacts,
  old: Manifest,
): readonly Action[] =>
  isPackaged(places, facts)
    ? filesOf(places)
        .filter((path) => path !== places.config && path !== places.manifest)
        .filter((path) => old.files[path] !== undefined && facts.entries.has(path))
        .map((path) => ({
          kind: 'remove',
          path,
          keepAs: keepAs(path, { places, facts, old }),
          why: 'the package has its own',
        }))
    : [];
