/** What a turn goes on from: the texts that lead to its message, the latest first, within the bounds of histories. */
export const turnHistory = `turn_history(
  p_workspace uuid, p_session uuid, p_last uuid, p_branched boolean, p_max_messages int, p_max_chars int
) RETURNS json LANGUAGE plpgsql STABLE
-- Planned once for all sessions, not for each turn anew, and for all along the index: a long session is never sorted.
SET plan_cache_mode = force_generic_plan SET enable_sort = off SET enable_bitmapscan = off AS $$
DECLARE
  v_row record;
  v_chars int := 0;
  v_flat text[] := '{}';
BEGIN
  -- Newest first: role, text, role, text, … A session that never branched is read along its order, else the path is
  -- walked up from its end. Rows are read only until the bound is met.
  FOR v_row IN
    SELECT m.role, m.content FROM messages m
      WHERE NOT p_branched AND m.workspace_id = p_workspace AND m.session_id = p_session
      ORDER BY m.seq DESC LIMIT p_max_messages
  LOOP
    v_chars := v_chars + length(v_row.content);
    EXIT WHEN v_chars > p_max_chars;
    v_flat := v_flat || v_row.role || v_row.content;
  END LOOP;
  IF NOT p_branched THEN RETURN array_to_json(v_flat); END IF;
  FOR v_row IN
    WITH RECURSIVE path AS (
      SELECT m.parent_id, m.role, m.content, 1 AS depth FROM messages m
        WHERE m.workspace_id = p_workspace AND m.id = p_last
      UNION ALL
      SELECT m.parent_id, m.role, m.content, p.depth + 1
        FROM path p JOIN messages m ON m.workspace_id = p_workspace AND m.id = p.parent_id
        WHERE p.depth < p_max_messages
    )
    SELECT path.role, path.content FROM path
  LOOP
    v_chars := v_chars + length(v_row.content);
    EXIT WHEN v_chars > p_max_chars;
    v_flat := v_flat || v_row.role || v_row.content;
  END LOOP;
  RETURN array_to_json(v_flat);
END $$`
