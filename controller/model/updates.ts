import type { Environment, Updates } from './environment.ts';

/** Where the file does not say: a run is never cut short, and what holds cards is changed while nobody is at it. */
export const defaultUpdates = (restart: Environment['restart'], hasCards: boolean): Updates => {
  if (restart === 'never') return 'manual';
  return hasCards ? 'whenIdle' : 'auto';
};
