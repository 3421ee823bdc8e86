import { label } from './labels.ts';

/** Whose a name is that we need: by its id, and by what its labels say. */
export const heldName = (
  name: string,
  kind: 'container' | 'network' | 'volume',
  holder: {
    readonly id: string | null;
    readonly labels: Readonly<Record<string, string>>;
    readonly here: string;
  },
): string => {
  const { id, labels, here } = holder;
  const project = labels[label.project] ?? labels[label.projectId] ?? '';
  const instance = labels[label.instance] ?? '';
  const compose = labels['com.docker.compose.project'] ?? '';
  const of =
    instance !== ''
      ? `of MLEnv's project ${project}${instance === here ? '' : ` on the instance ${instance}`}`
      : compose !== ''
        ? `of the compose project ${compose}`
        : 'whose labels name no project: it was not made by MLEnv';
  return `${name} belongs to ${kind}${id === null ? '' : ` ${id.slice(0, 12)}`} ${of}; rename or remove it, as MLEnv never touches what is not its own`;
};

/** A volume without labels was made by hand in the place of ours, say to bring data back; and is used. */
export const isForeign = (
  labels: Readonly<Record<string, string>>,
  ours: Readonly<Record<string, string>>,
): boolean =>
  Object.keys(labels).length > 0 &&
  (labels[label.instance] !== ours[label.instance] ||
    labels[label.projectId] !== ours[label.projectId]);
