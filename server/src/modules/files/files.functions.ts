import { type Programmable, systemFunction } from '../../platform/database/programmable.ts'

/** What looks after files across tenants; none tells anything but ids and the keys it was asked for. */
export const fileFunctions: Programmable[] = [
  systemFunction(
    'files_under_way(interval)',
    `files_under_way(p_untouched interval) RETURNS TABLE (workspace_id uuid, id uuid) LANGUAGE sql STABLE AS $$
  SELECT f.workspace_id, f.id FROM files f
    WHERE f.state IN ('queued', 'reading', 'embedding') AND f.updated_at < now() - p_untouched LIMIT 1000
$$`,
  ),
  systemFunction(
    'files_without_vectors(text, int)',
    `files_without_vectors(p_model text, p_limit int) RETURNS TABLE (workspace_id uuid, project_id uuid, id uuid)
LANGUAGE sql STABLE AS $$
  SELECT f.workspace_id, f.project_id, f.id FROM files f
    WHERE f.state = 'ready' AND f.passages > 0
      AND (f.error_code IS DISTINCT FROM 'embedding_failed' OR f.indexed_at < now() - interval '30 minutes')
      AND NOT EXISTS (SELECT FROM passage_vectors v
        WHERE v.workspace_id = f.workspace_id AND v.file_id = f.id AND v.model = p_model)
    ORDER BY f.indexed_at LIMIT p_limit
$$`,
  ),
  systemFunction(
    'storage_keys_in_use(uuid[], uuid[], text[])',
    `storage_keys_in_use(p_workspaces uuid[], p_files uuid[], p_keys text[]) RETURNS SETOF text LANGUAGE sql STABLE AS $$
  SELECT k.key FROM unnest(p_workspaces, p_files, p_keys) AS k(workspace_id, file_id, key)
    JOIN files f ON f.workspace_id = k.workspace_id AND f.id = k.file_id AND f.storage_key = k.key
$$`,
  ),
]
