import { decideAdmission } from '../../controller/admission/admission.ts';
import type {
  AdmissionRequest,
  GpuPool,
  Ledger,
  PoolDevice,
} from '../../controller/admission/gate.ts';
import { ledger, port, request } from '../support/admission-builders.ts';
import { oneCard } from '../support/plan-builders.ts';
import { device, pool } from '../support/pool-builders.ts';
import { exponent, median, ms } from './figures.ts';
import type { Figure, Section } from './report.ts';

const requestCounts = [100, 300, 1000] as const;
const deviceCounts = [8, 32, 128] as const;

/** One serial step over everybody who waits: cards half held, sets of all sizes, ports to be found. */
export function admission(rounds: number): Section {
  const cells = deviceCounts.flatMap((devices) =>
    requestCounts.map((requests) => ({
      devices,
      requests,
      values: measure(rounds, { devices, requests }),
    })),
  );
  const of = (devices: number, requests: number): readonly number[] =>
    cells.find((cell) => cell.devices === devices && cell.requests === requests)?.values ?? [];
  return {
    id: 'admission',
    title: `Admission, one step over all who wait, ${rounds} rounds`,
    figures: [
      ...cells.map(({ devices, requests, values }): Figure => {
        const smallest = requestCounts[0];
        return {
          name: `${requests} requests, ${devices} cards`,
          values,
          text: ms,
          ...(requests === smallest
            ? {}
            : { floor: { name: `${smallest} requests`, values: of(devices, smallest) } }),
          ...(requests === 1000 && devices === 128 ? { goal: '10 ms' } : {}),
        };
      }),
      ...deviceCounts.map((devices): Figure => ({
        name: `exponent of the requests, ${devices} cards`,
        values: [
          exponent(requestCounts.map((size) => ({ size, cost: median(of(devices, size)) }))),
        ],
        text: (value) => value.toFixed(2),
      })),
    ],
  };
}

const measure = (
  rounds: number,
  { devices, requests }: { readonly devices: number; readonly requests: number },
): readonly number[] => {
  const [asked, from] = [requestsOf(requests), ledgerOf(devices)];
  // Nobody's first step counts: the controller has long been running when so many wait.
  for (let warm = 0; warm < 20; warm += 1) decideAdmission(asked, from);
  return Array.from({ length: rounds }, () => {
    const began = performance.now();
    decideAdmission(asked, from);
    return performance.now() - began;
  });
};

const requestsOf = (count: number): readonly AdmissionRequest[] =>
  Array.from({ length: count }, (_, at) =>
    request({
      environment: `e${at}`,
      projectId: `p${at % 50}`,
      projectPath: `/home/p${at % 50}`,
      requestedAt: (at * 7919) % count,
      priority: -(at % 3),
      ports: [port({ host: 'auto' })],
      gpus: { ...oneCard, count: [1, 1, 1, 2, 4, 8][at % 6] ?? 1 },
    }),
  );

/** Every fourth card is held since before. */
const ledgerOf = (count: number): Ledger => {
  const devices = Array.from({ length: count }, (_, index): PoolDevice => {
    const holder = {
      key: null,
      name: `old/e${index}`,
      since: index,
      sharing: 'exclusive',
    } as const;
    return device(index, index % 4 === 0 ? { holders: [holder] } : {});
  });
  return ledger({
    pool: pool(devices, boardsOfEight(devices)),
    now: 1_000_000,
    leases: [],
    autoPorts: { from: 20_000, to: 29_999 },
  });
};

/** As the controller looks them up: NVLink inside a board of eight, the host's bridges between them. */
const boardsOfEight = (devices: readonly PoolDevice[]): GpuPool['link'] => {
  const scores = new Map(
    devices.map(({ id: a, index: i }) => [
      a,
      new Map(
        devices.map(({ id: b, index: j }) => [
          b,
          i === j ? 0 : Math.floor(i / 8) === Math.floor(j / 8) ? 1800 : 20,
        ]),
      ),
    ]),
  );
  return (a, b) => scores.get(a)?.get(b) ?? 0;
};
