import { isBudgeted } from '../budgets/budget.functions.ts'
import { budgetsReserved, imagesClaimed, keyClaimed, knownTurn } from './begin-turn-claims.functions.ts'

/**
 * Stores the messages of one turn. `mode` says which: `send` adds a question at the session's head, `edit` one beside
 * the target, `answer` only an answer beside the target (to regenerate or continue it). A retry with the same
 * idempotency key finds its turn again, and writes a new answer where the last one failed.
 */
export const beginTurn = `begin_turn(p jsonb) RETURNS json LANGUAGE plpgsql AS $$
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
  -- Whether the session has had an image, or gets one now.
  v_has_images boolean := false;
  v_image_ids uuid[];
  v_image_count int;
  v_image_bytes bigint;
  v_images json;
  v_refusal json;
  -- As it is stored: rounded, not cut, to milliseconds.
  v_now timestamptz(3) := now();
BEGIN
  PERFORM set_config('app.workspace_id', p->>'workspace_id', true);

${knownTurn}

  IF v_mode <> 'send' THEN
    SELECT * INTO v_old FROM messages m WHERE m.workspace_id = v_workspace AND m.id = v_target;
    IF NOT FOUND THEN RETURN json_build_object('outcome', 'no_message'); END IF;
    IF v_old.role <> (CASE v_mode WHEN 'edit' THEN 'user' ELSE 'assistant' END) THEN
      RETURN json_build_object('outcome', 'wrong_role');
    END IF;
    v_session := v_old.session_id;
  END IF;

  IF NOT (p->>'is_new')::boolean OR v_retry THEN
    SELECT s.next_seq, s.head_message_id, s.branched, s.project_id, s.has_images
      INTO v_seq, v_head, v_branched, v_project, v_has_images
      FROM chat_sessions s
      WHERE s.workspace_id = v_workspace AND s.id = v_session AND (v_project IS NULL OR s.project_id = v_project)
      FOR UPDATE;
    IF NOT FOUND THEN
      RETURN json_build_object('outcome', CASE WHEN v_mode = 'send' AND NOT EXISTS (
        SELECT FROM projects b WHERE b.workspace_id = v_workspace AND b.id = (p->>'project_id')::uuid
      ) THEN 'no_project' ELSE 'no_session' END);
    END IF;
  END IF;

  -- Nobody has asked for it, so it must change nothing that somebody did.
  IF (p->>'automatic')::boolean AND (v_head IS DISTINCT FROM v_target OR v_old.state <> 'interrupted' OR EXISTS (
    SELECT FROM messages m WHERE m.workspace_id = v_workspace AND m.session_id = v_session AND m.parent_id = v_old.parent_id
      AND m.forked AND m.id <> v_target AND m.state = 'interrupted')) THEN
    RETURN json_build_object('outcome', 'superseded');
  END IF;

  -- The session has gone on without the answer that failed: writing it now would hide what came after.
  IF v_retry AND v_head <> v_key.assistant_message_id THEN
    RETURN json_build_object('outcome', 'known', 'session_id', v_key.session_id,
      'user_message_id', v_key.user_message_id, 'assistant_message_id', v_key.assistant_message_id);
  END IF;

  SELECT b.name, b.provider, b.model, b.temperature, b.max_tokens, b.fallbacks, r.id AS prompt_id, r.content AS system_prompt,
      b.grounding, EXISTS (SELECT FROM files f WHERE f.workspace_id = v_workspace AND f.project_id = v_project
        AND f.indexed_at IS NOT NULL) AS documents,
      ${isBudgeted('v_workspace', 'v_project')} AS budgeted
    INTO v_bot FROM projects b
    LEFT JOIN prompts r ON r.workspace_id = b.workspace_id AND r.project_id = b.id
      AND r.id = coalesce(v_prompt, b.active_prompt_id)
    WHERE b.workspace_id = v_workspace AND b.id = v_project;
  IF NOT FOUND THEN RETURN json_build_object('outcome', 'no_project'); END IF;
  IF v_prompt IS NOT NULL AND v_bot.prompt_id IS NULL THEN RETURN json_build_object('outcome', 'no_prompt'); END IF;

${keyClaimed}

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
  END IF;

${imagesClaimed}

${budgetsReserved}

  IF NOT (p->>'is_new')::boolean OR v_retry THEN
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
    UPDATE chat_sessions s SET head_message_id = v_answer, branched = v_branched, has_images = v_has_images,
        next_seq = v_seq + CASE v_mode WHEN 'answer' THEN 1 ELSE 2 END,
        updated_at = CASE WHEN s.updated_at < now() - interval '10 seconds' THEN now() ELSE s.updated_at END
      WHERE s.workspace_id = v_workspace AND s.id = v_session;
  ELSE
    INSERT INTO chat_sessions (workspace_id, id, project_id, title, head_message_id, next_seq, has_images)
      VALUES (v_workspace, v_session, v_project, p->>'title', v_answer, 3, v_has_images);
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
  IF v_has_images THEN
    IF v_image_count > 0 THEN
      PERFORM bind_attachments(v_workspace, v_project, v_question, v_target, v_image_ids,
        ARRAY(SELECT w.id::uuid FROM jsonb_array_elements_text(p->'image_copies') WITH ORDINALITY AS w(id, place)
          ORDER BY w.place));
    END IF;
    v_images := turn_images(v_workspace, v_question, (p->>'max_messages')::int);
  END IF;
  IF v_retry THEN
    UPDATE idempotency_keys k SET assistant_message_id = v_answer WHERE k.workspace_id = v_workspace
      AND k.user_id = v_key.user_id AND k.route = v_key.route AND k.key = v_key.key;
  END IF;
  RETURN json_build_object('outcome', 'accepted', 'session_id', v_session, 'project_id', v_project, 'project_name', v_bot.name, 'seq', v_seq,
    'parent_id', v_parent, 'forked', v_mode = 'edit', 'user_message_id', v_question, 'created_at', v_now, 'prompt_id', v_bot.prompt_id,
    'system_prompt', v_bot.system_prompt, 'provider', v_bot.provider, 'model', v_bot.model,
    'temperature', v_bot.temperature, 'max_tokens', v_bot.max_tokens, 'fallbacks', v_bot.fallbacks,
    'grounding', v_bot.grounding, 'documents', v_bot.documents,
    'question', v_asked, 'history_is_known', v_is_known, 'history', v_history,
    'images', v_images);
END $$`
