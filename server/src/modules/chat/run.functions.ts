import {
  invokerFunction,
  type Programmable,
  systemAccess,
  systemFunction,
} from '../../platform/database/programmable.ts'
import { isBudgeted } from '../budgets/budget.functions.ts'

/** What {@link intoLedger} has to know of a message. */
const ended = `m.workspace_id, m.id, m.session_id, m.state, m.provider, m.model, m.run_user, m.run_prompt_tokens, m.run_completion_tokens`

/**
 * Books the messages of the query `ended`, whose owner has not said how their runs ended: with what it had told by the
 * time it last stored their text. A cost is not known, as for every estimate. Whoever books a run first is right.
 */
const intoLedger = `INSERT INTO usage_events (workspace_id, id, project_id, session_id, user_id, project_name, provider, model,
      state, prompt_tokens, completion_tokens, estimated)
    SELECT e.workspace_id, e.id, s.project_id, e.session_id, e.run_user, b.name, e.provider, e.model,
        e.state, e.run_prompt_tokens, coalesce(e.run_completion_tokens, 0), true
      FROM ended e
      JOIN chat_sessions s ON s.workspace_id = e.workspace_id AND s.id = e.session_id
      JOIN projects b ON b.workspace_id = s.workspace_id AND b.id = s.project_id
    ON CONFLICT DO NOTHING
    RETURNING workspace_id, id, project_id, prompt_tokens, completion_tokens`

/** What a booked run used is taken from its budgets, and what was held for it is given back. */
const settled = (workspace: string) =>
  `PERFORM settle_budgets(${workspace}, v_run.project_id, v_run.id, v_run.prompt_tokens, v_run.completion_tokens, NULL, false)
    WHERE ${isBudgeted(workspace, 'v_run.project_id')};`

