import type { Database } from 'better-sqlite3';

/**
 * Some rows of every table of the document, at times around `now`, which is text that SQLite's
 * datetime() takes: 'now', or a fixed time. `noTeam`: SQL for a team that is missing; '' before version 21.
 */
export const fillDocumentTables = (db: Database, now: string, noTeam = 'NULL'): void => {
  const at = (shift: string): string => `datetime('${now}', '${shift}')`;
  db.exec(`
    INSERT INTO ngc_images (name, display_name, organization, team, category, description, created_at, updated_at, last_synced) VALUES
      ('pytorch', 'PyTorch', 'nvidia', ${noTeam}, 'pytorch', 'Tensors and networks', ${at('-300 days')}, ${at('-3 days')}, ${at('-1 hour')}),
      ('torchserve', 'TorchServe', 'nvidia', 'serving', 'pytorch', 'Serves models', ${at('-200 days')}, ${at('-9 days')}, ${at('-1 hour')}),
      ('tensorflow', 'TensorFlow', 'nvidia', ${noTeam}, 'tensorflow', 'Graphs', ${at('-300 days')}, ${at('-5 days')}, ${at('-1 hour')});
    INSERT INTO image_versions (image_id, tag, digest, size_bytes, created_at, cuda_version, python_version, framework_version) VALUES
      (1, '24.05-py3', 'sha256:aa', 9000000000, ${at('-90 days')}, '12.4', '3.10', '2.4.0'),
      (1, '23.01-py3', 'sha256:bb', 8000000000, ${at('-400 days')}, '12.0', '3.8', '1.14.0'),
      (3, '23.02-tf2', 'sha256:cc', 7000000000, ${at('-380 days')}, '12.0', '3.8', '2.11.0');
    INSERT INTO project_quotas (project_path, max_gpus) VALUES
      ('/home/user/project', 4), ('/home/user/my-project', NULL);
    INSERT INTO container_instances (container_id, container_name, image_name, project_path, status, cpu_limit, memory_limit_gb, gpu_devices, port_mappings, created_at, started_at, stopped_at, cpu_usage_avg, memory_usage_avg_gb, gpu_utilization_avg) VALUES
      ('abc123', 'mlenv-project-abc123', 'pytorch:24.05-py3', '/home/user/project', 'running', 8, 32, '["0","1"]', '{"8888":"8888"}', ${at('-2 hours')}, ${at('-2 hours')}, NULL, 350.5, 12.5, 71),
      ('def456', 'mlenv-project-def456', 'tensorflow:23.02-tf2', '/home/user/project', 'running', 4, 16, '[]', '{"6006":"16006"}', ${at('-1 hours')}, ${at('-1 hours')}, NULL, 80.25, 20, NULL),
      ('aaa111', 'mlenv-my-project-train', 'pytorch:23.01-py3', '/home/user/my-project', 'stopped', 2, 8, '["2"]', '{}', ${at('-3 days')}, ${at('-3 days')}, ${at('-2 days')}, 99, 4, 90),
      ('bbb222', 'mlenv-my-project-old', 'pytorch:23.01-py3', '/home/user/my-project', 'deleted', 2, 8, '["3"]', '{}', ${at('-9 days')}, ${at('-9 days')}, ${at('-8 days')}, NULL, NULL, NULL);
    INSERT INTO resource_metrics (container_id, timestamp, cpu_percent, memory_used_gb, memory_percent, gpu_metrics) VALUES
      ('abc123', ${at('-1 minutes')}, 300, 10, 31.25, '[{"gpu_id":0,"utilization":78,"memory_used":8192}]'),
      ('abc123', ${at('-3 minutes')}, 401, 15.5, 48.4, '[{"gpu_id":0,"utilization":64,"memory_used":8192}]'),
      ('abc123', ${at('-30 minutes')}, 199, 9, 28.1, NULL),
      ('abc123', ${at('-8 days')}, 100, 9, 28.1, NULL),
      ('aaa111', ${at('-2 days')}, 99, 4, 50, NULL);
    INSERT INTO system_snapshots (timestamp, cpu_percent, cpu_cores, memory_total_gb, memory_used_gb, memory_available_gb, memory_percent, gpu_stats, load_1min, load_5min, load_15min) VALUES
      (${at('-40 days')}, 5, 64, 512, 51.2, 460.8, 10, '[]', 1, 1, 1),
      (${at('-2 hours')}, 90, 64, 512, 460.8, 51.2, 90, '[]', 60, 50, 40),
      (${at('-10 minutes')}, 50, 64, 512, 256, 256, 50, '[]', 20, 30, 40),
      (${at('-1 minutes')}, 25, 64, 512, 128, 384, 25, '[{"gpu_id":0,"utilization":45}]', 10.5, 20, 30);
    INSERT INTO api_cache (endpoint, response, cached_at, expires_at) VALUES
      ('/api/v2/images', '{"images":[]}', ${at('-10 minutes')}, ${at('+50 minutes')}),
      ('/api/v2/old', '{}', ${at('-1 day')}, ${at('-23 hours')});
    INSERT INTO gpu_allocations (gpu_id, container_name, allocated_at) VALUES
      (1, 'mlenv-project-abc123', ${at('-2 hours')}),
      (2, 'mlenv-other-000000', ${at('-2 hours')});
  `);
};

/** Some rows of the reconciler's tables; `now` in milliseconds. */
export const fillRecordTables = (db: Database, now: number): void => {
  const minute = 60_000;
  db.exec(`
    INSERT INTO projects (id, name, path, device, inode, owner_uid, owner_gid, first_seen_at_ms, revision) VALUES
      ('k3v9', 'project', '/home/user/project', '2049', '131', 1000, 1000, ${now - 300 * minute}, '');
    INSERT INTO environments (project_id, environment, uid, raw, digest, generation, observed_generation, phase, reason, message, container_id, restarts, last_failure, anonymous_volumes, remove_volumes, created_at_ms) VALUES
      ('k3v9', 'notebook', 'u1', '{"image":"pytorch:24.05-py3","ports":[8888]}', 'mle1:aa', 1, 1, 'running.healthy', 'Healthy', 'The health check passes.', 'abc123', 0, '', '[]', 0, ${now - 120 * minute}),
      ('k3v9', 'train', 'u2', '{"image":"pytorch:24.05-py3"}', 'mle1:bb', 2, 2, 'backingOff', 'BackOff', 'It ended with exit code 1.', NULL, 3, 'exit code 1', '[]', 0, ${now - 60 * minute});
    INSERT INTO port_leases VALUES ('k3v9', 'notebook', 8888, 'tcp', '127.0.0.1', 8888, 0);
    INSERT INTO events (at_ms, first_at_ms, count, type, reason, message, project_id, environment) VALUES
      (${now - 120 * minute}, ${now - 120 * minute}, 1, 'Normal', 'Running', 'The container runs.', 'k3v9', 'notebook'),
      (${now - minute}, ${now - 9 * minute}, 3, 'Warning', 'BackOff', 'It ended with exit code 1.', 'k3v9', 'train');
  `);
};
