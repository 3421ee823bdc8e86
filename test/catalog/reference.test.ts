import { describe, expect, it } from 'vitest';
import { parseReference, parseRepository } from '../../controller/catalog/reference.ts';

const digest = `sha256:${'a'.repeat(64)}`;

describe('parseReference', () => {
  it.each([
    ['busybox', 'docker.io', 'library/busybox', 'latest', null],
    ['busybox:1.36', 'docker.io', 'library/busybox', '1.36', null],
    ['docker.io/busybox', 'docker.io', 'library/busybox', 'latest', null],
    ['index.docker.io/library/busybox', 'docker.io', 'library/busybox', 'latest', null],
    ['pytorch/pytorch:2.4.0-cuda12.4', 'docker.io', 'pytorch/pytorch', '2.4.0-cuda12.4', null],
    ['nvcr.io/nvidia/pytorch:24.05-py3', 'nvcr.io', 'nvidia/pytorch', '24.05-py3', null],
    [
      'nvcr.io/nvidia/clara/monai-toolkit:1.0',
      'nvcr.io',
      'nvidia/clara/monai-toolkit',
      '1.0',
      null,
    ],
    ['localhost/app', 'localhost', 'app', 'latest', null],
    ['localhost:5000/team/app:v1', 'localhost:5000', 'team/app', 'v1', null],
    ['HOST/app', 'HOST', 'app', 'latest', null],
    [`ghcr.io/a/b@${digest}`, 'ghcr.io', 'a/b', null, digest],
    [`ghcr.io/a/b:1@${digest}`, 'ghcr.io', 'a/b', '1', digest],
    ['ghcr.io/a/b__c-d.e', 'ghcr.io', 'a/b__c-d.e', 'latest', null],
  ])('reads %s', (source, registry, repository, tag, digest) => {
    expect(parseReference(source)).toEqual({
      ok: true,
      value: { registry, repository, tag, digest },
    });
  });

  it.each([
    ['', 'lower-case words'],
    ['nvcr.io/NVIDIA/pytorch', 'capitals'],
    ['nvcr.io/nvidia//pytorch', 'lower-case words'],
    ['nvcr.io/../etc', 'lower-case words'],
    ['a/b?c', 'lower-case words'],
    ['a:b c', 'a tag that'],
    ['a:', 'a tag that'],
    [`a@sha256:short`, 'a digest that'],
    [`a@${digest}@${digest}`, 'more than one @'],
    ['a.b:port/c', 'no host'],
    ['-bad.example/c', 'no host'],
    [`a/${'b'.repeat(300)}`, 'lower-case words'],
  ])('refuses %s', (source, why) => {
    const read = parseReference(source);
    expect(read.ok ? '' : read.trouble).toContain(why);
  });

  it('reads a repository on its own', () => {
    expect(parseRepository('nvcr.io/nvidia/pytorch')).toMatchObject({
      value: { registry: 'nvcr.io', repository: 'nvidia/pytorch' },
    });
    expect(parseRepository('nvcr.io/nvidia/pytorch:24.05').ok).toBe(false);
  });
});
