SET LOCAL ROLE chatbot_system;
DROP FUNCTION reap_runs(uuid, boolean, uuid[]);
RESET ROLE;

DROP FUNCTION cancel_turn(uuid, uuid);

DROP FUNCTION finish_turns(jsonb);

DROP FUNCTION finish_turn(jsonb);

DROP FUNCTION begin_turns(jsonb);

DROP FUNCTION begin_turn(jsonb);

SET LOCAL ROLE chatbot_system;
DROP FUNCTION set_instance_budget(bigint, bigint, numeric, numeric);
RESET ROLE;

REVOKE ALL ON FUNCTION settle_budgets(uuid, uuid, uuid, int, int, numeric, boolean) FROM chatbot_system;

DROP FUNCTION settle_budgets(uuid, uuid, uuid, int, int, numeric, boolean);

DROP FUNCTION reserve_budgets(uuid, uuid, uuid, int, int, json, jsonb);

REVOKE ALL ON instance_budget FROM chatbot_system;

DROP POLICY system ON instance_budget;

REVOKE ALL ON instance_budget FROM chatbot_backup;
DROP POLICY backup ON instance_budget;

REVOKE ALL ON instance_budget FROM chatbot_runtime;

DROP POLICY tenant ON instance_budget;

ALTER TABLE instance_budget NO FORCE ROW LEVEL SECURITY;
ALTER TABLE instance_budget DISABLE ROW LEVEL SECURITY;

REVOKE ALL ON budget_reservations FROM chatbot_system;

DROP POLICY system ON budget_reservations;

REVOKE ALL ON budget_reservations FROM chatbot_backup;
DROP POLICY backup ON budget_reservations;

REVOKE ALL ON budget_reservations FROM chatbot_runtime;

DROP POLICY tenant ON budget_reservations;

ALTER TABLE budget_reservations NO FORCE ROW LEVEL SECURITY;
ALTER TABLE budget_reservations DISABLE ROW LEVEL SECURITY;

REVOKE ALL ON budgets FROM chatbot_system;

DROP POLICY system ON budgets;

REVOKE ALL ON budgets FROM chatbot_backup;
DROP POLICY backup ON budgets;

REVOKE ALL ON budgets FROM chatbot_runtime;

DROP POLICY tenant ON budgets;

ALTER TABLE budgets NO FORCE ROW LEVEL SECURITY;
ALTER TABLE budgets DISABLE ROW LEVEL SECURITY;

SET LOCAL ROLE chatbot_system;
DROP FUNCTION forget_limits();
RESET ROLE;

SET LOCAL ROLE chatbot_system;
DROP FUNCTION exchange_limits(uuid, text[], int[], int[], text[], int[]);
RESET ROLE;

ALTER TABLE stream_counts RESET (fillfactor);
ALTER TABLE stream_counts SET LOGGED;

REVOKE ALL ON stream_counts FROM chatbot_system;

DROP POLICY system ON stream_counts;

REVOKE ALL ON stream_counts FROM chatbot_backup;
DROP POLICY backup ON stream_counts;

REVOKE ALL ON stream_counts FROM chatbot_runtime;

DROP POLICY tenant ON stream_counts;

ALTER TABLE stream_counts NO FORCE ROW LEVEL SECURITY;
ALTER TABLE stream_counts DISABLE ROW LEVEL SECURITY;

ALTER TABLE limit_counts RESET (fillfactor);
ALTER TABLE limit_counts SET LOGGED;

REVOKE ALL ON limit_counts FROM chatbot_system;

DROP POLICY system ON limit_counts;

REVOKE ALL ON limit_counts FROM chatbot_backup;
DROP POLICY backup ON limit_counts;

REVOKE ALL ON limit_counts FROM chatbot_runtime;

DROP POLICY tenant ON limit_counts;

ALTER TABLE limit_counts NO FORCE ROW LEVEL SECURITY;
ALTER TABLE limit_counts DISABLE ROW LEVEL SECURITY;

REVOKE ALL ON usage_events FROM chatbot_system;

DROP POLICY system_read ON usage_events;

DROP TABLE "limit_counts";

DROP TABLE "stream_counts";

DROP TABLE "budgets";

DROP TABLE "budget_reservations";

DROP TABLE "instance_budget";

GRANT INSERT ON usage_events TO chatbot_system;

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

CREATE FUNCTION begin_turns(p_turns jsonb) RETURNS json LANGUAGE plpgsql AS $$
BEGIN
  -- One turn with a locked row must not hold up the others for long: they are then tried alone.
  IF jsonb_array_length(p_turns) > 1 THEN PERFORM set_config('lock_timeout', '300ms', true); END IF;
  RETURN (SELECT json_agg(begin_turn(t.turn) ORDER BY t.place)
    FROM jsonb_array_elements(p_turns) WITH ORDINALITY AS t(turn, place));
END $$;
REVOKE ALL ON FUNCTION begin_turns(jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION begin_turns(jsonb) TO chatbot_runtime;

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

CREATE FUNCTION finish_turns(p_turns jsonb) RETURNS json LANGUAGE plpgsql AS $$
BEGIN
  -- One turn with a locked row must not hold up the others for long: they are then tried alone.
  IF jsonb_array_length(p_turns) > 1 THEN PERFORM set_config('lock_timeout', '300ms', true); END IF;
  RETURN (SELECT json_agg(finish_turn(t.turn) ORDER BY t.place)
    FROM jsonb_array_elements(p_turns) WITH ORDINALITY AS t(turn, place));
END $$;
REVOKE ALL ON FUNCTION finish_turns(jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION finish_turns(jsonb) TO chatbot_runtime;

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
