import type { LoginFor } from '../model/registry.ts';
import type { Credentials } from './docker-config.ts';
import { ok } from './fault.ts';
import { parseReference } from './reference.ts';

/** Of whoever this process's user is logged in as, looked up anew for each pull. */
export const loginFor =
  (credentials: Credentials): LoginFor =>
  async (reference, signal) => {
    const read = parseReference(reference);
    // The engine says what is wrong with it.
    if (!read.ok) return ok(null);
    const { registry } = read.value;
    const found = await credentials.of(registry, signal);
    if (!found.ok) return found;
    return ok(found.value === null ? null : { registry, credential: found.value });
  };
