-- runs-with: >=0.1.0
SET LOCAL ROLE chatbot_system;
DROP FUNCTION reap_runs(uuid, boolean, uuid[]);
RESET ROLE;

SET LOCAL ROLE chatbot_system;
DROP FUNCTION keep_runs(uuid, interval, uuid[], uuid[], text[], uuid[]);
RESET ROLE;

DROP FUNCTION cancel_turn(uuid, uuid);

DROP FUNCTION finish_turn(jsonb);

DROP FUNCTION begin_turn(jsonb);

DROP FUNCTION turn_history(uuid, uuid, uuid, boolean, int, int);

ALTER TABLE "prompts" ADD COLUMN "created_by" uuid;

ALTER TABLE "messages" ADD COLUMN "first_token_ms" integer;

ALTER TABLE "messages" ADD COLUMN "run_user" uuid;

ALTER TABLE "messages" ADD COLUMN "run_prompt_tokens" integer;

ALTER TABLE "messages" ADD COLUMN "run_completion_tokens" integer;

CREATE POLICY system ON prompts TO chatbot_system USING (true) WITH CHECK (true);

GRANT SELECT ON prompts TO chatbot_system;

CREATE POLICY system ON users FOR SELECT TO chatbot_system USING (true);

GRANT SELECT (id, email) ON users TO chatbot_system;

CREATE FUNCTION prompt_authors(p_prompts uuid[]) RETURNS TABLE (prompt_id uuid, id uuid, email text) LANGUAGE sql STABLE AS $$
  SELECT p.id, u.id, u.email FROM prompts p JOIN users u ON u.id = p.created_by
    WHERE p.workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid) AND p.id = ANY (p_prompts)
