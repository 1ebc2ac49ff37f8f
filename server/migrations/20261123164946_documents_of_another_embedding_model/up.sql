-- runs-with: >=0.1.0
CREATE FUNCTION files_without_vectors(p_model text, p_limit int) RETURNS TABLE (workspace_id uuid, project_id uuid, id uuid)
LANGUAGE sql STABLE AS $$
  SELECT f.workspace_id, f.project_id, f.id FROM files f
    WHERE f.state = 'ready' AND f.passages > 0 AND NOT EXISTS (SELECT FROM passage_vectors v
      WHERE v.workspace_id = f.workspace_id AND v.file_id = f.id AND v.model = p_model)
    ORDER BY f.indexed_at LIMIT p_limit
$$;
ALTER FUNCTION files_without_vectors(text, int) SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
REVOKE ALL ON FUNCTION files_without_vectors(text, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION files_without_vectors(text, int) TO chatbot_runtime;
GRANT CREATE ON SCHEMA public TO chatbot_system;
ALTER FUNCTION files_without_vectors(text, int) OWNER TO chatbot_system;
REVOKE CREATE ON SCHEMA public FROM chatbot_system;

CREATE POLICY system ON passage_vectors TO chatbot_system USING (true) WITH CHECK (true);

GRANT SELECT ON passage_vectors TO chatbot_system;
