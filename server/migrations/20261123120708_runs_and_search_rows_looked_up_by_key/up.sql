-- runs-with: >=0.1.0
SET LOCAL ROLE chatbot_system;
DROP FUNCTION keep_runs(uuid, interval, uuid[], uuid[], text[], uuid[], jsonb[]);
RESET ROLE;

DROP FUNCTION cancel_turn(uuid, uuid);

DROP FUNCTION finish_turn(jsonb);

SET LOCAL ROLE chatbot_system;
DROP FUNCTION store_words(uuid[], uuid[], int[], text[]);
RESET ROLE;

SET LOCAL ROLE chatbot_system;
DROP FUNCTION take_unindexed(int, int);
RESET ROLE;

CREATE FUNCTION take_unindexed(p_max_messages int, p_max_chars int)
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
      WHERE i.words IS NULL AND m.state NOT IN ('pending', 'streaming') LIMIT p_max_messages
  ) w;
  IF NOT v_is_behind AND v_waiting = 0 THEN RETURN; END IF;
  UPDATE search_progress SET claimed_until = now() + interval '10 seconds' WHERE claimed_until < now();
  IF NOT FOUND THEN RETURN; END IF;

  -- Sessions that may still change without showing it are looked at each time, those before them once.
  IF v_is_behind AND v_waiting < p_max_messages THEN
    WITH settled AS (
      SELECT s.workspace_id, s.id, s.next_seq, s.updated_at FROM chat_sessions s
        WHERE (s.updated_at, s.id) > (v_from.updated_at, v_from.session_id) AND s.updated_at < now() - interval '60 seconds'
        ORDER BY s.updated_at, s.id LIMIT 500
    ), recent AS (
      SELECT s.workspace_id, s.id, s.next_seq, s.updated_at FROM chat_sessions s
        WHERE s.updated_at >= now() - interval '60 seconds' ORDER BY s.updated_at DESC, s.id DESC LIMIT 500
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
          WHERE m.workspace_id = i.workspace_id AND m.session_id = i.session_id AND m.seq = i.seq AND m.state NOT IN ('pending', 'streaming')
          LIMIT 1) AS m
        WHERE i.words IS NULL LIMIT p_max_messages
    ) w WHERE coalesce(w.chars_before, 0) < p_max_chars;
  IF NOT FOUND THEN UPDATE search_progress SET claimed_until = '-infinity'; END IF;
