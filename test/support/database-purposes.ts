/** One line for every table, view and trigger of the schema. */
export const purposes: Readonly<Record<string, string>> = {
  ngc_images: 'The catalogue of images.',
  image_versions: 'The tags of each image of the catalogue.',
  container_instances:
    'Every container that MLEnv made, from its creation on. The row of a removed one stays, as `deleted`.',
  idle: 'What is known of the use of each environment that is given back when nobody uses it.',
  image_pins:
    'Which image each environment runs whose file asks for one of the catalogue, or that a lock names.',
  resource_metrics: 'What each container used, over time.',
  usage_sums: 'What the averages of each container are made of, since its last start.',
  system_snapshots: 'What the whole host used, over time.',
  usage_hours:
    'What each environment used by the hour: the samples are gone after days, these after a year and more.',
  gpu_lease_history:
    'How long each environment held each card: one row for every lease, also those that were given back (`retention.usage`).',
  v_gpu_lease_begun: 'Leases of now, as `gpu_lease_history` tells of them.',
  gpu_lease_begun: 'every lease of an environment has a row in `gpu_lease_history`.',
  gpu_lease_ended: 'a lease that a hand gave back has ended there.',
  catalogue_syncs:
    'How far each reading of the catalogue is: one that was cut off goes on where it was.',
  engine_images: 'Since when each image of the engine is known, and when it was used last.',
  api_cache: 'Answers of the catalogue and of registries, and what they are asked for again with.',
  project_quotas:
    'What a project may use, and uses. The row is written at first sight of the project: five containers and no other limit.',
  gpu_allocations:
    'Which container holds which card, and which cards are not to be given out (`kind`; reserved ones are excluded here, as a query does not say who asks). A row may be written by hand: it holds the card until it is deleted.',
  gpus: 'The cards as they were seen last.',
  gpu_cordons: 'Cards that a person took out of the pool for new work.',
  users: 'Everybody who owns a project, from its first sight on. `id` is the Unix uid.',
  quota_profiles:
    'What a user, or each member of a group, may have: the row that `users.quota_profile_id` or `group_quotas` names. Several may share one.',
  group_quotas: 'Groups whose members have a limit.',
  project_owners: "Projects for which somebody else than the folder's owner answers.",
  user_usage:
    'What counts for each person: the sum over the projects, without what a project has a budget of its own for.',
  audit_log:
    'Who asked MLEnv for what. The same refusal within a minute is counted (`count` in `details`), and above 60 different ones of one asker the rest is counted in one row.',
  health_checks: 'What health checks answered.',
  projects: 'Every project that was seen, by an id that outlives a move of its folder.',
  environments: 'Every environment: what the user wrote, and how far MLEnv is with it.',
  holds:
    'What people asked to be kept as it is: `suspend` (no change at all), `down` (stopped), `rm` (absent), `rebuilt` (as it was found after the record was lost).',
  conditions: 'What status shows of each environment, and since when it is so.',
  events:
    'What happened. The same again within ten minutes is counted, ten that differ in their message alone become one, and beyond 25 rows of one environment a count grows; the newest 20 000 stay.',
  intents:
    'Written before an effect and closed after it: one that is open at start-up tells where the last process ended.',
  port_leases: 'Ports of the host that were given to environments.',
  volumes: 'Named volumes that MLEnv made, and whether they were given to their user.',
  sources: 'Git remotes of the configuration, and how far each was followed.',
  generations:
    'What each environment was, by which commit, and how it ended: the last hundred of each.',
  runs: 'Every start of a container up to its end, with what is kept of its log: the last 200 of each environment (`retention.runs`).',
  generation_ended: 'history keeps the last reason of each generation.',
  troubles: 'What fails now, or waits for a person, and since when: what notices are decided from.',
  notices:
    'The outbox of notices: written before they are sent, kept after (`retention.events`). Once told is told here.',
  meta: "MLEnv's own facts about this record.",
  v_active_containers: 'Containers that run, with what they used in the last five minutes.',
  v_system_summary: 'The host over the last hour.',
  v_free_gpus: 'Cards that are there and that nobody holds or keeps from being given out.',
  gpu_uuid_filled: 'a row that a hand wrote by index gets the uuid of its card.',
  gpu_index_known: 'containers of a GPU that was not seen before get its index in `gpu_devices`.',
  gpu_index_moved: '`gpu_devices` of containers that are not history follows their GPUs.',
  gpu_hand_refused:
    'a card has one exclusive hand, or several that share it; a whole card and a slice of it are never both given.',
  gpu_change_refused: 'the same for a row that becomes another one.',
  version_ordered:
    'versions of CUDA and Python are kept as numbers too, so that a search can compare them.',
  version_reordered: 'the same for a version that turned out to be another one.',
  project_usage:
    'What each project uses: the sum over its containers, and what was granted beyond them.',
  quota_row_inserted: 'a new quota row counts the containers that are there.',
  quota_row_moved: 'a quota row that moved with its project counts those at its new path.',
  container_row_inserted: "a new container counts for its project's quota.",
  container_row_updated:
    "a changed container counts for its project's quota, and for the one before.",
  container_row_removed:
    "a container row that was taken out no longer counts for its project's quota.",
  grant_inserted: 'a new grant counts for the quota of its project.',
  grant_updated: 'a grant that became another one counts as it is now.',
  grant_removed: 'a grant that is gone no longer counts.',
  gpu_lease_inserted: 'a card that was given counts for the quota of its project.',
  gpu_lease_updated: 'a lease that changed hands counts for both projects.',
  gpu_lease_removed: 'a card that was given back no longer counts.',
  project_inserted: 'leases that are older than the row of their project count from now on.',
  project_moved: 'a project that moved counts at its new path.',
  project_removed: 'a project that is gone no longer counts.',
  container_name_taken:
    'a new container of a name marks the one that held the name before as deleted, which keeps its history.',
};
