import type { ConfirmRequest } from '../model/api.ts';
import type { ObserveRequest } from '../model/freeze.ts';
import { flag, object, optionalText, text } from './http-request.ts';

export const confirmOf = (value: unknown): ConfirmRequest => ({
  ...thawOf(value),
  user: optionalText(object(value, 'body'), 'user'),
});

export const thawOf = (value: unknown): { readonly by: string } => ({
  by: text(object(value, 'body'), 'by'),
});

export const observeOf = (value: unknown): ObserveRequest => ({
  ...thawOf(value),
  on: flag(object(value, 'body'), 'on'),
});
