import type { Scope } from '../model/api.ts';
import type { Target } from './desk.ts';

/** What requests name that is no environment, as it is written down. */
export const projectTarget = (scope: Scope): Target => ({
  path: scope.kind === 'path' ? scope.path : null,
  project: scope.kind === 'project' ? scope.project : null,
  environment: null,
});

export const receiverTarget = ({ receiver }: { readonly receiver: string }): Target => ({
  path: null,
  project: null,
  environment: null,
  resource: { type: 'receiver', id: receiver },
});

export const gpuTarget = (request: { readonly gpu: string }): Target => ({
  path: null,
  project: null,
  environment: null,
  resource: { type: 'gpu', id: request.gpu },
});
