import type { Clock } from '../model/ports.ts';
import type { ListenConfig } from '../model/config.ts';
import type { SourceConfig } from '../model/git.ts';
import { firstLine } from '../notify/private-file.ts';
import { gitHookRoute } from '../report/hook-route.ts';
import { listenTcp, type Listening } from '../report/tcp-listener.ts';

export interface Listener {
  /** As the configuration says now. Never rejects: an address that cannot be had is a fault to show. */
  readonly apply: () => Promise<void>;
  /** What is wrong with it now, for those who look. */
  readonly faults: () => readonly string[];
  /** null: nothing listens. */
  readonly address: () => string | null;
  readonly close: () => Promise<void>;
}

/** A burst of pushes is one look, and one more where something came during it. */
const atMostEveryMs = 2000;

/** The optional TCP listener, which the forges of the sources ring. */
export const createListener = (options: {
  readonly clock: Clock;
  readonly listen: () => ListenConfig | null;
  readonly sources: () => readonly SourceConfig[];
  readonly look: (source: string) => void;
  readonly onTrouble: (message: string) => void;
}): Listener => {
  const { clock, listen, sources, look, onTrouble } = options;
  let open: { readonly asked: string; readonly listening: Listening } | null = null;
  let fault: string | null = null;
  let applying: Promise<void> = Promise.resolve();
  const secretFaults = new Map<string, string>();
  const rung = new Map<string, { readonly at: number; readonly cancel: () => void }>();

  const secretOf = async (name: string): Promise<string | null> => {
    const file = sources().find((source) => source.name === name)?.hookSecretFile ?? null;
    if (file === null) return null;
    const secret = await firstLine(file);
    if (typeof secret === 'string') {
      secretFaults.delete(name);
      return secret;
    }
    const message = `the webhook of ${name} is refused: ${secret.trouble}`;
    if (secretFaults.get(name) !== message) onTrouble(message);
    secretFaults.set(name, message);
    return null;
  };

  const ring = (source: string): void => {
    const last = rung.get(source);
    const dueAt = (last?.at ?? Number.NEGATIVE_INFINITY) + atMostEveryMs;
    if (last !== undefined && last.at > clock.now()) return;
    const now = clock.now();
    if (dueAt <= now) {
      rung.set(source, { at: now, cancel: () => {} });
      look(source);
      return;
    }
    const cancel = clock.setTimer(dueAt - now, () => {
      rung.set(source, { at: dueAt, cancel: () => {} });
      look(source);
    });
    rung.set(source, { at: dueAt, cancel });
  };

  const settle = async (): Promise<void> => {
    const wanted = listen();
    const asked = wanted === null ? null : `${wanted.host}:${wanted.port}`;
    if (open !== null && open.asked !== asked) {
      await open.listening.close();
      open = null;
    }
    fault = null;
    if (wanted !== null && asked !== null && open === null) {
      try {
        const listening = await listenTcp(wanted, [gitHookRoute({ secretOf, onPush: ring })]);
        open = { asked, listening };
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
        fault = `listen: ${asked} cannot be had (${code}); remotes are polled, and no webhook is heard`;
        onTrouble(fault);
      }
    }
    const hooked = sources().filter(({ hookSecretFile }) => hookSecretFile !== null);
    for (const name of secretFaults.keys()) {
      if (!hooked.some((source) => source.name === name)) secretFaults.delete(name);
    }
    for (const { name } of hooked) await secretOf(name);
    if (fault === null && wanted === null && hooked.length > 0) {
      fault = `listen: is not set, so that no webhook is heard (${hooked.map(({ name }) => name).join(', ')})`;
    }
  };

  return {
    apply: () => (applying = applying.then(settle)),
    faults: () => [...(fault === null ? [] : [fault]), ...secretFaults.values()],
    address: () => open?.listening.address ?? null,
    close: async () => {
      await applying;
      for (const { cancel } of rung.values()) cancel();
      await open?.listening.close();
      open = null;
    },
  };
};
