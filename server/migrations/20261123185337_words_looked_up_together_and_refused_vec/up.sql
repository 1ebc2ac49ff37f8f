-- runs-with: >=0.1.0
SET LOCAL ROLE chatbot_system;
DROP FUNCTION rank_passages(uuid, text, text[], text[], real[], int);
RESET ROLE;

SET LOCAL ROLE chatbot_system;
DROP FUNCTION files_without_vectors(text, int);
RESET ROLE;

CREATE FUNCTION files_without_vectors(p_model text, p_limit int) RETURNS TABLE (workspace_id uuid, project_id uuid, id uuid)
LANGUAGE sql STABLE AS $$
  SELECT f.workspace_id, f.project_id, f.id FROM files f
    WHERE f.state = 'ready' AND f.passages > 0
      AND (f.error_code IS DISTINCT FROM 'embedding_failed' OR f.indexed_at < now() - interval '30 minutes')
      AND NOT EXISTS (SELECT FROM passage_vectors v
        WHERE v.workspace_id = f.workspace_id AND v.file_id = f.id AND v.model = p_model)
    ORDER BY f.indexed_at LIMIT p_limit
$$;
ALTER FUNCTION files_without_vectors(text, int) SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
REVOKE ALL ON FUNCTION files_without_vectors(text, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION files_without_vectors(text, int) TO chatbot_runtime;
GRANT CREATE ON SCHEMA public TO chatbot_system;
ALTER FUNCTION files_without_vectors(text, int) OWNER TO chatbot_system;
REVOKE CREATE ON SCHEMA public FROM chatbot_system;

ALTER INDEX passage_words_words_idx SET (gin_pending_list_limit = 256);

ALTER TABLE file_words ALTER COLUMN words SET STORAGE EXTERNAL;

CREATE FUNCTION known_words(p_project uuid, p_words text[]) RETURNS SETOF text LANGUAGE plpgsql STABLE ROWS 5
SET enable_seqscan = off AS $$
DECLARE
  v_workspace uuid := nullif(current_setting('app.workspace_id', true), '')::uuid;
  v_scope tsquery := quote_literal('#' || v_workspace || '/' || p_project)::tsquery;
  v_some text[];
  v_any tsquery;
  v_word text;
BEGIN
  IF v_workspace IS NULL THEN RETURN; END IF;
  -- Hardly any of them stands anywhere: some are looked up together first, which costs little more than one.
  FOR v_at IN 1..cardinality(p_words) BY 16 LOOP
    v_some := p_words[v_at : v_at + 15];
    SELECT string_agg(quote_literal(s.word), ' | ')::tsquery INTO v_any FROM unnest(v_some) AS s(word);
    CONTINUE WHEN NOT EXISTS (SELECT FROM passage_words w WHERE w.words @@ (v_scope && v_any));
    FOREACH v_word IN ARRAY v_some LOOP
      IF EXISTS (SELECT FROM passage_words w WHERE w.words @@ (v_scope && quote_literal(v_word)::tsquery)) THEN
        RETURN NEXT v_word;
      END IF;
    END LOOP;
  END LOOP;
END $$;
ALTER FUNCTION known_words(uuid, text[]) SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
REVOKE ALL ON FUNCTION known_words(uuid, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION known_words(uuid, text[]) TO chatbot_runtime;
GRANT CREATE ON SCHEMA public TO chatbot_system;
ALTER FUNCTION known_words(uuid, text[]) OWNER TO chatbot_system;
REVOKE CREATE ON SCHEMA public FROM chatbot_system;

CREATE FUNCTION rank_passages(p_project uuid, p_first text, p_beside text, p_required text[], p_terms text[], p_weights real[],
  p_limit int)
RETURNS TABLE (file_id uuid, ordinal int, score real, matched int[]) LANGUAGE plpgsql STABLE ROWS 50
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  v_workspace uuid := nullif(current_setting('app.workspace_id', true), '')::uuid;
  v_scope tsquery := quote_literal('#' || v_workspace || '/' || p_project)::tsquery;
  v_first tsquery;
  v_beside tsquery;
  v_required text;
BEGIN
  IF v_workspace IS NULL THEN RETURN; END IF;
  FOREACH v_required IN ARRAY p_required LOOP
    v_scope := v_scope && v_required::tsquery;
  END LOOP;
  v_first := v_scope && p_first::tsquery;
  v_beside := v_scope && p_beside::tsquery && !!p_first::tsquery;
  RETURN QUERY
  WITH terms AS MATERIALIZED (
    SELECT t.place::int AS place, t.term::tsquery AS term,
           -- ts_rank takes the mean of alternatives, and counts repetitions with ever less weight up to 1.64493.
           t.weight * (numnode(t.term::tsquery) + 1) / 2 AS weight
      FROM unnest(p_terms, p_weights) WITH ORDINALITY AS t(term, weight, place)
  ), hits AS NOT MATERIALIZED (
    (SELECT w.workspace_id, w.file_id, w.ordinal, w.length, w.words FROM passage_words w WHERE w.words @@ v_first
      LIMIT 1000)
    UNION ALL
    (SELECT w.workspace_id, w.file_id, w.ordinal, w.length, w.words FROM passage_words w WHERE w.words @@ v_beside
      LIMIT 300)
  ), scored AS (
    SELECT h.file_id, h.ordinal, h.length, s.sum, s.matched, greatest(avg(h.length) OVER (), 1) AS usual FROM hits h
      CROSS JOIN LATERAL (
        SELECT sum(r.rank) AS sum, array_agg(r.place) FILTER (WHERE r.rank > 0) AS matched FROM (
          SELECT t.place, t.weight * ts_rank('{0.125, 0.5, 0.7, 1}'::real[], h.words, t.term) AS rank FROM terms t
        ) r
      ) s
     WHERE h.workspace_id = v_workspace
  )
  SELECT s.file_id, s.ordinal, (s.sum / (0.75 + 0.25 * s.length / s.usual))::real AS score, s.matched
    FROM scored s WHERE s.sum > 0 ORDER BY score DESC, s.file_id, s.ordinal LIMIT p_limit;
END $$;
ALTER FUNCTION rank_passages(uuid, text, text, text[], text[], real[], int) SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
REVOKE ALL ON FUNCTION rank_passages(uuid, text, text, text[], text[], real[], int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rank_passages(uuid, text, text, text[], text[], real[], int) TO chatbot_runtime;
GRANT CREATE ON SCHEMA public TO chatbot_system;
ALTER FUNCTION rank_passages(uuid, text, text, text[], text[], real[], int) OWNER TO chatbot_system;
REVOKE CREATE ON SCHEMA public FROM chatbot_system;
