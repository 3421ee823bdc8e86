import { parseKey } from '../model/key.ts';
import type { GenerationRecord } from '../model/record.ts';
import type { GenerationTable } from '../model/store-sources.ts';
import type { Connection } from './connection.ts';

/** History is for people: so many of each environment. */
const kept = 100;

export const generationTable = (db: Connection): GenerationTable => {
  const columns = `project_id AS projectId, environment, generation, digest, revision, author, subject,
    at_ms AS at, outcome, image`;
  const write = db.prepare<[GenerationRecord]>(
    `INSERT OR REPLACE INTO generations
       (project_id, environment, generation, digest, revision, author, subject, at_ms, outcome, image)
     VALUES (@projectId, @environment, @generation, @digest, @revision, @author, @subject, @at, @outcome, @image)`,
  );
  const forget = db.prepare<[string, string, number]>(
    'DELETE FROM generations WHERE project_id = ? AND environment = ? AND generation <= ?',
  );
  const pinned = db.prepare<[string, string, string, number, string]>(
    `UPDATE generations SET image = ?
     WHERE project_id = ? AND environment = ? AND generation = ? AND image <> ?`,
  );
  const ofProject = db.prepare<[string, number], GenerationRecord>(
    `SELECT ${columns} FROM generations WHERE project_id = ?
     ORDER BY at_ms DESC, environment, generation DESC LIMIT ?`,
  );
  const one = db.prepare<[string, string, number], GenerationRecord>(
    `SELECT ${columns} FROM generations WHERE project_id = ? AND environment = ? AND generation = ?`,
  );
  return {
    begin: (generation) => {
      write.run(generation);
      forget.run(generation.projectId, generation.environment, generation.generation - kept);
    },
    pinned: (key, generation, image) => {
      const { projectId, environment } = parseKey(key);
      pinned.run(image, projectId, environment, generation, image);
    },
    ofProject: (projectId, limit) => ofProject.all(projectId, limit),
    of: (key, generation) => {
      const { projectId, environment } = parseKey(key);
      return one.get(projectId, environment, generation) ?? null;
    },
  };
};
