/**
 * Every fault that a user's file can have. A code is never reused for another meaning.
 * `docs/errors.md` is generated from this table.
 */
export const codes = {
  // The file as a whole.
  E_FILE_KIND: {
    title: 'It is not an ordinary file.',
    todo: 'Replace the folder, symbolic link, pipe or device by a file.',
  },
  E_FILE_READ: {
    title: 'It is there and cannot be read.',
    todo: 'Look at its permissions and at the disk.',
  },
  E_FILE_SIZE: { title: 'It is larger than 64 KiB.', todo: 'Shorten it, or split the project.' },
  E_ENCODING: {
    title: 'It is not clean UTF-8 text.',
    todo: 'Save it as UTF-8, without control characters.',
  },
  E_EMPTY: {
    title: 'It holds no fields.',
    todo: 'mlenv init writes a first one.',
  },

  // YAML.
  E_SYNTAX: {
    title: 'It is not YAML.',
    todo: 'Mend what the caret points at; often it is indentation, a colon or a quote.',
  },
  E_DEPTH: { title: 'It is nested deeper than 20 levels.', todo: 'Nest less.' },
  E_TOO_MANY_KEYS: { title: 'It has more than 2000 keys.', todo: 'Split the project.' },
  E_MULTIPLE_DOCUMENTS: {
    title: 'It holds several YAML documents.',
    todo: 'One file is one project: put the others into files of their own.',
  },
  E_DIRECTIVE: {
    title: 'A line begins with % and would change how YAML is read.',
    todo: 'Remove the line.',
  },
  E_TAG: { title: 'A value has a YAML tag (!…).', todo: 'Remove the tag; quote what is text.' },
  E_ANCHOR: {
    title: 'A YAML anchor (&…).',
    todo: 'Put what the environments share under defaults:.',
  },
  E_ALIAS: {
    title: 'A YAML alias (*…).',
    todo: 'Put what the environments share under defaults:.',
  },
  E_MERGE_KEY: {
    title: 'A YAML merge key (<<).',
    todo: 'Put what the environments share under defaults:.',
  },
  E_DUPLICATE_KEY: { title: 'A key stands twice in one map.', todo: 'Keep one of the two.' },
  E_KEY_TYPE: { title: 'A key is not text.', todo: 'Write a plain word as the key.' },
  E_NUMBER: {
    title: 'A number that cannot be kept exactly.',
    todo: 'Quote it, or write a smaller one.',
  },

  // Fields and values.
  E_API_VERSION: {
    title: 'apiVersion is missing or unknown.',
    todo: 'The first line is: apiVersion: mlenv/v1',
  },
  E_API_VERSION_NEWER: {
    title: 'The file was written for a newer MLEnv.',
    todo: 'Upgrade mlenv, or write apiVersion: mlenv/v1.',
  },
  E_UNKNOWN_FIELD: {
    title: 'There is no such field.',
    todo: 'Correct its name; x-… is the place for fields of your own.',
  },
  E_REQUIRED: { title: 'A field is missing.', todo: 'Add it.' },
  E_NO_VALUE: {
    title: 'A field has no value.',
    todo: 'Give it one, or remove it; an empty text is "".',
  },
  E_TYPE: {
    title: 'A value is of the wrong kind (text, number, list, map).',
    todo: 'Write it as the message says.',
  },
  E_QUOTE: {
    title: 'A text was read as a number or boolean and would change.',
    todo: 'Quote it: "3.10".',
  },
  E_VALUE: { title: 'A value is not one of those allowed.', todo: 'Choose one of them.' },
  E_FORMAT: { title: 'A text has the wrong form.', todo: 'Write it as the message says.' },
  E_RANGE: { title: 'A number or a length is out of range.', todo: 'Stay within the range.' },
  E_CONFLICT: { title: 'Two fields exclude each other.', todo: 'Keep one of them.' },
  E_POLICY: {
    title: 'A right that no environment gets; the message begins with the id of the rule.',
    todo: 'Remove it, as the cure says; policy.md lists the rules.',
  },
  E_RESERVED_VARIABLE: {
    title: 'A variable that MLEnv sets itself.',
    todo: 'Remove it, and ask for cards with gpus:.',
  },
  E_NAME: {
    title: 'A name of a project or an environment has the wrong form.',
    todo: 'Use lower-case letters, digits and dashes, at most 40, no dash at either end.',
  },

  // Variables and environment files.
  E_VARIABLE: {
    title: 'A ${…} that cannot be understood.',
    todo: 'Write ${NAME} or ${NAME:-default}; a dollar is $$.',
  },
  E_VARIABLE_UNSET: {
    title: 'A variable has no value.',
    todo: 'Set it in the file .env beside mlenv.yaml, or write ${NAME:-default}.',
  },
  E_ENV_FILE: {
    title: 'An environment file cannot be used.',
    todo: "It must be an ordinary file below the project's folder.",
  },
  E_ENV_SYNTAX: {
    title: 'A line of an environment file cannot be read.',
    todo: 'Lines are KEY=VALUE, comments (#…) or empty.',
  },

  E_LOCK: {
    title: 'mlenv.lock cannot be read, or was written for another mlenv.yaml.',
    todo: 'mlenv lock writes it anew; removed, nothing is locked.',
  },

  // What it means.
  E_COMMAND: {
    title: 'A command cannot be split into words.',
    todo: 'Close the quote, or write the command as a list.',
  },
  E_PATH: {
    title: 'A path that a container must not have.',
    todo: 'Choose an absolute path outside /proc, /sys and /dev.',
  },
  E_PATH_OUTSIDE: {
    title: "A path leaves the project's folder, and lies below no mount root of this host.",
    todo: 'Move what is needed into the folder, use a named volume, or have its folder added to mountRoots.',
  },
  E_MOUNT_SOURCE: {
    title: 'A socket, a device or a pipe is to be mounted.',
    todo: 'Mount an ordinary file or folder.',
  },
  E_MOUNT_READ_ONLY: {
    title: 'A mount below a read-only root asks for the right to write.',
    todo: 'Write readOnly: true, or leave it out, which means the same there.',
  },
  E_DUPLICATE_MOUNT: {
    title: 'Two mounts of one environment have the same target.',
    todo: 'Change one of the targets.',
  },
  E_DUPLICATE_PORT: {
    title: 'One environment publishes a container port twice.',
    todo: 'Keep one of the two.',
  },
  E_PORT_CLASH: {
    title: 'A host port is asked for twice.',
    todo: 'Change one of them, or write host: auto.',
  },
  E_RESERVED_LABEL: { title: "A label that is MLEnv's own.", todo: 'Choose another name.' },
  E_DEPENDENCY_UNKNOWN: {
    title: 'dependsOn names no environment of this file.',
    todo: 'Correct the name.',
  },
  E_DEPENDENCY_CYCLE: {
    title: 'Environments wait for each other in a circle.',
    todo: 'Remove one of the dependencies shown.',
  },
} as const satisfies Record<`E_${string}`, { readonly title: string; readonly todo: string }>;

export type Code = keyof typeof codes;
