/** Everything that is exposed for Prometheus. `docs/prometheus.md` has this table; a name is never reused. */
export const seriesTable = {
  mlenv_build_info: row('gauge', 'Always 1; the version that runs.', ['version']),
  mlenv_engine_up: row('gauge', '1: the container engine answered when it was last asked.'),
  mlenv_engine_events_up: row('gauge', '1: the events of the engine are heard.'),
  mlenv_engine_info: row('gauge', 'Always 1; the container engine.', ['version', 'api_version']),
  mlenv_record_writable: row('gauge', '0: there is no room to write, and nothing is begun.'),
  mlenv_frozen: row('gauge', '1: somebody froze this host, and nothing is changed.'),
  mlenv_observing: row('gauge', '1: MLEnv only observes this host, and nothing is changed.'),
  mlenv_reconcile_duration_seconds: row('histogram', 'How long passes took.', ['controller']),
  mlenv_reconcile_passes_total: row('counter', 'Passes, by how they ended.', [
    'controller',
    'outcome',
  ]),
  mlenv_reconcile_panics_total: row('counter', 'Passes that threw.', ['controller']),
  mlenv_reconcile_timeouts_total: row('counter', 'Passes that took longer than their limit.', [
    'controller',
  ]),
  mlenv_workqueue_depth: row('gauge', 'Keys that wait for a worker.', ['controller']),
  mlenv_workqueue_processing: row('gauge', 'Keys in work.', ['controller']),
  mlenv_workqueue_delayed: row('gauge', 'Keys whose time is not come.', ['controller']),
  mlenv_resync_last_success_timestamp_seconds: row(
    'gauge',
    'When all containers were last listed and compared.',
  ),
  mlenv_backup_last_success_timestamp_seconds: row(
    'gauge',
    'When the newest daily backup was made.',
  ),
  mlenv_upkeep_failed: row('gauge', '1: this part of the upkeep failed when it was last tried.', [
    'part',
  ]),
  mlenv_database_size_bytes: row('gauge', 'The file of the record.'),
  mlenv_database_free_bytes: row('gauge', 'Of it, pages to be used again.'),
  mlenv_state_disk_free_bytes: row('gauge', 'Free on the disk of the state folder.'),

  mlenv_environments: row('gauge', 'Environments, by phase.', ['phase']),
  mlenv_environments_waiting: row('gauge', 'Environments that wait, by the reason.', ['reason']),
  mlenv_environment_info: row('gauge', 'Always 1; one environment.', [
    'project',
    'environment',
    'project_id',
    'owner',
    'phase',
  ]),
  mlenv_environment_ready: row('gauge', '1: it runs and is well.', place()),
  mlenv_environment_restarts_total: row(
    'counter',
    'Restarts since it was last well for ten minutes.',
    place(),
  ),
  mlenv_queue_length: row('gauge', 'Environments that wait for admission.'),
  mlenv_queue_oldest_wait_seconds: row('gauge', 'How long the first of them has waited.'),

  mlenv_container_cpu_seconds_total: row('counter', 'CPU time since its start.', container()),
  mlenv_container_cpu_usage_ratio: row(
    'gauge',
    'CPU use between the last two samples; 1 is one core.',
    container(),
  ),
  mlenv_container_memory_bytes: row(
    'gauge',
    'Memory without pages of files that could be dropped at once.',
    container(),
  ),
  mlenv_container_memory_limit_bytes: row('gauge', 'Its limit of memory.', container()),
  mlenv_container_network_receive_bytes_total: row('counter', 'Since its start.', container()),
  mlenv_container_network_transmit_bytes_total: row('counter', 'Since its start.', container()),
  mlenv_container_disk_read_bytes_total: row('counter', 'Since its start.', container()),
  mlenv_container_disk_written_bytes_total: row('counter', 'Since its start.', container()),
  mlenv_samples_last_timestamp_seconds: row('gauge', 'When the last sample of use was taken.'),

  mlenv_host_cpus: row('gauge', 'Logical cores of the host.'),
  mlenv_host_cpu_usage_ratio: row('gauge', 'CPU use of the host; 1 is all cores.'),
  mlenv_host_load1: row('gauge', 'Load average of one minute.'),
  mlenv_host_load5: row('gauge', 'Load average of five minutes.'),
  mlenv_host_load15: row('gauge', 'Load average of fifteen minutes.'),
  mlenv_host_memory_total_bytes: row('gauge', 'Memory of the host.'),
  mlenv_host_memory_available_bytes: row('gauge', 'Memory that could be had at once.'),

  mlenv_gpu_inventory_up: row('gauge', '0: the cards could not be looked at.'),
  mlenv_gpus: row('gauge', 'Cards, by state.', ['state']),
  mlenv_gpu_info: row('gauge', 'Always 1; one card.', ['gpu', 'uuid', 'model', 'state']),
  mlenv_gpu_lease_info: row('gauge', 'Always 1; a card, or a slice of it, in one hand.', [
    'gpu',
    'uuid',
    'slice',
    'project',
    'environment',
    'container',
    'owner',
  ]),
  mlenv_gpu_utilization_ratio: row('gauge', 'Use of the card.', ['gpu', 'uuid']),
  mlenv_gpu_memory_used_bytes: row('gauge', 'Memory in use on the card.', ['gpu', 'uuid']),
  mlenv_gpu_memory_total_bytes: row('gauge', 'Memory of the card.', ['gpu', 'uuid']),
  mlenv_gpu_temperature_celsius: row('gauge', 'Temperature of the card.', ['gpu', 'uuid']),
  mlenv_gpu_power_watts: row('gauge', 'Power that the card draws.', ['gpu', 'uuid']),

  mlenv_quota_limit: row(
    'gauge',
    'What a project or a person may have: containers, cores, bytes, cards. None: no limit.',
    quota(),
  ),
  mlenv_quota_used: row('gauge', 'What counts against it now.', quota()),

  mlenv_source_up: row('gauge', '1: the last look at the remote went well.', ['source']),
  mlenv_source_last_success_timestamp_seconds: row('gauge', 'When the last one did.', ['source']),
  mlenv_source_waiting: row('gauge', '1: a commit waits for a person.', ['source']),
  mlenv_notices_pending: row('gauge', 'Notices that are not delivered yet.', ['receiver']),
  mlenv_notices_retrying: row('gauge', 'Of them, those that failed and are tried again.', [
    'receiver',
  ]),

  process_cpu_seconds_total: row('counter', 'CPU time of the controller.'),
  process_resident_memory_bytes: row('gauge', 'Memory of the controller.'),
  process_start_time_seconds: row('gauge', 'When the controller started, since the epoch.'),
  process_open_fds: row('gauge', 'Files that the controller has open.'),
} as const satisfies Readonly<Record<string, SeriesRow>>;

