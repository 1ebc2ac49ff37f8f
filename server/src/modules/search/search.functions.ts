import { type Programmable, systemFunction } from '../../platform/database/programmable.ts'

/**
 * How long after `chat_sessions.updated_at` a turn may still appear in a session without moving it: ten seconds by the
 * rule of that column, and the statement's own time of at most thirty.
 */
const settledAfter = `interval '60 seconds'`

const isFinal = `m.state NOT IN ('pending', 'streaming')`

/**
 * Search and its index. `@@` is not leakproof, so under a tenant's policy its index would go unused: the search runs
 * with the rights of the system role, takes the workspace from the setting alone, and returns keys, no contents.
 */
export const searchFunctions: Programmable[] = [
  systemFunction(
    'search_messages(text, uuid, timestamptz, uuid, int, int)',
    `search_messages(
  p_query text, p_project uuid, p_time timestamptz, p_session uuid, p_seq int, p_limit int
) RETURNS TABLE (session_id uuid, seq int, created_at timestamptz, rank real) LANGUAGE plpgsql STABLE ROWS 50 AS $$
#variable_conflict use_column
DECLARE
  v_newest CONSTANT int := 500;
  v_workspace uuid := nullif(current_setting('app.workspace_id', true), '')::uuid;
  v_words tsquery := p_query::tsquery;
  v_query tsquery := quote_literal('#' || coalesce(p_project, v_workspace))::tsquery && v_words;
  v_before record;
  v_found int;
BEGIN
  IF v_workspace IS NULL THEN RETURN; END IF;
  -- A word that is everywhere is found among the newest messages, without reading all it stands in.
  RETURN QUERY SELECT n.session_id, n.seq, n.created_at, ts_rank_cd(n.words, v_words) FROM (
      SELECT i.* FROM message_search i
        WHERE i.workspace_id = v_workspace AND (i.created_at, i.session_id, i.seq) < (p_time, p_session, p_seq)
        ORDER BY i.created_at DESC, i.session_id DESC, i.seq DESC LIMIT v_newest
    ) n WHERE n.words @@ v_query ORDER BY n.created_at DESC, n.session_id DESC, n.seq DESC LIMIT p_limit;
  GET DIAGNOSTICS v_found = ROW_COUNT;
  IF v_found >= p_limit THEN RETURN; END IF;

  SELECT i.created_at, i.session_id, i.seq INTO v_before FROM message_search i
    WHERE i.workspace_id = v_workspace AND (i.created_at, i.session_id, i.seq) < (p_time, p_session, p_seq)
    ORDER BY i.created_at DESC, i.session_id DESC, i.seq DESC OFFSET v_newest - 1 LIMIT 1;
  IF NOT FOUND THEN RETURN; END IF;
  RETURN QUERY WITH hits AS MATERIALIZED (
      SELECT i.workspace_id, i.created_at, i.session_id, i.seq FROM message_search i WHERE i.words @@ v_query
    ), page AS (
      SELECT h.* FROM hits h
        WHERE h.workspace_id = v_workspace
          AND (h.created_at, h.session_id, h.seq) < (v_before.created_at, v_before.session_id, v_before.seq)
        ORDER BY h.created_at DESC, h.session_id DESC, h.seq DESC LIMIT p_limit - v_found
    )
    SELECT p.session_id, p.seq, p.created_at, ts_rank_cd(i.words, v_words) FROM page p
      JOIN message_search i ON i.workspace_id = p.workspace_id AND i.session_id = p.session_id AND i.seq = p.seq
      ORDER BY p.created_at DESC, p.session_id DESC, p.seq DESC;
END $$`,
  ),
  systemFunction(
    'take_unindexed(int, int)',
    `take_unindexed(p_max_messages int, p_max_chars int)
RETURNS TABLE (workspace_id uuid, session_id uuid, seq int, content text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_from search_progress;
  v_is_behind boolean;
  v_waiting int;
BEGIN
  INSERT INTO search_progress AS p (is_only) SELECT true WHERE NOT EXISTS (SELECT FROM search_progress)
    ON CONFLICT DO NOTHING;
  SELECT * INTO v_from FROM search_progress;
  v_is_behind := EXISTS (SELECT FROM chat_sessions s WHERE (s.updated_at, s.id) > (v_from.updated_at, v_from.session_id));
  SELECT count(*) INTO v_waiting FROM (
    SELECT FROM message_search i
      JOIN messages m ON m.workspace_id = i.workspace_id AND m.session_id = i.session_id AND m.seq = i.seq
      WHERE i.words IS NULL AND ${isFinal} LIMIT p_max_messages
  ) w;
  IF NOT v_is_behind AND v_waiting = 0 THEN RETURN; END IF;
  UPDATE search_progress SET claimed_until = now() + interval '10 seconds' WHERE claimed_until < now();
  IF NOT FOUND THEN RETURN; END IF;

  -- Sessions that may still change without showing it are looked at each time, those before them once.
  IF v_is_behind AND v_waiting < p_max_messages THEN
    WITH settled AS (
      SELECT s.workspace_id, s.id, s.next_seq, s.updated_at FROM chat_sessions s
        WHERE (s.updated_at, s.id) > (v_from.updated_at, v_from.session_id) AND s.updated_at < now() - ${settledAfter}
        ORDER BY s.updated_at, s.id LIMIT 500
    ), recent AS (
      SELECT s.workspace_id, s.id, s.next_seq, s.updated_at FROM chat_sessions s
        WHERE s.updated_at >= now() - ${settledAfter} ORDER BY s.updated_at DESC, s.id DESC LIMIT 500
    ), behind AS (
      SELECT v.workspace_id, v.id, l.last_seq FROM (TABLE settled UNION ALL TABLE recent) v
        CROSS JOIN LATERAL (SELECT coalesce(max(i.seq), 0) AS last_seq FROM message_search i
          WHERE i.workspace_id = v.workspace_id AND i.session_id = v.id) l
        WHERE v.next_seq > l.last_seq + 1
    ), queued AS (
      -- A row that is locked is being deleted; passing it by means that nobody ever waits for us in a circle.
      INSERT INTO message_search (workspace_id, session_id, seq, created_at)
      SELECT b.workspace_id, b.id, n.seq, n.created_at FROM behind b
        CROSS JOIN LATERAL (SELECT m.seq, m.created_at FROM messages m
          WHERE m.workspace_id = b.workspace_id AND m.session_id = b.id AND m.seq > b.last_seq
          FOR KEY SHARE SKIP LOCKED) n
      ON CONFLICT DO NOTHING
    )
    UPDATE search_progress SET updated_at = l.updated_at, session_id = l.id
      FROM (SELECT s.updated_at, s.id FROM settled s ORDER BY s.updated_at DESC, s.id DESC LIMIT 1) l;
  END IF;

  RETURN QUERY SELECT w.workspace_id, w.session_id, w.seq, w.content FROM (
      SELECT i.workspace_id, i.session_id, i.seq, left(m.content, p_max_chars) AS content,
             sum(length(m.content)) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS chars_before
        FROM message_search i
        CROSS JOIN LATERAL (SELECT m.content FROM messages m
          WHERE m.workspace_id = i.workspace_id AND m.session_id = i.session_id AND m.seq = i.seq AND ${isFinal}
          LIMIT 1) AS m
        WHERE i.words IS NULL LIMIT p_max_messages
    ) w WHERE coalesce(w.chars_before, 0) < p_max_chars;
  IF NOT FOUND THEN UPDATE search_progress SET claimed_until = '-infinity'; END IF;
END $$`,
  ),
  systemFunction(
    'store_words(uuid[], uuid[], int[], text[])',
    `store_words(p_workspaces uuid[], p_sessions uuid[], p_seqs int[], p_words text[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  -- Each row is looked up by its key: while statistics lag behind a long queue, a join planned by them compares every row with every other.
  WITH ready AS (
    SELECT g.workspace_id, g.session_id, g.seq,
           array_to_tsvector(ARRAY['#' || g.workspace_id, '#' || s.project_id]) || g.words::tsvector AS words
      FROM unnest(p_workspaces, p_sessions, p_seqs, p_words) AS g(workspace_id, session_id, seq, words)
      CROSS JOIN LATERAL (SELECT FROM message_search i
        WHERE i.workspace_id = g.workspace_id AND i.session_id = g.session_id AND i.seq = g.seq AND i.words IS NULL
        FOR UPDATE SKIP LOCKED) AS waiting
      CROSS JOIN LATERAL (SELECT c.project_id FROM chat_sessions c
        WHERE c.workspace_id = g.workspace_id AND c.id = g.session_id LIMIT 1) AS s
  )
  UPDATE message_search i SET words = r.words FROM ready r
    WHERE i.workspace_id = r.workspace_id AND i.session_id = r.session_id AND i.seq = r.seq;
  UPDATE search_progress SET claimed_until = '-infinity';
END $$`,
  ),
]