$$;
ALTER FUNCTION prompt_authors(uuid[]) SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
REVOKE ALL ON FUNCTION prompt_authors(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION prompt_authors(uuid[]) TO chatbot_runtime;
GRANT CREATE ON SCHEMA public TO chatbot_system;
ALTER FUNCTION prompt_authors(uuid[]) OWNER TO chatbot_system;
REVOKE CREATE ON SCHEMA public FROM chatbot_system;

CREATE POLICY system ON usage_events FOR INSERT TO chatbot_system WITH CHECK (true);

GRANT INSERT ON usage_events TO chatbot_system;

CREATE FUNCTION turn_history(
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
END $$;
REVOKE ALL ON FUNCTION turn_history(uuid, uuid, uuid, boolean, int, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION turn_history(uuid, uuid, uuid, boolean, int, int) TO chatbot_runtime;

CREATE FUNCTION begin_turn(p jsonb) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  v_workspace uuid := (p->>'workspace_id')::uuid;
  v_session uuid := (p->>'session_id')::uuid;
  v_project uuid := (p->>'project_id')::uuid;
  v_prompt uuid := (p->>'prompt_id')::uuid;
  v_question uuid := (p->>'user_message_id')::uuid;
  v_answer uuid := (p->>'assistant_message_id')::uuid;
  v_target uuid := (p->>'target_id')::uuid;
  v_mode text := p->>'mode';
  v_key idempotency_keys;
  v_old messages;
  v_bot record;
  v_seq int := 1;
  v_head uuid;
  v_branched boolean := false;
  v_parent uuid;
  v_busy uuid;
  v_before uuid;
  v_asked text;
  v_history json;
  v_is_known boolean := false;
  v_retry boolean := false;
  -- As it is stored: rounded, not cut, to milliseconds.
  v_now timestamptz(3) := now();
BEGIN
  PERFORM set_config('app.workspace_id', p->>'workspace_id', true);

  IF p->>'key' IS NOT NULL THEN
    SELECT * INTO v_key FROM idempotency_keys k
      WHERE k.workspace_id = v_workspace AND k.user_id = (p->>'user_id')::uuid AND k.route = p->>'route'
        AND k.key = p->>'key' AND k.created_at >= now() - interval '24 hours' FOR UPDATE;
    IF FOUND THEN
      IF v_key.body_hash <> p->>'body_hash' THEN RETURN json_build_object('outcome', 'key_reused'); END IF;
      SELECT * INTO v_old FROM messages m WHERE m.workspace_id = v_workspace AND m.id = v_key.assistant_message_id;
      IF NOT FOUND THEN RETURN json_build_object('outcome', 'no_session'); END IF;
      IF v_old.state NOT IN ('failed', 'interrupted') THEN
        RETURN json_build_object('outcome', 'known', 'session_id', v_key.session_id,
          'user_message_id', v_key.user_message_id, 'assistant_message_id', v_key.assistant_message_id);
      END IF;
      v_retry := true;
      v_mode := 'answer';
      v_target := v_key.assistant_message_id;
    END IF;
  END IF;

  IF v_mode <> 'send' THEN
    SELECT * INTO v_old FROM messages m WHERE m.workspace_id = v_workspace AND m.id = v_target;
    IF NOT FOUND THEN RETURN json_build_object('outcome', 'no_message'); END IF;
    IF v_old.role <> (CASE v_mode WHEN 'edit' THEN 'user' ELSE 'assistant' END) THEN
      RETURN json_build_object('outcome', 'wrong_role');
    END IF;
    v_session := v_old.session_id;
  END IF;

  IF NOT (p->>'is_new')::boolean OR v_retry THEN
    SELECT s.next_seq, s.head_message_id, s.branched, s.project_id INTO v_seq, v_head, v_branched, v_project
      FROM chat_sessions s
      WHERE s.workspace_id = v_workspace AND s.id = v_session AND (v_project IS NULL OR s.project_id = v_project)
      FOR UPDATE;
    IF NOT FOUND THEN
      RETURN json_build_object('outcome', CASE WHEN v_mode = 'send' AND NOT EXISTS (
        SELECT FROM projects b WHERE b.workspace_id = v_workspace AND b.id = (p->>'project_id')::uuid
      ) THEN 'no_project' ELSE 'no_session' END);
    END IF;
  END IF;

  -- The session has gone on without the answer that failed: writing it now would hide what came after.
  IF v_retry AND v_head <> v_key.assistant_message_id THEN
    RETURN json_build_object('outcome', 'known', 'session_id', v_key.session_id,
      'user_message_id', v_key.user_message_id, 'assistant_message_id', v_key.assistant_message_id);
  END IF;

  SELECT b.name, b.provider, b.model, b.temperature, b.max_tokens, b.fallbacks, r.id AS prompt_id, r.content AS system_prompt
    INTO v_bot FROM projects b
    LEFT JOIN prompts r ON r.workspace_id = b.workspace_id AND r.project_id = b.id
      AND r.id = coalesce(v_prompt, b.active_prompt_id)
    WHERE b.workspace_id = v_workspace AND b.id = v_project;
  IF NOT FOUND THEN RETURN json_build_object('outcome', 'no_project'); END IF;
  IF v_prompt IS NOT NULL AND v_bot.prompt_id IS NULL THEN RETURN json_build_object('outcome', 'no_prompt'); END IF;

  IF p->>'key' IS NOT NULL AND NOT v_retry THEN
    INSERT INTO idempotency_keys AS k
        (workspace_id, user_id, route, key, body_hash, session_id, user_message_id, assistant_message_id)
      VALUES (v_workspace, (p->>'user_id')::uuid, p->>'route', p->>'key', p->>'body_hash', v_session,
        CASE v_mode WHEN 'answer' THEN v_old.parent_id ELSE v_question END, v_answer)
      ON CONFLICT (workspace_id, user_id, route, key) DO UPDATE
        SET body_hash = excluded.body_hash, session_id = excluded.session_id, response = NULL, created_at = now(),
          user_message_id = excluded.user_message_id, assistant_message_id = excluded.assistant_message_id
        WHERE k.created_at < now() - interval '24 hours';
    -- Another request with this key was faster: it is the turn that this one asks for.
    IF NOT FOUND THEN RETURN begin_turn(p); END IF;
  END IF;

  IF NOT (p->>'is_new')::boolean OR v_retry THEN
    SELECT m.id INTO v_busy FROM messages m
      WHERE m.workspace_id = v_workspace AND m.session_id = v_session AND m.state IN ('pending', 'streaming');
    IF FOUND THEN
      IF p->>'key' IS NOT NULL AND NOT v_retry THEN
        DELETE FROM idempotency_keys k WHERE k.workspace_id = v_workspace AND k.user_id = (p->>'user_id')::uuid
          AND k.route = p->>'route' AND k.key = p->>'key';
      END IF;
      RETURN json_build_object('outcome', 'busy', 'busy_message_id', v_busy);
    END IF;
    IF v_mode = 'send' THEN
      v_parent := v_head;
    ELSE
      v_branched := true;
      v_parent := v_old.parent_id;
      UPDATE messages m SET forked = true WHERE m.workspace_id = v_workspace AND m.id = v_old.id AND NOT m.forked;
    END IF;
    v_before := v_parent;
    IF v_mode = 'answer' THEN
      SELECT m.content, m.parent_id INTO v_asked, v_before FROM messages m
        WHERE m.workspace_id = v_workspace AND m.id = v_parent;
    END IF;
    -- The caller may have the path up to some message; what leads to a final message never changes.
    v_is_known := coalesce(v_before = (p->>'known_end_id')::uuid, false);
    IF v_before IS NOT NULL AND NOT v_is_known THEN
      v_history := turn_history(v_workspace, v_session, v_before, v_branched,
        (p->>'max_messages')::int, (p->>'max_chars')::int);
    END IF;
    UPDATE chat_sessions s SET head_message_id = v_answer, branched = v_branched,
        next_seq = v_seq + CASE v_mode WHEN 'answer' THEN 1 ELSE 2 END,
        updated_at = CASE WHEN s.updated_at < now() - interval '10 seconds' THEN now() ELSE s.updated_at END
      WHERE s.workspace_id = v_workspace AND s.id = v_session;
  ELSE
    INSERT INTO chat_sessions (workspace_id, id, project_id, title, head_message_id, next_seq)
      VALUES (v_workspace, v_session, v_project, p->>'title', v_answer, 3);
  END IF;

  IF v_mode = 'answer' THEN
    v_question := v_parent;
    INSERT INTO messages
        (workspace_id, id, session_id, parent_id, seq, role, content, state, forked, prompt_id, run_owner, lease_until, run_user)
      VALUES (v_workspace, v_answer, v_session, v_question, v_seq, 'assistant', coalesce(p->>'prefix', ''), 'pending', true,
        v_bot.prompt_id, (p->>'owner_id')::uuid, now() + (p->>'lease')::interval, (p->>'user_id')::uuid);
  ELSE
    INSERT INTO messages
        (workspace_id, id, session_id, parent_id, seq, role, content, state, forked, prompt_id, run_owner, lease_until, run_user)
      VALUES
        (v_workspace, v_question, v_session, v_parent, v_seq, 'user', p->>'content', 'complete', v_mode = 'edit',
          NULL, NULL, NULL, NULL),
        (v_workspace, v_answer, v_session, v_question, v_seq + 1, 'assistant', '', 'pending', false,
          v_bot.prompt_id, (p->>'owner_id')::uuid, now() + (p->>'lease')::interval, (p->>'user_id')::uuid);
  END IF;
  IF v_retry THEN
    UPDATE idempotency_keys k SET assistant_message_id = v_answer WHERE k.workspace_id = v_workspace
      AND k.user_id = v_key.user_id AND k.route = v_key.route AND k.key = v_key.key;
  END IF;
  RETURN json_build_object('outcome', 'accepted', 'session_id', v_session, 'project_id', v_project, 'project_name', v_bot.name, 'seq', v_seq,
    'parent_id', v_parent, 'forked', v_mode = 'edit', 'user_message_id', v_question, 'created_at', v_now, 'prompt_id', v_bot.prompt_id,
    'system_prompt', v_bot.system_prompt, 'provider', v_bot.provider, 'model', v_bot.model,
    'temperature', v_bot.temperature, 'max_tokens', v_bot.max_tokens, 'fallbacks', v_bot.fallbacks,
    'question', v_asked, 'history_is_known', v_is_known, 'history', v_history);
END $$;
REVOKE ALL ON FUNCTION begin_turn(jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION begin_turn(jsonb) TO chatbot_runtime;

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
      AND m.run_owner = v_owner AND m.state IN ('pending', 'streaming');
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

CREATE POLICY system ON projects TO chatbot_system USING (true) WITH CHECK (true);

GRANT SELECT ON projects TO chatbot_system;

CREATE FUNCTION cancel_turn(p_workspace uuid, p_message uuid) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  v_ended boolean;
BEGIN
  PERFORM set_config('app.workspace_id', p_workspace::text, true);
  WITH ended AS (
    UPDATE messages m SET state = 'cancelled', lease_until = NULL
      WHERE m.workspace_id = p_workspace AND m.id = p_message AND m.state IN ('pending', 'streaming')
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
  WITH free AS (
    SELECT m.workspace_id, m.id, r.content, r.progress FROM messages m
      JOIN unnest(p_workspaces, p_messages, p_contents, p_progress) AS r(workspace_id, id, content, progress)
        ON m.workspace_id = r.workspace_id AND m.id = r.id
      WHERE m.run_owner = p_owner AND m.state IN ('pending', 'streaming')
      FOR NO KEY UPDATE OF m SKIP LOCKED
  )
  UPDATE messages m SET lease_until = now() + p_lease,
      content = coalesce(f.content, m.content),
      state = CASE WHEN f.content IS NULL THEN m.state ELSE 'streaming' END,
      provider = f.progress->>'provider', model = f.progress->>'model', served_because = f.progress->>'served_because',
      first_token_ms = (f.progress->>'first_token_ms')::int,
      run_prompt_tokens = (f.progress->>'prompt_tokens')::int,
      run_completion_tokens = (f.progress->>'completion_tokens')::int
    FROM free f WHERE m.workspace_id = f.workspace_id AND m.id = f.id;
  RETURN QUERY SELECT m.id FROM messages m JOIN unnest(p_workspaces, p_messages) AS r(workspace_id, id)
      ON m.workspace_id = r.workspace_id AND m.id = r.id
    WHERE m.run_owner = p_owner AND m.state IN ('pending', 'streaming');
  PERFORM pg_notify('runs', 'changed ' || w.id) FROM unnest(p_watched) AS w(id);
END $$;
ALTER FUNCTION keep_runs(uuid, interval, uuid[], uuid[], text[], uuid[], jsonb[]) SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
REVOKE ALL ON FUNCTION keep_runs(uuid, interval, uuid[], uuid[], text[], uuid[], jsonb[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION keep_runs(uuid, interval, uuid[], uuid[], text[], uuid[], jsonb[]) TO chatbot_runtime;
GRANT CREATE ON SCHEMA public TO chatbot_system;
ALTER FUNCTION keep_runs(uuid, interval, uuid[], uuid[], text[], uuid[], jsonb[]) OWNER TO chatbot_system;
REVOKE CREATE ON SCHEMA public FROM chatbot_system;

CREATE FUNCTION reap_runs(p_owner uuid, p_is_sole boolean, p_live uuid[]) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  v_count int;
BEGIN
  -- Which of its own runs are alive a process knows, also after the database was away for longer than a lease. Where it is
  -- known to be the only process, every other owner is gone whatever its lease says.
  WITH ended AS (
    UPDATE messages m SET state = 'interrupted', error_code = 'interrupted', lease_until = NULL
      WHERE m.state IN ('pending', 'streaming') AND (
        m.run_owner <> p_owner AND (m.lease_until < now() OR p_is_sole)
        OR m.run_owner = p_owner AND m.lease_until < now() AND m.id <> ALL (p_live)
      )
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
  ), told AS (SELECT pg_notify('runs', 'ended ' || id) FROM ended)
  SELECT count(*) INTO v_count FROM told;
  RETURN v_count;
END $$;
ALTER FUNCTION reap_runs(uuid, boolean, uuid[]) SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
REVOKE ALL ON FUNCTION reap_runs(uuid, boolean, uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reap_runs(uuid, boolean, uuid[]) TO chatbot_runtime;
GRANT CREATE ON SCHEMA public TO chatbot_system;
ALTER FUNCTION reap_runs(uuid, boolean, uuid[]) OWNER TO chatbot_system;
REVOKE CREATE ON SCHEMA public FROM chatbot_system;
