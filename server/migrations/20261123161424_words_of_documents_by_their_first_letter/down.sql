-- What is there is sorted by the old key; documents fill it again when they are read.
TRUNCATE "file_words";

SET LOCAL ROLE chatbot_system;
DROP FUNCTION rank_passages(uuid, text, text[], text[], real[], int);
RESET ROLE;

SET LOCAL ROLE chatbot_system;
DROP FUNCTION count_passages(uuid, text[]);
RESET ROLE;

ALTER TABLE "file_words" ADD COLUMN "length" smallint;

ALTER TABLE "file_words" DROP COLUMN "initial";

ALTER TABLE "file_words" ADD PRIMARY KEY ("workspace_id","file_id","length");

CREATE INDEX "file_words_project_idx" ON "file_words" ("workspace_id","project_id","length");

CREATE FUNCTION count_passages(p_project uuid, p_terms text[]) RETURNS int[] LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
DECLARE
  v_workspace uuid := nullif(current_setting('app.workspace_id', true), '')::uuid;
  v_scope tsquery := quote_literal('#' || v_workspace || '/' || p_project)::tsquery;
  v_term text;
  v_count int;
  v_counts int[] := '{}';
BEGIN
  IF v_workspace IS NULL THEN RETURN v_counts; END IF;
  FOREACH v_term IN ARRAY p_terms LOOP
    SELECT count(*) INTO v_count FROM (
      SELECT FROM passage_words w WHERE w.words @@ (v_scope && v_term::tsquery) LIMIT 2000
    ) found;
    v_counts := v_counts || v_count;
  END LOOP;
  RETURN v_counts;
END $$;
ALTER FUNCTION count_passages(uuid, text[]) SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
REVOKE ALL ON FUNCTION count_passages(uuid, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION count_passages(uuid, text[]) TO chatbot_runtime;
GRANT CREATE ON SCHEMA public TO chatbot_system;
ALTER FUNCTION count_passages(uuid, text[]) OWNER TO chatbot_system;
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
     LIMIT 4000
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