/** Runs while they are under way, and how they end without their owner's word. */
export const runFunctions: Programmable[] = [
  // For the name that a project has when a run is booked.
  ...systemAccess('projects', 'SELECT'),
  invokerFunction(
    'cancel_turn(uuid, uuid)',
    `cancel_turn(p_workspace uuid, p_message uuid) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  v_ended boolean;
  v_run record;
BEGIN
  PERFORM set_config('app.workspace_id', p_workspace::text, true);
  WITH ended AS (
    UPDATE messages m SET state = 'cancelled', lease_until = NULL
      WHERE m.workspace_id = p_workspace AND m.id = p_message AND m.state IN ('pending', 'streaming')
      RETURNING ${ended}
  ), booked AS (
    ${intoLedger}
  )
  SELECT e.id, b.project_id, b.prompt_tokens, b.completion_tokens INTO v_run
    FROM ended e LEFT JOIN booked b ON b.id = e.id;
  v_ended := FOUND;
  IF v_run.project_id IS NOT NULL THEN ${settled('p_workspace')} END IF;
  IF v_ended THEN PERFORM pg_notify('runs', 'ended ' || p_message); END IF;
  RETURN v_ended;
END $$`,
  ),
  systemFunction(
    'keep_runs(uuid, interval, uuid[], uuid[], uuid[], text[], uuid[], jsonb[])',
    `keep_runs(
  p_owner uuid, p_lease interval, p_workspaces uuid[], p_sessions uuid[], p_messages uuid[], p_contents text[],
  p_watched uuid[], p_progress jsonb[]
) RETURNS SETOF uuid LANGUAGE plpgsql AS $$
BEGIN
  -- A row that somebody has locked (its session is being deleted) is left for the next time: it must not hold up others.
  -- Each row is looked up in the index of active runs, in which a session has one row at most. Statistics lag behind, and
  -- whatever is planned by them alone compares each run with every other, or walks through the workspace.
  WITH free AS (
    SELECT r.workspace_id, r.session_id, r.id, r.content, r.progress
      FROM unnest(p_workspaces, p_sessions, p_messages, p_contents, p_progress) AS r(workspace_id, session_id, id, content, progress)
      CROSS JOIN LATERAL (SELECT FROM messages m
        WHERE m.workspace_id = r.workspace_id AND m.session_id = r.session_id AND m.id = r.id AND m.run_owner = p_owner
          AND m.state IN ('pending', 'streaming')
        FOR NO KEY UPDATE SKIP LOCKED) AS mine
  )
  UPDATE messages m SET lease_until = now() + p_lease,
      content = coalesce(f.content, m.content),
      state = CASE WHEN f.content IS NULL THEN m.state ELSE 'streaming' END,
      provider = f.progress->>'provider', model = f.progress->>'model', served_because = f.progress->>'served_because',
      first_token_ms = (f.progress->>'first_token_ms')::int,
      run_prompt_tokens = (f.progress->>'prompt_tokens')::int,
      run_completion_tokens = (f.progress->>'completion_tokens')::int
    FROM free f WHERE m.workspace_id = f.workspace_id AND m.session_id = f.session_id AND m.id = f.id
      AND m.state IN ('pending', 'streaming');
  RETURN QUERY SELECT r.id FROM unnest(p_workspaces, p_sessions, p_messages) AS r(workspace_id, session_id, id)
    CROSS JOIN LATERAL (SELECT FROM messages m
      WHERE m.workspace_id = r.workspace_id AND m.session_id = r.session_id AND m.id = r.id AND m.run_owner = p_owner
        AND m.state IN ('pending', 'streaming')
      LIMIT 1) AS mine;
  PERFORM pg_notify('runs', 'changed ' || w.id) FROM unnest(p_watched) AS w(id);
END $$`,
  ),
  systemFunction(
    'reap_runs(uuid, boolean, uuid[])',
    `reap_runs(p_owner uuid, p_is_sole boolean, p_live uuid[]) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  v_count int := 0;
  v_run record;
BEGIN
  -- Which of its own runs are alive a process knows, also after the database was away for longer than a lease. Where it is
  -- known to be the only process, every other owner is gone whatever its lease says.
  FOR v_run IN WITH ended AS (
    UPDATE messages m SET state = 'interrupted', error_code = 'interrupted', lease_until = NULL
      WHERE m.state IN ('pending', 'streaming') AND (
        m.run_owner <> p_owner AND (m.lease_until < now() OR p_is_sole)
        OR m.run_owner = p_owner AND m.lease_until < now() AND m.id <> ALL (p_live)
      )
      RETURNING ${ended}
  ), booked AS (
    ${intoLedger}
  )
  SELECT e.workspace_id, e.id, b.project_id, b.prompt_tokens, b.completion_tokens
    FROM ended e LEFT JOIN booked b ON b.workspace_id = e.workspace_id AND b.id = e.id
    ORDER BY e.workspace_id, b.project_id
  LOOP
    v_count := v_count + 1;
    PERFORM pg_notify('runs', 'ended ' || v_run.id);
    IF v_run.project_id IS NOT NULL THEN ${settled('v_run.workspace_id')} END IF;
  END LOOP;
  -- Its session was deleted and then its process went: nobody knows any more what it used.
  FOR v_run IN SELECT r.workspace_id, r.message_id AS id, r.project_id, 0 AS prompt_tokens, 0 AS completion_tokens
    FROM budget_reservations r WHERE r.created_at < now() - interval '1 hour' AND NOT EXISTS (
      SELECT FROM messages m WHERE m.workspace_id = r.workspace_id AND m.id = r.message_id AND m.lease_until IS NOT NULL)
  LOOP
    PERFORM settle_budgets(v_run.workspace_id, v_run.project_id, v_run.id, 0, 0, 0, false);
  END LOOP;
  RETURN v_count;
END $$`,
  ),
  systemFunction(
    'forget_idempotency_keys()',
    `forget_idempotency_keys() RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  v_count int;
BEGIN
  DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
    SELECT k.ctid FROM idempotency_keys k WHERE k.created_at < now() - interval '24 hours' LIMIT 10000
  ));
  GET DIAGNOSTICS v_count = ROW_COUNT;
  RETURN v_count;
END $$`,
  ),
]
