import { invokerFunction, type Programmable, systemFunction } from '../../platform/database/programmable.ts'

/**
 * The two statements of a turn, and the two that keep runs honest. Each is one commit: no transaction is open while
 * the model works. The first two set the tenant themselves, which saves the round trips of BEGIN and COMMIT.
 */
export const turnFunctions: Programmable[] = [
  invokerFunction(
    'begin_turn(uuid, uuid, uuid, boolean, uuid, uuid, uuid, text, uuid, interval, int, int)',
    `begin_turn(
  p_workspace uuid, p_project uuid, p_session uuid, p_new boolean, p_prompt uuid,
  p_user_message uuid, p_assistant_message uuid, p_content text,
  p_owner uuid, p_lease interval, p_max_messages int, p_max_chars int,
  OUT outcome text, OUT busy_message uuid, OUT seq int, OUT parent_id uuid, OUT created_at timestamptz,
  OUT system_prompt text, OUT prompt_id uuid, OUT provider text, OUT model text, OUT temperature real,
  OUT max_tokens int, OUT history json
) LANGUAGE plpgsql AS $$
DECLARE
  v_active_prompt uuid;
BEGIN
  PERFORM set_config('app.workspace_id', p_workspace::text, true);

  SELECT p.provider, p.model, p.temperature, p.max_tokens, p.active_prompt_id
    INTO provider, model, temperature, max_tokens, v_active_prompt
    FROM projects p WHERE p.workspace_id = p_workspace AND p.id = p_project;
  IF NOT FOUND THEN outcome := 'no_project'; RETURN; END IF;

  IF coalesce(p_prompt, v_active_prompt) IS NOT NULL THEN
    SELECT r.id, r.content INTO prompt_id, system_prompt FROM prompts r
      WHERE r.workspace_id = p_workspace AND r.id = coalesce(p_prompt, v_active_prompt) AND r.project_id = p_project;
    IF NOT FOUND THEN outcome := 'no_prompt'; RETURN; END IF;
  END IF;

  IF p_new THEN
    seq := 1;
    INSERT INTO chat_sessions (workspace_id, id, project_id, head_message_id, next_seq)
      VALUES (p_workspace, p_session, p_project, p_assistant_message, 3);
  ELSE
    SELECT s.next_seq, s.head_message_id INTO seq, parent_id FROM chat_sessions s
      WHERE s.workspace_id = p_workspace AND s.id = p_session AND s.project_id = p_project FOR UPDATE;
    IF NOT FOUND THEN outcome := 'no_session'; RETURN; END IF;
    SELECT m.id INTO busy_message FROM messages m
      WHERE m.workspace_id = p_workspace AND m.session_id = p_session AND m.state IN ('pending', 'streaming');
    IF FOUND THEN outcome := 'busy'; RETURN; END IF;
    UPDATE chat_sessions s SET next_seq = s.next_seq + 2, head_message_id = p_assistant_message,
        updated_at = CASE WHEN s.updated_at < now() - interval '10 seconds' THEN now() ELSE s.updated_at END
      WHERE s.workspace_id = p_workspace AND s.id = p_session;
    SELECT json_agg(json_build_object('role', h.role, 'content', h.content) ORDER BY h.seq) INTO history FROM (
      SELECT m.seq, m.role, m.content, sum(length(m.content)) OVER (ORDER BY m.seq DESC) AS chars
        FROM (SELECT n.seq, n.role, n.content FROM messages n
                WHERE n.workspace_id = p_workspace AND n.session_id = p_session
                ORDER BY n.seq DESC LIMIT p_max_messages) m
    ) h WHERE h.chars <= p_max_chars;
  END IF;

  created_at := now();
  INSERT INTO messages (workspace_id, id, session_id, parent_id, seq, role, content, state, prompt_id, run_owner, lease_until, created_at)
  VALUES
    (p_workspace, p_user_message, p_session, parent_id, seq, 'user', p_content, 'complete', NULL, NULL, NULL, created_at),
    (p_workspace, p_assistant_message, p_session, p_user_message, seq + 1, 'assistant', '', 'pending', prompt_id, p_owner, now() + p_lease, created_at);
  outcome := 'accepted';
END $$`,
  ),
  invokerFunction(
    'finish_turn(uuid, uuid, uuid, text, text, text, text, text, text, int, int)',
    `finish_turn(
  p_workspace uuid, p_message uuid, p_owner uuid, p_state text, p_content text, p_finish_reason text,
  p_error_code text, p_provider text, p_model text, p_prompt_tokens int, p_completion_tokens int,
  OUT stored boolean, OUT state text, OUT content text
) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('app.workspace_id', p_workspace::text, true);
  UPDATE messages m SET state = p_state, content = p_content, finish_reason = p_finish_reason, error_code = p_error_code,
      provider = p_provider, model = p_model, prompt_tokens = p_prompt_tokens, completion_tokens = p_completion_tokens,
      lease_until = NULL
    WHERE m.workspace_id = p_workspace AND m.id = p_message AND m.run_owner = p_owner
      AND m.state IN ('pending', 'streaming');
  stored := FOUND;
  IF NOT stored THEN
    SELECT m.state, m.content INTO state, content FROM messages m
      WHERE m.workspace_id = p_workspace AND m.id = p_message;
  END IF;
END $$`,
  ),
  invokerFunction(
    'cancel_turn(uuid, uuid)',
    `cancel_turn(p_workspace uuid, p_message uuid) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('app.workspace_id', p_workspace::text, true);
  UPDATE messages SET state = 'cancelled', lease_until = NULL
    WHERE workspace_id = p_workspace AND id = p_message AND state IN ('pending', 'streaming');
  RETURN FOUND;
END $$`,
  ),
  systemFunction(
    'keep_runs(uuid, interval, uuid[], uuid[], text[])',
    `keep_runs(p_owner uuid, p_lease interval, p_workspaces uuid[], p_messages uuid[], p_contents text[])
RETURNS SETOF uuid LANGUAGE sql AS $$
  UPDATE messages m SET lease_until = now() + p_lease,
      content = coalesce(r.content, m.content),
      state = CASE WHEN r.content IS NULL THEN m.state ELSE 'streaming' END
    FROM unnest(p_workspaces, p_messages, p_contents) AS r(workspace_id, id, content)
    WHERE m.workspace_id = r.workspace_id AND m.id = r.id AND m.run_owner = p_owner AND m.state IN ('pending', 'streaming')
    RETURNING m.id
$$`,
  ),
  systemFunction(
    'reap_runs()',
    `reap_runs() RETURNS int LANGUAGE sql AS $$
  WITH reaped AS (
    UPDATE messages SET state = 'interrupted', error_code = 'interrupted', lease_until = NULL
      WHERE state IN ('pending', 'streaming') AND lease_until < now() RETURNING 1
  ) SELECT count(*)::int FROM reaped
$$`,
  ),
]
