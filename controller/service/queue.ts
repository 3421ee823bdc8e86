import type { QueueReport } from '../model/pool-api.ts';
import type { Environment } from '../model/environment.ts';
import { parseKey } from '../model/key.ts';
import { bytes } from '../plan/words.ts';
import { waitingNow } from '../reconcile/admission.ts';
import type { Core } from '../reconcile/core.ts';

/** Who waits for admission, in the order in which they are served. */
export const queueReport = ({ deps }: Core): QueueReport => {
  const { store, config } = deps;
  // Who is refused has no place: only another file or another policy helps.
  const inLine = waitingNow(deps).filter(({ answer }) => answer.kind !== 'refuse');
  const waiting = inLine.toSorted(
    (a, b) =>
      b.request.wish.priority - a.request.wish.priority ||
      a.request.requestedAt - b.request.requestedAt ||
      (a.request.key < b.request.key ? -1 : 1),
  );
  return {
    order: config.current().queue.order,
    items: waiting.map(({ request, answer }, index) => {
      const record = store.environments.get(request.key);
      const { projectId, environment } = parseKey(request.key);
      return {
        place: index + 1,
        project: store.projects.get(projectId)?.name ?? projectId,
        projectPath: request.projectPath,
        environment,
        priority: request.wish.priority,
        asks: asksText(request.wish),
        since: new Date(request.requestedAt).toISOString(),
        // What it was told last counts where nothing but the host, which is not asked here, stands in its way.
        reason: answer.kind !== 'grant' ? answer.reason : (record?.reason ?? 'Pending'),
        message: answer.kind !== 'grant' ? answer.message : (record?.message ?? ''),
      };
    }),
  };
};

/** `2 GPUs (H100), 8 cores, 32 GB` */
const asksText = ({ gpus, cpus, memoryBytes }: Environment): string => {
  const kind =
    gpus === null ? '' : [...gpus.models, ...(gpus.mig === null ? [] : [gpus.mig])].join('|');
  const parts = [
    ...(gpus === null
      ? []
      : [`${gpus.count} GPU${gpus.count === 1 ? '' : 's'}${kind === '' ? '' : ` (${kind})`}`]),
    ...(cpus === null ? [] : [`${cpus} core${cpus === 1 ? '' : 's'}`]),
    ...(memoryBytes === null ? [] : [bytes(memoryBytes)]),
  ];
  return parts.length === 0 ? 'a start' : parts.join(', ');
};
