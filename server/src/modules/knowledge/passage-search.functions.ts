import { type Programmable, systemFunction } from '../../platform/database/programmable.ts'

/** A word of so many passages counts as common, however many more there are. */
export const commonFrom = 500

/** So many passages of the first kind are ranked, and so many of the second. */
export const maxRanked = 1000
const maxRankedBeside = 300

/** With more of them, a look at the index takes the longer for each. */
const lookedUpTogether = 16

/** How much an occurrence counts: an exact form beside its stem, the text, the document's name, a heading. */
const weights = `'{0.125, 0.5, 0.7, 1}'::real[]`

/** The rows of a project; its lexeme names the workspace too, so that no other's can be meant. */
const scope = `quote_literal('#' || v_workspace || '/' || p_project)::tsquery`

/**
 * Search in the words of passages. `@@` is not leakproof, so under a tenant's policy its index would go unused: these run
 * with the rights of the system role, take the workspace from the setting alone, and return keys, no contents. Without
 * sequential scans, because the planner cannot know how rare a word is before it sees it.
 */
export const passageSearchFunctions: Programmable[] = [
  systemFunction(
    'count_passages(uuid, text[])',
    `count_passages(p_project uuid, p_terms text[]) RETURNS int[] LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
DECLARE
  v_workspace uuid := nullif(current_setting('app.workspace_id', true), '')::uuid;
  v_scope tsquery := ${scope};
  v_term text;
  v_count int;
  v_counts int[] := '{}';
BEGIN
  IF v_workspace IS NULL THEN RETURN v_counts; END IF;
  FOREACH v_term IN ARRAY p_terms LOOP
    SELECT count(*) INTO v_count FROM (
      SELECT FROM passage_words w WHERE w.words @@ (v_scope && v_term::tsquery) LIMIT ${commonFrom}
    ) found;
    v_counts := v_counts || v_count;
  END LOOP;
  RETURN v_counts;
END $$`,
  ),
  systemFunction(
    'known_words(uuid, text[])',
    `known_words(p_project uuid, p_words text[]) RETURNS SETOF text LANGUAGE plpgsql STABLE ROWS 5
SET enable_seqscan = off AS $$
DECLARE
  v_workspace uuid := nullif(current_setting('app.workspace_id', true), '')::uuid;
  v_scope tsquery := ${scope};
  v_some text[];
  v_any tsquery;
  v_word text;
BEGIN
  IF v_workspace IS NULL THEN RETURN; END IF;
  -- Hardly any of them stands anywhere: some are looked up together first, which costs little more than one.
  FOR v_at IN 1..cardinality(p_words) BY ${lookedUpTogether} LOOP
    v_some := p_words[v_at : v_at + ${lookedUpTogether - 1}];
    SELECT string_agg(quote_literal(s.word), ' | ')::tsquery INTO v_any FROM unnest(v_some) AS s(word);
    CONTINUE WHEN NOT EXISTS (SELECT FROM passage_words w WHERE w.words @@ (v_scope && v_any));
    FOREACH v_word IN ARRAY v_some LOOP
      IF EXISTS (SELECT FROM passage_words w WHERE w.words @@ (v_scope && quote_literal(v_word)::tsquery)) THEN
        RETURN NEXT v_word;
      END IF;
    END LOOP;
  END LOOP;
END $$`,
  ),
  systemFunction(
    'rank_passages(uuid, text, text, text[], text[], real[], int)',
    `rank_passages(p_project uuid, p_first text, p_beside text, p_required text[], p_terms text[], p_weights real[],
  p_limit int)
RETURNS TABLE (file_id uuid, ordinal int, score real, matched int[]) LANGUAGE plpgsql STABLE ROWS 50
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  v_workspace uuid := nullif(current_setting('app.workspace_id', true), '')::uuid;
  v_scope tsquery := ${scope};
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
      LIMIT ${maxRanked})
    UNION ALL
    (SELECT w.workspace_id, w.file_id, w.ordinal, w.length, w.words FROM passage_words w WHERE w.words @@ v_beside
      LIMIT ${maxRankedBeside})
  ), scored AS (
    SELECT h.file_id, h.ordinal, h.length, s.sum, s.matched, greatest(avg(h.length) OVER (), 1) AS usual FROM hits h
      CROSS JOIN LATERAL (
        SELECT sum(r.rank) AS sum, array_agg(r.place) FILTER (WHERE r.rank > 0) AS matched FROM (
          SELECT t.place, t.weight * ts_rank(${weights}, h.words, t.term) AS rank FROM terms t
        ) r
      ) s
     WHERE h.workspace_id = v_workspace
  )
  SELECT s.file_id, s.ordinal, (s.sum / (0.75 + 0.25 * s.length / s.usual))::real AS score, s.matched
    FROM scored s WHERE s.sum > 0 ORDER BY score DESC, s.file_id, s.ordinal LIMIT p_limit;
END $$`,
  ),
]
