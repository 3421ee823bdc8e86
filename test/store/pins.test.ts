import { expect, test } from 'vitest';
import type { ImagePin } from '../../controller/model/image-pin.ts';
import { environment, noon, openTestStore, project } from './support.ts';

const key = 'p1/notebook';
const pin: ImagePin = {
  projectId: 'p1',
  environment: 'notebook',
  choice: 'pytorch@24.05',
  reference: 'nvcr.io/nvidia/pytorch:24.05-py3',
  digest: `sha256:${'a'.repeat(64)}`,
  source: 'catalogue',
  generation: 1,
  made: false,
  at: noon,
};

const stored = () => {
  const { store } = openTestStore();
  store.projects.insert(project());
  store.environments.insert(environment());
  return store;
};

test('a pin is kept until another takes its place, and goes with its environment', () => {
  const { pins, environments } = stored();
  expect(pins.of(key)).toBeNull();
  pins.set(pin);
  expect(pins.of(key)).toEqual(pin);
  pins.used(key);
  expect(pins.of(key)).toEqual({ ...pin, made: true });
  pins.set({ ...pin, choice: 'pytorch@24.06', source: 'registry', generation: 2 });
  expect(pins.of(key)).toMatchObject({ choice: 'pytorch@24.06', generation: 2, made: false });
  pins.remove(key);
  expect(pins.of(key)).toBeNull();
  pins.set(pin);
  environments.remove(key);
  expect(pins.of(key)).toBeNull();
});

test('a generation keeps the image that it came to', () => {
  const { generations } = stored();
  const first = {
    projectId: 'p1',
    environment: 'notebook',
    generation: 1,
    digest: 'mle1:a',
    revision: '',
    author: '',
    subject: '',
    at: noon,
    outcome: 'Pending',
    image: '',
  };
  generations.begin(first);
  generations.begin({ ...first, generation: 2 });
  generations.pinned(key, 2, 'a:1@sha256:b');
  expect(generations.of(key, 1)?.image).toBe('');
  expect(generations.of(key, 2)?.image).toBe('a:1@sha256:b');
});
