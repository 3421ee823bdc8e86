import { describe, expect, test } from 'vitest';
import type { AuditDetails, AuditEntry, AuditRow } from '../../controller/model/audit.ts';
import type { AuditTable } from '../../controller/model/store.ts';
import { noon, openTestStore, project } from './support.ts';

const entry = (over: Partial<AuditEntry> = {}): AuditEntry => ({
  at: noon,
  uid: 1000,
  action: 'down',
  resourceType: 'environment',
  resourceId: '/home/ada/vision train',
  project: { id: 'p1', name: 'vision', ownerUid: 1000 },
  details: { by: 'ada', outcome: 'done', before: { train: { holds: [] } } },
  ...over,
});

const everything = { reader: null, project: null, user: null, since: null, limit: 100 };

describe('the audit log', () => {
  test("is the document's table, with what is asked for in columns", () => {
    const { store, hand } = openTestStore();
    store.audit.add(entry());
    expect(hand.prepare('SELECT * FROM audit_log').all()).toEqual([
      {
        id: 1,
        timestamp: '2026-03-01 12:00:00',
        user_id: 1000,
        action: 'down',
        resource_type: 'environment',
        resource_id: '/home/ada/vision train',
        details: '{"by":"ada","outcome":"done","before":{"train":{"holds":[]}}}',
        outcome: 'done',
        asked_by: 'ada',
        project_id: 'p1',
        project: 'vision',
        owner_uid: 1000,
      },
    ]);
  });

  test('is read newest last, and no more than asked for', () => {
    const { audit } = openTestStore().store;
    for (const minute of [0, 1, 2]) audit.add(entry({ at: noon + minute * 60_000 }));
    expect(audit.list({ ...everything, limit: 2 }).map(({ id, at }) => [id, at])).toEqual([
      [2, noon + 60_000],
      [3, noon + 120_000],
    ]);
    expect(audit.list({ ...everything, since: noon + 61_000 }).map(({ id }) => id)).toEqual([3]);
  });

  test('is asked by person, by name or uid, and by project, by name or folder', () => {
    const { store } = openTestStore();
    const { audit } = store;
    store.projects.insert(project());
    audit.add(entry());
    audit.add(
      entry({
        uid: 1001,
        project: { id: 'p2', name: 'speech', ownerUid: 1000 },
        details: { by: 'bob', outcome: 'refused', why: 'it is not his' },
      }),
    );
    audit.add(entry({ uid: null, project: null, details: { by: 'file', outcome: 'done' } }));
    const ids = (query: Partial<typeof everything> | object) =>
      audit.list({ ...everything, ...query }).map(({ id }) => id);
    expect(ids({ user: 'bob' })).toEqual([2]);
    expect(ids({ user: '1001' })).toEqual([2]);
    expect(ids({ project: 'speech' })).toEqual([2]);
    expect(ids({ project: '/home/ada/vision' })).toEqual([1]);
    expect(ids({ project: 'vision', user: 'bob' })).toEqual([]);
  });

  test('shows a reader what they did and what was done to their projects, gone or not', () => {
    const { audit } = openTestStore().store;
    audit.add(entry({ uid: 1001 }));
    audit.add(entry({ project: { id: 'p2', name: 'speech', ownerUid: 1001 } }));
    audit.add(entry({ uid: 0, project: null }));
    const ids = (reader: number | null) =>
      audit.list({ ...everything, reader }).map(({ id }) => id);
    expect(ids(1000)).toEqual([1, 2]);
    expect(ids(1001)).toEqual([1, 2]);
    expect(ids(1002)).toEqual([]);
    expect(ids(null)).toEqual([1, 2, 3]);
  });

  test('leaves out what a reader was refused of others, where it would tell that it is there', () => {
    const { audit } = openTestStore().store;
    const details = { by: 'bob', outcome: 'refused' as const, why: 'not theirs' };
    audit.add(entry({ uid: 1001, details, project: { id: 'p2', name: 'vision', ownerUid: 1000 } }));
    audit.add(entry({ uid: 1001, details, project: null, action: 'freeze' }));
    const ids = (reader: number, own: boolean) =>
      audit.list({ ...everything, reader, own }).map(({ id }) => id);
    expect(ids(1001, true)).toEqual([2]);
    expect(ids(1001, false)).toEqual([1, 2]);
    expect(ids(1000, true)).toEqual([1]);
  });

  test('bears rows that a hand wrote as in the document', () => {
    const { store, hand } = openTestStore();
    hand.prepare("INSERT INTO audit_log (action, details) VALUES ('note', 'no JSON')").run();
    expect(store.audit.list(everything)).toMatchObject([
      { action: 'note', details: 'no JSON', uid: null, project: null, resourceId: '' },
    ]);
  });

  describe('of who asks in a loop for what is refused', () => {
    const refused = (over: Partial<AuditEntry> = {}, why = 'it belongs to ada'): AuditEntry =>
      entry({ uid: 1001, details: { by: 'bob', outcome: 'refused', why }, ...over });
    const countOf = ({ details }: AuditRow): number =>
      (JSON.parse(details) as AuditDetails).count ?? 1;
    const counts = (audit: AuditTable): readonly (readonly [string, number])[] =>
      audit.list(everything).map((row) => [row.action, countOf(row)]);

    test('keeps the first and the number, a minute at a time', () => {
      const { audit } = openTestStore().store;
      for (let second = 0; second < 120; second += 1)
        audit.add(refused({ at: noon + second * 1000 }));
      expect(audit.list(everything).map((row) => [row.at, countOf(row)])).toEqual([
        [noon, 60],
        [noon + 60_000, 60],
      ]);
    });

    test('takes nothing together that differs, and nothing that was done', () => {
      const { audit } = openTestStore().store;
      const different = [
        refused(),
        refused({ uid: 1002 }),
        refused({ action: 'rm' }),
        refused({ resourceId: '/home/ada/vision notebook' }),
        refused({}, 'it belongs to eve'),
        entry(),
        entry(),
      ];
      for (const one of different) audit.add(one);
      expect(audit.list(everything).map(countOf)).toEqual(different.map(() => 1));
      audit.add(refused({ uid: null }));
      audit.add(refused({ uid: null }));
      expect(audit.list(everything).slice(different.length)).toMatchObject([
        { uid: null, details: expect.stringContaining('"count":2') },
      ]);
    });

    test('is bounded also where each is another', () => {
      const { audit } = openTestStore().store;
      for (let index = 0; index < 100; index += 1) {
        audit.add(refused({ action: `a${index}` }));
        audit.add(refused({ action: 'a0' }));
      }
      audit.add(refused({ uid: 1002, action: 'other' }));
      const all = counts(audit);
      expect(all).toHaveLength(62);
      expect(all[0]).toEqual(['a0', 101]);
      expect(all.slice(-2)).toEqual([
        ['several', 40],
        ['other', 1],
      ]);
      expect(audit.list({ ...everything, reader: 1000 })).toHaveLength(61);
      audit.add(refused({ at: noon + 61_000 }));
      expect(counts(audit).at(-1)).toEqual(['down', 1]);
    });

    test('leaves a row of a hand as it is', () => {
      const { store, hand } = openTestStore();
      const add = hand.prepare(
        `INSERT INTO audit_log (timestamp, user_id, action, resource_type, resource_id, details, outcome)
         VALUES ('2026-03-01 12:00:00', 1001, 'down', 'environment', '/home/ada/vision train', ?, 'refused')`,
      );
      for (const details of ['no JSON', 'null', null]) add.run(details);
      store.audit.add(refused());
      store.audit.add(refused());
      expect(store.audit.list(everything).map(({ details }) => details)).toEqual([
        'no JSON',
        'null',
        '',
        '{"by":"bob","outcome":"refused","why":"it belongs to ada","count":2}',
      ]);
    });

    test('of a clock that is set back begins anew', () => {
      const { audit } = openTestStore().store;
      audit.add(refused());
      audit.add(refused({ at: noon - 3_600_000 }));
      expect(audit.list(everything).map(countOf)).toEqual([1, 1]);
    });
  });
});
