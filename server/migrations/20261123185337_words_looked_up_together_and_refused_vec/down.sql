SET LOCAL ROLE chatbot_system;
DROP FUNCTION rank_passages(uuid, text, text, text[], text[], real[], int);
RESET ROLE;

SET LOCAL ROLE chatbot_system;
DROP FUNCTION known_words(uuid, text[]);
RESET ROLE;

ALTER TABLE file_words ALTER COLUMN words SET STORAGE EXTENDED;

ALTER INDEX passage_words_words_idx RESET (gin_pending_list_limit);

SET LOCAL ROLE chatbot_system;
DROP FUNCTION files_without_vectors(text, int);
RESET ROLE;

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

CREATE FUNCTION rank_passages(p_project uuid, p_candidates text, p_required text[], p_terms text[], p_weights real[], p_limit int)
RETURNS TABLE (file_id uuid, ordinal int, score real, matched int[]) LANGUAGE plpgsql STABLE ROWS 50
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  v_workspace uuid := nullif(current_setting('app.workspace_id', true), '')::uuid;
  v_query tsquery := quote_literal('#' || v_workspace || '/' || p_project)::tsquery && p_candidates::tsquery;
  v_required text;
BEGIN
  IF v_workspace IS NULL THEN RETURN; END IF;
  FOREACH v_required IN ARRAY p_required LOOP
    v_query := v_query && v_required::tsquery;
  END LOOP;
  RETURN QUERY
  WITH hits AS MATERIALIZED (
    SELECT w.workspace_id, w.file_id, w.ordinal, w.length, w.words FROM passage_words w WHERE w.words @@ v_query
     LIMIT 1500
  ), terms AS MATERIALIZED (
    SELECT t.place::int AS place, t.term::tsquery AS term,
           -- ts_rank takes the mean of alternatives, and counts repetitions with ever less weight up to 1.64493.
           t.weight * (numnode(t.term::tsquery) + 1) / 2 AS weight
      FROM unnest(p_terms, p_weights) WITH ORDINALITY AS t(term, weight, place)
  ), usual AS (
    SELECT greatest(avg(h.length), 1) AS length FROM hits h
  ), scored AS (
    SELECT h.file_id, h.ordinal, h.length, s.sum, s.matched FROM hits h
      CROSS JOIN LATERAL (
        SELECT sum(r.rank) AS sum, array_agg(r.place) FILTER (WHERE r.rank > 0) AS matched FROM (
          SELECT t.place, t.weight * ts_rank('{0.125, 0.5, 0.7, 1}'::real[], h.words, t.term) AS rank FROM terms t
        ) r
      ) s
     WHERE h.workspace_id = v_workspace
  )
  SELECT s.file_id, s.ordinal, (s.sum / (0.75 + 0.25 * s.length / u.length))::real AS score, s.matched
    FROM scored s, usual u WHERE s.sum > 0 ORDER BY score DESC, s.file_id, s.ordinal LIMIT p_limit;
END $$;
ALTER FUNCTION rank_passages(uuid, text, text[], text[], real[], int) SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
REVOKE ALL ON FUNCTION rank_passages(uuid, text, text[], text[], real[], int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rank_passages(uuid, text, text[], text[], real[], int) TO chatbot_runtime;
GRANT CREATE ON SCHEMA public TO chatbot_system;
ALTER FUNCTION rank_passages(uuid, text, text[], text[], real[], int) OWNER TO chatbot_system;
REVOKE CREATE ON SCHEMA public FROM chatbot_system;
