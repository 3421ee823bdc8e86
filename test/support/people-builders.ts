import type { Person, PersonLimits } from '../../controller/admission/gate.ts';

const none = { limit: null, from: 'limit of every user' } as const;

export const anyLimits = (over: Partial<PersonLimits> = {}): PersonLimits => ({
  containers: none,
  cpus: none,
  memoryBytes: none,
  gpus: none,
  ...over,
});

export const person = (over: Partial<Person> = {}): Person => ({
  uid: 1000,
  name: 'alice',
  limits: anyLimits(),
  uses: new Map(),
  ...over,
});