END $$;
ALTER FUNCTION take_unindexed(int, int) SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
REVOKE ALL ON FUNCTION take_unindexed(int, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_unindexed(int, int) TO chatbot_runtime;
GRANT CREATE ON SCHEMA public TO chatbot_system;
ALTER FUNCTION take_unindexed(int, int) OWNER TO chatbot_system;
REVOKE CREATE ON SCHEMA public FROM chatbot_system;

CREATE FUNCTION store_words(p_workspaces uuid[], p_sessions uuid[], p_seqs int[], p_words text[])
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
END $$;
ALTER FUNCTION store_words(uuid[], uuid[], int[], text[]) SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
REVOKE ALL ON FUNCTION store_words(uuid[], uuid[], int[], text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION store_words(uuid[], uuid[], int[], text[]) TO chatbot_runtime;
GRANT CREATE ON SCHEMA public TO chatbot_system;
ALTER FUNCTION store_words(uuid[], uuid[], int[], text[]) OWNER TO chatbot_system;
REVOKE CREATE ON SCHEMA public FROM chatbot_system;

CREATE FUNCTION finish_turn(p jsonb) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  v_workspace uuid := (p->>'workspace_id')::uuid;
  v_message uuid := (p->>'message_id')::uuid;
  v_stored boolean;
  v_owner uuid := (p->>'owner_id')::uuid;
  v_state text;
  v_content text;
  v_writer uuid;
BEGIN
  PERFORM set_config('app.workspace_id', p->>'workspace_id', true);
  UPDATE messages m SET state = p->>'state', content = p->>'content', finish_reason = p->>'finish_reason',
      error_code = p->>'error_code', provider = p->>'provider', model = p->>'model',
      served_because = p->>'served_because', prompt_tokens = (p->>'prompt_tokens')::int,
      completion_tokens = (p->>'completion_tokens')::int, cost = (p->>'cost')::numeric,
      first_token_ms = (p->>'first_token_ms')::int, lease_until = NULL
    WHERE m.workspace_id = v_workspace AND m.id = v_message
      AND m.run_owner = v_owner AND m.lease_until IS NOT NULL;
  v_stored := FOUND;
  -- What was used is used, also by a run that was ended elsewhere or whose session is gone.
  INSERT INTO usage_events (workspace_id, id, project_id, session_id, user_id, project_name, provider, model, state,
      prompt_tokens, completion_tokens, cached_prompt_tokens, estimated, cost, price_version)
    SELECT v_workspace, v_message, (p->>'project_id')::uuid, (p->>'session_id')::uuid, (p->>'user_id')::uuid,
      p->>'project_name', p->>'provider', p->>'model', p->>'state', (u->>'prompt_tokens')::int,
      (u->>'completion_tokens')::int, (u->>'cached_prompt_tokens')::int, (u->>'estimated')::boolean,
      (p->>'cost')::numeric, p->>'price_version'
    FROM (SELECT p->'used' AS u) AS used WHERE v_stored OR EXISTS (SELECT FROM workspaces w WHERE w.id = v_workspace)
    ON CONFLICT (workspace_id, id) DO NOTHING;
  IF v_stored THEN
    IF (p->>'watched')::boolean THEN PERFORM pg_notify('runs', 'changed ' || v_message); END IF;
    RETURN json_build_object('stored', true);
  END IF;
  SELECT m.state, m.content, m.run_owner INTO v_state, v_content, v_writer FROM messages m
    WHERE m.workspace_id = v_workspace AND m.id = v_message;
  -- Told again because the first answer got lost on its way: it was stored then.
  IF v_writer = v_owner AND v_state = p->>'state' AND v_content = p->>'content' THEN
    RETURN json_build_object('stored', true);
  END IF;
  RETURN json_build_object('stored', false, 'state', v_state, 'content', v_content);
END $$;
REVOKE ALL ON FUNCTION finish_turn(jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION finish_turn(jsonb) TO chatbot_runtime;

CREATE FUNCTION cancel_turn(p_workspace uuid, p_message uuid) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  v_ended boolean;
BEGIN
  PERFORM set_config('app.workspace_id', p_workspace::text, true);
  WITH ended AS (
    UPDATE messages m SET state = 'cancelled', lease_until = NULL
      WHERE m.workspace_id = p_workspace AND m.id = p_message AND m.lease_until IS NOT NULL
      RETURNING m.workspace_id, m.id, m.session_id, m.state, m.provider, m.model, m.run_user, m.run_prompt_tokens, m.run_completion_tokens
  ), booked AS (
    INSERT INTO usage_events (workspace_id, id, project_id, session_id, user_id, project_name, provider, model,
      state, prompt_tokens, completion_tokens, estimated)
    SELECT e.workspace_id, e.id, s.project_id, e.session_id, e.run_user, b.name, e.provider, e.model,
        e.state, e.run_prompt_tokens, coalesce(e.run_completion_tokens, 0), true
      FROM ended e
      JOIN chat_sessions s ON s.workspace_id = e.workspace_id AND s.id = e.session_id
      JOIN projects b ON b.workspace_id = s.workspace_id AND b.id = s.project_id
    ON CONFLICT DO NOTHING
  )
  SELECT EXISTS (SELECT FROM ended) INTO v_ended;
  IF v_ended THEN PERFORM pg_notify('runs', 'ended ' || p_message); END IF;
  RETURN v_ended;
END $$;
REVOKE ALL ON FUNCTION cancel_turn(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cancel_turn(uuid, uuid) TO chatbot_runtime;

CREATE FUNCTION keep_runs(
  p_owner uuid, p_lease interval, p_workspaces uuid[], p_messages uuid[], p_contents text[], p_watched uuid[],
  p_progress jsonb[] DEFAULT NULL
) RETURNS SETOF uuid LANGUAGE plpgsql AS $$
BEGIN
  -- A row that somebody has locked (its session is being deleted) is left for the next time: it must not hold up others.
  -- Each row is looked up by its key. Statistics lag behind the number of runs, and a join planned by them compares each
  -- run with every other; so does the index of active runs, which a condition on the state would invite. The lease says the same.
  WITH free AS (
    SELECT r.workspace_id, r.id, r.content, r.progress
      FROM unnest(p_workspaces, p_messages, p_contents, p_progress) AS r(workspace_id, id, content, progress)
      CROSS JOIN LATERAL (SELECT FROM messages m
        WHERE m.workspace_id = r.workspace_id AND m.id = r.id AND m.run_owner = p_owner AND m.lease_until IS NOT NULL
        FOR NO KEY UPDATE SKIP LOCKED) AS mine
  )
  UPDATE messages m SET lease_until = now() + p_lease,
      content = coalesce(f.content, m.content),
      state = CASE WHEN f.content IS NULL THEN m.state ELSE 'streaming' END,
      provider = f.progress->>'provider', model = f.progress->>'model', served_because = f.progress->>'served_because',
      first_token_ms = (f.progress->>'first_token_ms')::int,
      run_prompt_tokens = (f.progress->>'prompt_tokens')::int,
      run_completion_tokens = (f.progress->>'completion_tokens')::int
    FROM free f WHERE m.workspace_id = f.workspace_id AND m.id = f.id;
  RETURN QUERY SELECT r.id FROM unnest(p_workspaces, p_messages) AS r(workspace_id, id)
    CROSS JOIN LATERAL (SELECT FROM messages m
      WHERE m.workspace_id = r.workspace_id AND m.id = r.id AND m.run_owner = p_owner AND m.lease_until IS NOT NULL
      LIMIT 1) AS mine;
  PERFORM pg_notify('runs', 'changed ' || w.id) FROM unnest(p_watched) AS w(id);
END $$;
ALTER FUNCTION keep_runs(uuid, interval, uuid[], uuid[], text[], uuid[], jsonb[]) SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
REVOKE ALL ON FUNCTION keep_runs(uuid, interval, uuid[], uuid[], text[], uuid[], jsonb[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION keep_runs(uuid, interval, uuid[], uuid[], text[], uuid[], jsonb[]) TO chatbot_runtime;
GRANT CREATE ON SCHEMA public TO chatbot_system;
ALTER FUNCTION keep_runs(uuid, interval, uuid[], uuid[], text[], uuid[], jsonb[]) OWNER TO chatbot_system;
REVOKE CREATE ON SCHEMA public FROM chatbot_system;
