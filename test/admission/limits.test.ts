import { describe, expect, it } from 'vitest';
import {
  personLimits,
  projectLimits,
  type PersonFacts,
} from '../../controller/admission/limits.ts';
import { defaultHostConfig } from '../../controller/model/config.ts';
import { noLimits, type Limits, type QuotaConfig } from '../../controller/model/quota.ts';
import type { ProjectLimits } from '../../controller/model/record.ts';
import { path, quota } from '../support/admission-builders.ts';

const config = (over: Partial<QuotaConfig> = {}): QuotaConfig => ({
  ...defaultHostConfig.quotas,
  ...over,
});
const gpus = (limit: Limits['gpus']): Limits => ({ ...noLimits, gpus: limit });
const map = (limits: Readonly<Record<string, Limits>>) => new Map(Object.entries(limits));

describe('what a user may have', () => {
  const ask = (facts: Partial<PersonFacts>, over: Partial<QuotaConfig> = {}): string => {
    const { limit, from } = personLimits(
      { name: 'alice', login: 'alice', groups: [], own: noLimits, ofGroups: new Map(), ...facts },
      config(over),
    ).gpus;
    return `${limit ?? 'any'}, ${from}`;
  };
  const inFile = {
    user: gpus(1),
    groups: map({ students: gpus(2), staff: gpus(4), admins: gpus('unlimited'), all: noLimits }),
    users: map({ alice: gpus(3) }),
  };

  it.each([
    ['nobody says anything', {}, {}, 'any, limit of every user'],
    ['the host has a default', { login: 'bob' }, inFile, '1, limit of every user'],
    ['the file names the user', { groups: ['staff'] }, inFile, '3, limit of alice'],
    ['the record names the user too', { own: gpus(7) }, inFile, '7, limit of alice'],
    ['the user may have any', { own: gpus('unlimited') }, inFile, 'any, limit of alice'],
    [
      'a group says it',
      { login: 'bob', groups: ['students'] },
      inFile,
      '2, limit of group students',
    ],
    [
      'several groups say it',
      { login: 'bob', groups: ['students', 'staff', 'all'] },
      inFile,
      '4, limit of group staff',
    ],
    [
      'one of them has no limit',
      { login: 'bob', groups: ['staff', 'admins'] },
      inFile,
      'any, limit of group admins',
    ],
    [
      'a group says nothing of this',
      { login: 'bob', groups: ['all', 'others'] },
      inFile,
      '1, limit of every user',
    ],
    [
      'the record says more of a group',
      { login: 'bob', groups: ['students'], ofGroups: map({ students: gpus(5) }) },
      inFile,
      '5, limit of group students',
    ],
    [
      'groups cannot be read',
      { login: 'bob', groups: null },
      inFile,
      '1, limit of every user; the groups of alice could not be read',
    ],
    ['the login name is not known', { login: null }, inFile, '1, limit of every user'],
  ] as const)('where %s', (_, facts, over, expected) => {
    expect(ask(facts, over)).toBe(expected);
  });
});

describe('the row of a project', () => {
  const row: ProjectLimits = quota({ maxContainers: 5, defaulted: { containers: 5 } });
  const settled = (from: Partial<ProjectLimits>, over: Partial<QuotaConfig> = {}) =>
    projectLimits({ ...row, ...from }, config(over));
  const wide = { project: { ...noLimits, containers: 10, memoryBytes: 2 ** 31 } };
  const own = { projects: map({ [path]: { ...gpus(4), memoryBytes: 'unlimited' } }) };

  it('stays as it is where nobody says anything', () => {
    expect(row).toMatchObject(settled({}));
  });

  it('follows the default, back as well', () => {
    const after = settled({}, wide);
    expect(after).toMatchObject({
      maxContainers: 10,
      maxMemoryGb: 2,
      maxGpus: null,
      overrides: {},
      defaulted: { containers: 10, memoryBytes: 2 },
    });
    expect(projectLimits(after, config())).toMatchObject({ maxContainers: 5, maxMemoryGb: null });
  });

  it('keeps what a hand wrote beside the default', () => {
    expect(settled({ maxContainers: 7, maxGpus: 2 }, wide)).toMatchObject({
      maxContainers: 7,
      maxGpus: 2,
      maxMemoryGb: 2,
    });
  });

  it('has the budget that the configuration gives it, until that is taken away', () => {
    const after = settled({ maxGpus: 2 }, own);
    expect(after).toMatchObject({
      maxGpus: 4,
      maxMemoryGb: null,
      overrides: { gpus: 'config', memoryBytes: 'config' },
    });
    expect(projectLimits(after, config())).toMatchObject({ maxGpus: null, overrides: {} });
  });

  it('keeps the budget that was set, whatever the configuration says', () => {
    const set = { maxGpus: 1, overrides: { gpus: 'set' } } as const;
    expect(settled(set, own)).toMatchObject({ maxGpus: 1, overrides: { gpus: 'set' } });
  });

  it('is settled once: a second look changes nothing', () => {
    for (const over of [{}, wide, own]) {
      const after = settled({}, over);
      expect(projectLimits(after, config(over))).toEqual(after);
    }
  });
});
