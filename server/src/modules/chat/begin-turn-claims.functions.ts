import { attachmentLimits } from '@chatbot-platform/contract'

/** Whether the answer is to be looked up in documents, or told that there are none. */
const isGrounded = `(v_bot.documents OR v_bot.grounding <> 'open')`

/**
 * About what a turn's prompt takes: its own text at three characters a token, which is on the safe side for English, and
 * the history, which is what the latest answer was given and gave, but never more than the bound of histories. Where the
 * project has documents, also what passages may take, and the question about them that is made out of a conversation;
 * where a conversation has images, what as many as are shown may take.
 */
const promptTokens = `ceil((length(coalesce(v_bot.system_prompt, '')) + length(coalesce(p->>'content', '')) + length(coalesce(p->>'prefix', ''))) / 3.0)::int
      + CASE WHEN v_head IS NULL THEN 0 ELSE least(coalesce((p->'budget'->>'history_tokens')::int, 8000), (
          SELECT coalesce(m.prompt_tokens + m.completion_tokens, m.run_prompt_tokens + m.run_completion_tokens)
            FROM messages m WHERE m.workspace_id = v_workspace AND m.id = v_head)) END
      + CASE WHEN ${isGrounded} THEN coalesce((p->'budget'->>'passage_tokens')::int, 0)
          + CASE WHEN v_head IS NULL THEN 0 ELSE coalesce((p->'budget'->>'query_tokens')::int, 0) END ELSE 0 END
      + CASE WHEN v_has_images THEN coalesce((p->'budget'->>'image_tokens')::int, 0) ELSE 0 END`

/** Part of `begin_turn`: a retry finds the turn of its key again, or answers it anew where the answer failed. */
export const knownTurn = `  IF p->>'key' IS NOT NULL THEN
    SELECT * INTO v_key FROM idempotency_keys k
      WHERE k.workspace_id = v_workspace AND k.user_id = (p->>'user_id')::uuid AND k.route = p->>'route'
        AND k.key = p->>'key' AND k.created_at >= now() - interval '24 hours' FOR UPDATE;
    IF FOUND THEN
      IF v_key.body_hash <> p->>'body_hash' THEN RETURN json_build_object('outcome', 'key_reused'); END IF;
      SELECT * INTO v_old FROM messages m WHERE m.workspace_id = v_workspace AND m.id = v_key.assistant_message_id;
      IF NOT FOUND THEN RETURN json_build_object('outcome', 'no_session'); END IF;
      IF (p->>'automatic')::boolean AND (v_old.state IN ('failed', 'interrupted') OR NOT EXISTS (
        SELECT FROM chat_sessions s WHERE s.workspace_id = v_workspace AND s.id = v_key.session_id
          AND s.head_message_id = v_old.id)) THEN
        RETURN json_build_object('outcome', 'superseded');
      END IF;
      IF v_old.state NOT IN ('failed', 'interrupted') THEN
        RETURN json_build_object('outcome', 'known', 'session_id', v_key.session_id,
          'user_message_id', v_key.user_message_id, 'assistant_message_id', v_key.assistant_message_id);
      END IF;
      v_retry := true;
      v_mode := 'answer';
      v_target := v_key.assistant_message_id;
    END IF;
  END IF;`

/** Part of `begin_turn`: the key becomes this turn's, unless another request was faster. */
export const keyClaimed = `  IF p->>'key' IS NOT NULL AND NOT v_retry THEN
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
  END IF;`

/** Part of `begin_turn`: the images of the question are there, are nobody else's, and are not too large together. */
export const imagesClaimed = `  IF v_mode <> 'answer' AND (p ? 'attachments' OR (v_mode = 'edit' AND v_has_images)) THEN
    v_image_ids := CASE WHEN p ? 'attachments'
      THEN ARRAY(SELECT w.id::uuid FROM jsonb_array_elements_text(p->'attachments') WITH ORDINALITY AS w(id, place)
        ORDER BY w.place)
      ELSE ARRAY(SELECT a.id FROM attachments a
        WHERE a.workspace_id = v_workspace AND a.message_id = v_target ORDER BY a.ordinal) END;
    -- Nobody else sends them meanwhile, and the sweep leaves them.
    SELECT count(*), sum(held.bytes) INTO v_image_count, v_image_bytes FROM (
      SELECT a.bytes FROM attachments a
        WHERE a.workspace_id = v_workspace AND a.project_id = v_project AND a.id = ANY (v_image_ids)
          AND (a.message_id IS NULL OR (v_mode = 'edit' AND a.message_id = v_target))
        ORDER BY a.id FOR UPDATE) held;
    IF v_image_count < cardinality(v_image_ids) THEN
      v_refusal := json_build_object('outcome', 'no_image');
    ELSIF v_image_bytes > ${attachmentLimits.messageBytes} THEN
      v_refusal := json_build_object('outcome', 'images_too_large');
    END IF;
    IF v_refusal IS NOT NULL THEN
      IF p->>'key' IS NOT NULL THEN
        DELETE FROM idempotency_keys k WHERE k.workspace_id = v_workspace AND k.user_id = (p->>'user_id')::uuid
          AND k.route = p->>'route' AND k.key = p->>'key';
      END IF;
      RETURN v_refusal;
    END IF;
    v_has_images := v_has_images OR v_image_count > 0;
  END IF;`

/** Part of `begin_turn`: what the turn may take is held in the budgets it falls under. */
export const budgetsReserved = `  IF v_bot.budgeted THEN
    v_refusal := reserve_budgets(v_workspace, v_project, v_answer, ${promptTokens},
      coalesce(v_bot.max_tokens, (p->'budget'->>'max_tokens')::int, 1000),
      json_build_array(v_bot.provider, v_bot.model, v_bot.fallbacks), p->'budget'->'prices');
    IF v_refusal IS NOT NULL THEN
      IF p->>'key' IS NOT NULL AND NOT v_retry THEN
        DELETE FROM idempotency_keys k WHERE k.workspace_id = v_workspace AND k.user_id = (p->>'user_id')::uuid
          AND k.route = p->>'route' AND k.key = p->>'key';
      END IF;
      RETURN v_refusal;
    END IF;
  END IF;`
