-- runs-with: >=0.1.0
CREATE INDEX "files_under_way_idx" ON "files" ("workspace_id","id") WHERE state IN ('queued', 'reading', 'embedding');

CREATE POLICY system ON files TO chatbot_system USING (true) WITH CHECK (true);

GRANT SELECT ON files TO chatbot_system;

CREATE FUNCTION files_under_way(p_untouched interval) RETURNS TABLE (workspace_id uuid, id uuid) LANGUAGE sql STABLE AS $$
  SELECT f.workspace_id, f.id FROM files f
    WHERE f.state IN ('queued', 'reading', 'embedding') AND f.updated_at < now() - p_untouched LIMIT 1000
$$;
ALTER FUNCTION files_under_way(interval) SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
REVOKE ALL ON FUNCTION files_under_way(interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION files_under_way(interval) TO chatbot_runtime;
GRANT CREATE ON SCHEMA public TO chatbot_system;
ALTER FUNCTION files_under_way(interval) OWNER TO chatbot_system;
REVOKE CREATE ON SCHEMA public FROM chatbot_system;

CREATE FUNCTION storage_keys_in_use(p_workspaces uuid[], p_files uuid[], p_keys text[]) RETURNS SETOF text LANGUAGE sql STABLE AS $$
  SELECT k.key FROM unnest(p_workspaces, p_files, p_keys) AS k(workspace_id, file_id, key)
    JOIN files f ON f.workspace_id = k.workspace_id AND f.id = k.file_id AND f.storage_key = k.key
$$;
ALTER FUNCTION storage_keys_in_use(uuid[], uuid[], text[]) SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
REVOKE ALL ON FUNCTION storage_keys_in_use(uuid[], uuid[], text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION storage_keys_in_use(uuid[], uuid[], text[]) TO chatbot_runtime;
GRANT CREATE ON SCHEMA public TO chatbot_system;
ALTER FUNCTION storage_keys_in_use(uuid[], uuid[], text[]) OWNER TO chatbot_system;
REVOKE CREATE ON SCHEMA public FROM chatbot_system;
