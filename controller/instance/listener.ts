import type { Clock } from '../model/ports.ts';
import type { ListenConfig } from '../model/config.ts';
import type { MetricsConfig } from '../model/metrics.ts';
import type { SourceConfig } from '../model/git.ts';
import { firstLine } from '../notify/private-file.ts';
import { metricsRoute, type MetricsAccess } from '../report/metrics-route.ts';
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

const metricsPath = 'GET /metrics';
const webhookOf = (name: string): string => `the webhook of ${name}`;

/** A burst of pushes is one look, and one more where something came during it. */
const atMostEveryMs = 2000;

/** The optional TCP listener, which the forges of the sources ring and Prometheus scrapes. */
export const createListener = (options: {
  readonly clock: Clock;
  readonly listen: () => ListenConfig | null;
  readonly sources: () => readonly SourceConfig[];
  readonly look: (source: string) => void;
  readonly metrics: () => Pick<MetricsConfig, 'prometheus' | 'tokenFile'>;
  readonly scrape: () => string;
  readonly onTrouble: (message: string) => void;
}): Listener => {
  const { clock, listen, sources, look, metrics, scrape, onTrouble } = options;
  let open: { readonly asked: string; readonly listening: Listening } | null = null;
  let fault: string | null = null;
  let applying: Promise<void> = Promise.resolve();
  const secretFaults = new Map<string, string>();
  const rung = new Map<string, { readonly at: number; readonly cancel: () => void }>();

  /** null: it cannot be read, which is told of once. */
  const secretIn = async (file: string, what: string): Promise<string | null> => {
    const secret = await firstLine(file);
    if (typeof secret === 'string') {
      secretFaults.delete(what);
      return secret;
    }
    const message = `${what} is refused: ${secret.trouble}`;
    if (secretFaults.get(what) !== message) onTrouble(message);
    secretFaults.set(what, message);
    return null;
  };
  const secretOf = async (name: string): Promise<string | null> => {
    const file = sources().find((source) => source.name === name)?.hookSecretFile ?? null;
    return file === null ? null : secretIn(file, webhookOf(name));
  };
  const access = async (): Promise<MetricsAccess> => {
    const { prometheus, tokenFile } = metrics();
    if (!prometheus) return { kind: 'off' };
    if (tokenFile === null) return { kind: 'open' };
    return { kind: 'token', token: await secretIn(tokenFile, metricsPath) };
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
        const listening = await listenTcp(wanted, [
          gitHookRoute({ secretOf, onPush: ring }),
          metricsRoute({ access, scrape }),
        ]);
        open = { asked, listening };
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
        fault = `listen: ${asked} cannot be had (${code}); remotes are polled, and neither webhooks nor Prometheus are heard`;
        onTrouble(fault);
      }
    }
    const hooked = sources().filter(({ hookSecretFile }) => hookSecretFile !== null);
    const { prometheus, tokenFile } = metrics();
    const needed = hooked.map(({ name }) => webhookOf(name));
    if (prometheus && tokenFile !== null) needed.push(metricsPath);
    for (const what of secretFaults.keys()) if (!needed.includes(what)) secretFaults.delete(what);
    for (const { name } of hooked) await secretOf(name);
    await access();
    if (fault === null && wanted === null) {
      const unheard = [
        ...(hooked.length === 0
          ? []
          : [`no webhook is heard (${hooked.map(({ name }) => name).join(', ')})`]),
        ...(prometheus ? ['Prometheus cannot scrape'] : []),
      ];
      if (unheard.length > 0) fault = `listen: is not set, so that ${unheard.join(' and ')}`;
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
