import type { UsageSample } from '../../model/metrics.ts';
import { phases, phaseTitle } from '../../model/phase.ts';
import { isReason, reasons, type Reason } from '../../model/reason.ts';
import type { EnvironmentRecord } from '../../model/record.ts';
import { flag, one, type Readings, type Sample } from '../../model/series.ts';
import { isReady } from '../../plan/conditions.ts';
import type { Core } from '../../reconcile/core.ts';
import { owned, personName } from '../../reconcile/people.ts';
import { seconds } from './controller.ts';
import type { ScrapeFacts } from './facts.ts';

/** Environments, their queue and their containers. All rows are read once, whatever their number. */
export const environmentReadings = (core: Core, { taken }: ScrapeFacts): Readings => {
  const { store } = core.deps;
  const places = placesOf(core);
  const rows = store.environments.all().flatMap((record) => {
    const place = places(record);
    return place === null ? [] : [{ record, place }];
  });
  return {
    mlenv_environments: counted(
      'phase',
      phases.map(phaseTitle),
      rows.map(({ record }) => phaseTitle(record.phase)),
    ),
    mlenv_environments_waiting: counted(
      'reason',
      waits,
      rows.map(({ record }) => record.reason).filter((reason) => waits.includes(reason)),
    ),
    mlenv_environment_info: rows.flatMap(({ record, place }) =>
      one(1, { ...place.labels, owner: place.owner, phase: phaseTitle(record.phase) }),
    ),
    mlenv_environment_ready: rows.flatMap(({ record, place }) =>
      flag(isReady(record.phase), place.labels),
    ),
    mlenv_environment_restarts_total: rows.flatMap(({ record, place }) =>
      one(record.restarts, place.labels),
    ),
    ...queueReadings(
      core.deps.clock.now(),
      rows.map(({ record }) => record),
    ),
    ...containerReadings(
      taken,
      new Map(
        rows.flatMap(({ record, place }) =>
          record.containerId === null ? [] : [[record.containerId, place.labels] as const],
        ),
      ),
    ),
  };
};

const waits: readonly string[] = Object.keys(reasons).filter(
  (reason): reason is Reason => isReason(reason) && reasons[reason].kind === 'wait',
);

interface Place {
  readonly owner: string;
  readonly labels: {
    readonly project: string;
    readonly environment: string;
    readonly project_id: string;
  };
}

const placesOf = ({
  deps,
}: Core): ((record: Pick<EnvironmentRecord, 'projectId' | 'environment'>) => Place | null) => {
  const names = new Map<number, string>();
  const nameOf = (uid: number): string => {
    const name = names.get(uid) ?? personName(deps, uid);
    names.set(uid, name);
    return name;
  };
  const projects = new Map(owned(deps.store).map((each) => [each.project.id, each]));
  return ({ projectId, environment }) => {
    const found = projects.get(projectId);
    if (found === undefined) return null;
    return {
      owner: nameOf(found.uid),
      labels: { project: found.project.name, environment, project_id: projectId },
    };
  };
};

/** Every value that there may be has a series, so that a rule sees it come down to 0. */
const counted = (
  label: string,
  values: readonly string[],
  found: readonly string[],
): readonly Sample[] => {
  const counts = new Map(values.map((value) => [value, 0]));
  for (const value of found) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].flatMap(([value, count]) => one(count, { [label]: value }));
};

/** Who is refused has no place in the queue: only another file or another policy helps. */
const queueReadings = (now: number, records: readonly EnvironmentRecord[]): Readings => {
  const since = records.flatMap(({ requestedAt, reason }) =>
    requestedAt === null || reason === 'PolicyRefused' ? [] : [requestedAt],
  );
  const first = since.reduce((a, b) => Math.min(a, b), now);
  return {
    mlenv_queue_length: one(since.length),
    mlenv_queue_oldest_wait_seconds: one((now - first) / 1000),
  };
};

/** As the last sample saw them; a container whose environment is gone by now is left out. */
const containerReadings = (
  taken: ScrapeFacts['taken'],
  places: ReadonlyMap<string, Place['labels']>,
): Readings => {
  if (taken === null) return {};
  const seen = taken.containers.flatMap((each) => {
    const labels = places.get(each.sample.containerId);
    return labels === undefined
      ? []
      : [{ ...each, labels: { ...labels, container: each.containerName } }];
  });
  type Seen = (typeof seen)[number];
  const each = (value: (one: Seen) => number | null): readonly Sample[] =>
    seen.flatMap((container) => one(value(container), container.labels));
  const use = (field: keyof UsageSample & `${string}Bytes`): readonly Sample[] =>
    each(({ sample }) => sample[field]);
  const { host } = taken;
  return {
    mlenv_samples_last_timestamp_seconds: one(seconds(taken.at)),
    mlenv_container_cpu_seconds_total: each(({ reading }) =>
      reading?.cpuNs == null ? null : reading.cpuNs / 1e9,
    ),
    mlenv_container_cpu_usage_ratio: each(({ sample }) => ratio(sample.cpuPercent)),
    mlenv_container_memory_bytes: use('memoryBytes'),
    mlenv_container_memory_limit_bytes: each(({ reading }) => reading?.memoryLimitBytes ?? null),
    mlenv_container_network_receive_bytes_total: use('networkRxBytes'),
    mlenv_container_network_transmit_bytes_total: use('networkTxBytes'),
    mlenv_container_disk_read_bytes_total: use('diskReadBytes'),
    mlenv_container_disk_written_bytes_total: use('diskWriteBytes'),
    mlenv_host_cpus: one(host.cores),
    mlenv_host_cpu_usage_ratio: one(ratio(host.cpuPercent)),
    mlenv_host_load1: one(host.load1),
    mlenv_host_load5: one(host.load5),
    mlenv_host_load15: one(host.load15),
    mlenv_host_memory_total_bytes: one(host.memoryTotalBytes),
    mlenv_host_memory_available_bytes: one(host.memoryAvailableBytes),
  };
};

export const ratio = (percent: number | null): number | null =>
  percent === null ? null : percent / 100;
