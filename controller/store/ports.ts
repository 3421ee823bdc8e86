import { environmentKey, parseKey } from '../model/key.ts';
import type { PortLease } from '../model/record.ts';
import { PortTaken } from '../model/store.ts';
import type { PortTable } from '../model/store.ts';
import type { Connection, Transaction } from './connection.ts';

/** `replace` throws PortTaken, and then changes nothing. */
export const portTable = (db: Connection, transaction: Transaction): PortTable => {
  const all = db.prepare<[], LeaseRow>(
    'SELECT * FROM port_leases ORDER BY host_port, protocol, host_ip',
  );
  const of = db.prepare<[string, string], LeaseRow>(
    `SELECT * FROM port_leases WHERE project_id = ? AND environment = ?
     ORDER BY container_port, protocol, host_port, host_ip`,
  );
  const onPort = db.prepare<[number, string], LeaseRow>(
    'SELECT * FROM port_leases WHERE host_port = ? AND protocol = ?',
  );
  const insert = db.prepare<[LeaseRow]>(
    `INSERT INTO port_leases VALUES (@project_id, @environment, @container_port, @protocol,
       @host_ip, @host_port, @auto)`,
  );
  const remove = db.prepare<[LeaseRow]>(
    `DELETE FROM port_leases
     WHERE host_ip = @host_ip AND host_port = @host_port AND protocol = @protocol`,
  );

  const take = (lease: PortLease): void => {
    const holder = onPort
      .all(lease.host, lease.protocol)
      .find((row) => overlaps(row.host_ip, lease.hostIp));
    if (holder !== undefined) throw new PortTaken(lease, environmentKey(fromRow(holder)));
    insert.run(toRow(lease));
  };

  return {
    all: () => all.all().map(fromRow),
    of: (key) => {
      const { projectId, environment } = parseKey(key);
      return of.all(projectId, environment).map(fromRow);
    },
    replace: (key, leases) => {
      const { projectId, environment } = parseKey(key);
      const wanted = leases.map((lease) => ({ ...lease, projectId, environment }));
      transaction(() => {
        const held = of.all(projectId, environment);
        if (sameLeases(held.map(fromRow), wanted)) return;
        for (const row of held) remove.run(row);
        try {
          for (const lease of wanted) take(lease);
        } catch (error) {
          // A caller may go on in an outer transaction: it must find the leases as they were.
          for (const row of of.all(projectId, environment)) remove.run(row);
          for (const row of held) insert.run(row);
          throw error;
        }
      });
    },
  };
};

interface LeaseRow {
  readonly project_id: string;
  readonly environment: string;
  readonly container_port: number;
  readonly protocol: PortLease['protocol'];
  readonly host_ip: string;
  readonly host_port: number;
  readonly auto: number;
}

/** A wildcard takes the port on every address of its family. */
const overlaps = (a: string, b: string): boolean =>
  a === b || (isV6(a) === isV6(b) && (isWildcard(a) || isWildcard(b)));

const isV6 = (ip: string): boolean => ip.includes(':');

const isWildcard = (ip: string): boolean => ip === '0.0.0.0' || ip === '::' || ip === '';

const sameLeases = (held: readonly PortLease[], wanted: readonly PortLease[]): boolean =>
  JSON.stringify(held.map(leaseText).sort()) === JSON.stringify(wanted.map(leaseText).sort());

const leaseText = (lease: PortLease): string => JSON.stringify(Object.values(toRow(lease)));

const toRow = (lease: PortLease): LeaseRow => ({
  project_id: lease.projectId,
  environment: lease.environment,
  container_port: lease.container,
  protocol: lease.protocol,
  host_ip: lease.hostIp,
  host_port: lease.host,
  auto: lease.auto ? 1 : 0,
});

const fromRow = (row: LeaseRow): PortLease => ({
  projectId: row.project_id,
  environment: row.environment,
  container: row.container_port,
  protocol: row.protocol,
  hostIp: row.host_ip,
  host: row.host_port,
  auto: row.auto === 1,
});
