SET LOCAL ROLE chatbot_system;
DROP FUNCTION keep_runs(uuid, interval, uuid[], uuid[], uuid[], text[], uuid[], jsonb[]);
RESET ROLE;

DROP FUNCTION cancel_turn(uuid, uuid);

DROP FUNCTION finish_turn(jsonb);

CREATE FUNCTION finish_turn(p jsonb) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  v_workspace uuid := (p->>'workspace_id')::uuid;
  v_message uuid := (p->>'message_id')::uuid;
  v_stored boolean;
  v_owner uuid := (p->>'owner_id')::uuid;
  v_state text;
  v_content text;
  v_writer uuid;
  v_used jsonb := p->'used';
  v_warnings json;
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
  -- Once a run: whoever has booked it before has settled it too.
  IF FOUND AND (EXISTS (SELECT FROM budgets b WHERE b.workspace_id = v_workspace AND b.subject_id IN (v_workspace, (p->>'project_id')::uuid))
      OR EXISTS (SELECT FROM instance_budget)) THEN
    v_warnings := settle_budgets(v_workspace, (p->>'project_id')::uuid, v_message, (v_used->>'prompt_tokens')::int,
      (v_used->>'completion_tokens')::int, (p->>'cost')::numeric, v_stored);
  END IF;
  IF v_stored THEN
    IF (p->>'watched')::boolean THEN PERFORM pg_notify('runs', 'changed ' || v_message); END IF;
    RETURN json_build_object('stored', true, 'warnings', v_warnings);
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
  v_run record;
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
    RETURNING workspace_id, id, project_id, prompt_tokens, completion_tokens
  )
  SELECT e.id, b.project_id, b.prompt_tokens, b.completion_tokens INTO v_run
    FROM ended e LEFT JOIN booked b ON b.id = e.id;
  v_ended := FOUND;
  IF v_run.project_id IS NOT NULL THEN PERFORM settle_budgets(p_workspace, v_run.project_id, v_run.id, v_run.prompt_tokens, v_run.completion_tokens, NULL, false)
    WHERE (EXISTS (SELECT FROM budgets b WHERE b.workspace_id = p_workspace AND b.subject_id IN (p_workspace, v_run.project_id))
      OR EXISTS (SELECT FROM instance_budget)); END IF;
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