export type SeriesKind = 'gauge' | 'counter' | 'histogram';

export interface SeriesRow {
  readonly kind: SeriesKind;
  readonly help: string;
  readonly labels: readonly string[];
}

export type SeriesName = keyof typeof seriesTable;

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Of a histogram alone. */
  readonly suffix?: '_bucket' | '_sum' | '_count';
}

/** All samples of one name, which stand together. */
export interface Family extends Pick<SeriesRow, 'kind' | 'help'> {
  readonly name: string;
  readonly samples: readonly Sample[];
}

/** What one part of the controller has to say; a name that is missing has no samples now. */
export type Readings = { readonly [name in SeriesName]?: readonly Sample[] };

/** In the order of the table; names without samples are left out. */
export const familiesOf = (readings: Readings): readonly Family[] =>
  seriesNames.flatMap((name) => {
    const samples = readings[name] ?? [];
    const { kind, help } = seriesTable[name];
    return samples.length === 0 ? [] : [{ name, kind, help, samples }];
  });

export const seriesNames = Object.keys(seriesTable) as readonly SeriesName[];

/** One sample, or none where the value is not known: that is never 0. */
export const one = (
  value: number | null,
  labels: Readonly<Record<string, string>> = {},
): readonly Sample[] => (value === null ? [] : [{ labels, value }]);

export const flag = (
  value: boolean,
  labels: Readonly<Record<string, string>> = {},
): readonly Sample[] => one(value ? 1 : 0, labels);

function row<const K extends SeriesKind>(
  kind: K,
  help: string,
  labels: readonly string[] = [],
): SeriesRow & { readonly kind: K } {
  return { kind, help, labels };
}

/** Two people may have projects of one name: the id tells them apart. */
function place(): readonly string[] {
  return ['project', 'environment', 'project_id'];
}

function container(): readonly string[] {
  return [...place(), 'container'];
}

function quota(): readonly string[] {
  return ['subject', 'name', 'path', 'resource'];
}
