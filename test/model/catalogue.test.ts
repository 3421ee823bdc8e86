import { describe, expect, it } from 'vitest';
import {
  categoryOf,
  imageNameOf,
  imageReferenceOf,
  repositoryOf,
} from '../../controller/model/catalogue.ts';

const digest = `sha256:${'0'.repeat(64)}`;

describe('a reference as people write it', () => {
  it.each([
    ['pytorch', 'pytorch', null, null],
    ['pytorch:24.05-py3', 'pytorch', '24.05-py3', null],
    ['nvidia/pytorch:24.05-py3', 'nvidia/pytorch', '24.05-py3', null],
    ['nvcr.io/nvidia/rapidsai/base', 'nvidia/rapidsai/base', null, null],
    [`nvcr.io/nvidia/pytorch:24.05-py3@${digest}`, 'nvidia/pytorch', '24.05-py3', digest],
    [`nvidia/pytorch@${digest}`, 'nvidia/pytorch', null, digest],
    [
      'https://catalog.ngc.nvidia.com/orgs/nvidia/containers/pytorch/tags/24.05-py3',
      'nvidia/pytorch',
      '24.05-py3',
      null,
    ],
    ['https://catalog.ngc.nvidia.com/orgs/nvidia/containers/pytorch', 'nvidia/pytorch', null, null],
    [
      'catalog.ngc.nvidia.com/orgs/nvidia/teams/clara/containers/monai-toolkit',
      'nvidia/clara/monai-toolkit',
      null,
      null,
    ],
    [
      'https://catalog.ngc.nvidia.com/orgs/nvidia/-/containers/pytorch/-?version=24.05-py3',
      'nvidia/pytorch',
      null,
      null,
    ],
  ])('%s', (text, repository, tag, pinned) => {
    expect(imageReferenceOf(text)).toEqual({ repository, tag, digest: pinned });
  });

  it.each(['', 'py torch', 'pytorch:', 'pytorch@sha256:12', '-x'])('is not %j', (text) => {
    expect(imageReferenceOf(text)).toBeNull();
  });
});

describe('the name of a repository', () => {
  it.each(['nvidia/pytorch', 'nvidia/clara/monai-toolkit'])('%s is read and written', (name) => {
    const read = imageNameOf(name);
    expect(read === null ? null : repositoryOf(read)).toBe(name);
  });

  it.each(['pytorch', 'a/b/c/d', 'a//b', 'a/../b'])('is not %s', (name) => {
    expect(imageNameOf(name)).toBeNull();
  });
});

describe('the category', () => {
  it.each([
    ['nvidia', '', 'pytorch', 'pytorch'],
    ['nvidia', '', 'tensorflow', 'tensorflow'],
    ['nvidia', '', 'tritonserver', 'triton'],
    ['nvidia', 'rapidsai', 'base', 'rapids'],
    ['nvidia', '', 'cuda', 'cuda'],
    ['nim', 'meta', 'llama', 'nim'],
    ['nvidia', '', 'driver', 'other'],
  ])('of %s/%s/%s is %s', (organization, team, name, category) => {
    expect(categoryOf({ organization, team, name })).toBe(category);
  });
});
