/** The known word that `text` was probably meant to be; null where none is close. */
export const nearest = (text: string, known: readonly string[]): string | null => {
  if (text.length > 64) return null;
  const wanted = fold(text);
  const limit = Math.max(1, Math.floor(wanted.length / 3));
  const ranked = known
    .map((word) => ({ word, distance: editDistance(wanted, fold(word)) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.word ?? null;
};

/** What other tools call the fields that MLEnv has under another name. */
export const foreignFields: ReadonlyMap<string, string> = new Map([
  ['build', 'image'],
  ['cpu', 'cpus'],
  ['cpu_limit', 'cpus'],
  ['depends', 'dependsOn'],
  ['depends_on', 'dependsOn'],
  ['entry', 'entrypoint'],
  ['args', 'command'],
  ['cmd', 'command'],
  ['env_file', 'envFile'],
  ['environment', 'env'],
  ['envs', 'environments'],
  ['healthcheck', 'health'],
  ['livenessProbe', 'health'],
  ['logging', 'logs'],
  ['mem', 'memory'],
  ['mem_limit', 'memory'],
  ['name', 'project'],
  ['network_mode', 'network'],
  ['networks', 'network'],
  ['pids_limit', 'pids'],
  ['pull_policy', 'pull'],
  ['imagePullPolicy', 'pull'],
  ['read_only', 'readOnly'],
  ['restartPolicy', 'restart'],
  ['condition', 'when'],
  ['policy', 'when'],
  ['max_attempts', 'limit'],
  ['maxAttempts', 'limit'],
  ['maximumRetryCount', 'limit'],
  ['maxRetries', 'limit'],
  ['retries', 'limit'],
  ['activeDeadlineSeconds', 'timeout'],
  ['timeLimit', 'timeout'],
  ['services', 'environments'],
  ['shm_size', 'shm'],
  ['stop_grace_period', 'stopGrace'],
  ['version', 'apiVersion'],
  ['volumes', 'mounts'],
  ['working_dir', 'workdir'],
  ['workingDir', 'workdir'],
  ['start_period', 'startPeriod'],
]);

const fold = (text: string): string => text.toLowerCase().replace(/[-_ ]/g, '');

/** Insertions, deletions, replacements and swaps of neighbours. */
const editDistance = (a: string, b: string): number => {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min(
        (last[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (last[j - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) best = Math.min(best, (before[j - 2] ?? 0) + 1);
      row.push(best);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
};
