-- runs-with: >=0.1.0
CREATE TABLE "users" (
  "id" uuid PRIMARY KEY,
  "email" text NOT NULL UNIQUE,
  "password_hash" text NOT NULL,
  "disabled" boolean DEFAULT false NOT NULL,
  "created_at" timestamp(3) with time zone DEFAULT now() NOT NULL
);

CREATE TABLE "workspaces" (
  "id" uuid PRIMARY KEY,
  "name" text NOT NULL,
  "created_at" timestamp(3) with time zone DEFAULT now() NOT NULL
);

CREATE TABLE "memberships" (
  "workspace_id" uuid,
  "user_id" uuid,
  "role" text NOT NULL,
  "created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
  CONSTRAINT "memberships_pkey" PRIMARY KEY("workspace_id","user_id")
);

CREATE TABLE "token_families" (
  "id" uuid PRIMARY KEY,
  "user_id" uuid NOT NULL,
  "revoked_at" timestamp(3) with time zone,
  "created_at" timestamp(3) with time zone DEFAULT now() NOT NULL
);

CREATE TABLE "refresh_tokens" (
  "token_hash" text PRIMARY KEY,
  "family_id" uuid NOT NULL,
  "user_id" uuid NOT NULL,
  "used_at" timestamp(3) with time zone,
  "expires_at" timestamp(3) with time zone NOT NULL,
  "created_at" timestamp(3) with time zone DEFAULT now() NOT NULL
);

CREATE TABLE "projects" (
  "workspace_id" uuid,
  "id" uuid,
  "name" text NOT NULL,
  "description" text,
  "provider" text,
  "model" text,
  "temperature" real,
  "max_tokens" integer,
  "fallbacks" jsonb DEFAULT '[]' NOT NULL,
  "active_prompt_id" uuid,
  "next_prompt_version" integer DEFAULT 1 NOT NULL,
  "created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
  "updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
  CONSTRAINT "projects_pkey" PRIMARY KEY("workspace_id","id")
);

CREATE TABLE "prompts" (
  "workspace_id" uuid,
  "id" uuid,
  "project_id" uuid NOT NULL,
  "version" integer NOT NULL,
  "content" text NOT NULL,
  "created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
  CONSTRAINT "prompts_pkey" PRIMARY KEY("workspace_id","id"),
  CONSTRAINT "prompts_version_key" UNIQUE("workspace_id","project_id","version"),
  CONSTRAINT "prompts_project_key" UNIQUE("workspace_id","project_id","id")
);

CREATE TABLE "chat_sessions" (
  "workspace_id" uuid,
  "id" uuid,
  "project_id" uuid NOT NULL,
  "title" text,
  "pinned" boolean DEFAULT false NOT NULL,
  "head_message_id" uuid,
  "branched" boolean DEFAULT false NOT NULL,
  "next_seq" integer DEFAULT 1 NOT NULL,
  "created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
  "updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
  CONSTRAINT "chat_sessions_pkey" PRIMARY KEY("workspace_id","id")
);

CREATE TABLE "messages" (
  "workspace_id" uuid,
  "id" uuid,
  "session_id" uuid NOT NULL,
  "parent_id" uuid,
  "seq" integer NOT NULL,
  "role" text NOT NULL,
  "content" text NOT NULL,
  "state" text NOT NULL,
  "finish_reason" text,
  "error_code" text,
  "provider" text,
  "model" text,
  "prompt_id" uuid,
  "prompt_tokens" integer,
  "completion_tokens" integer,
  "cost" numeric(20,10),
  "served_because" text,
  "forked" boolean DEFAULT false NOT NULL,
  "run_owner" uuid,
  "lease_until" timestamp(3) with time zone,
  "created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
  CONSTRAINT "messages_pkey" PRIMARY KEY("workspace_id","id"),
  CONSTRAINT "messages_seq_key" UNIQUE("workspace_id","session_id","seq"),
  CONSTRAINT "messages_run_check" CHECK ((state IN ('pending', 'streaming')) = (lease_until IS NOT NULL))
);

CREATE TABLE "usage_events" (
  "workspace_id" uuid,
  "id" uuid,
  "created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
  "day" date GENERATED ALWAYS AS ((created_at AT TIME ZONE 'UTC')::date) STORED NOT NULL,
  "project_id" uuid NOT NULL,
  "session_id" uuid NOT NULL,
  "estimated" boolean DEFAULT false NOT NULL,
  "prompt_tokens" integer,
  "completion_tokens" integer,
  "cached_prompt_tokens" integer,
  "cost" numeric(20,10),
  "user_id" uuid,
  "project_name" text NOT NULL,
  "provider" text,
  "model" text,
  "state" text NOT NULL,
  "price_version" text,
  CONSTRAINT "usage_events_pkey" PRIMARY KEY("workspace_id","id")
);

CREATE TABLE "idempotency_keys" (
  "workspace_id" uuid,
  "user_id" uuid,
  "route" text,
  "key" text,
  "body_hash" text NOT NULL,
  "session_id" uuid,
  "user_message_id" uuid,
  "assistant_message_id" uuid,
  "response" text,
  "created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
  CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY("workspace_id","user_id","route","key")
);

CREATE TABLE "message_feedback" (
  "workspace_id" uuid,
  "message_id" uuid,
  "user_id" uuid,
  "rating" text NOT NULL,
  "reason" text,
  "created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
  "updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
  CONSTRAINT "message_feedback_pkey" PRIMARY KEY("workspace_id","message_id","user_id")
);

CREATE TABLE "message_search" (
  "workspace_id" uuid,
  "session_id" uuid,
  "seq" integer,
  "created_at" timestamp(3) with time zone NOT NULL,
  "words" tsvector,
  CONSTRAINT "message_search_pkey" PRIMARY KEY("workspace_id","session_id","seq")
);

CREATE TABLE "search_progress" (
  "is_only" boolean PRIMARY KEY DEFAULT true,
  "updated_at" timestamp(3) with time zone DEFAULT '-infinity' NOT NULL,
  "session_id" uuid DEFAULT '00000000-0000-0000-0000-000000000000' NOT NULL,
  "claimed_until" timestamp(3) with time zone DEFAULT '-infinity' NOT NULL,
  CONSTRAINT "search_progress_only_check" CHECK (is_only)
);

CREATE INDEX "memberships_user_id_idx" ON "memberships" ("user_id");

CREATE INDEX "token_families_user_id_idx" ON "token_families" ("user_id");

CREATE INDEX "refresh_tokens_family_id_idx" ON "refresh_tokens" ("family_id");

CREATE INDEX "refresh_tokens_user_id_idx" ON "refresh_tokens" ("user_id");

CREATE INDEX "projects_newest_idx" ON "projects" ("workspace_id","created_at","id");

CREATE INDEX "chat_sessions_activity_idx" ON "chat_sessions" ("workspace_id","project_id","updated_at","id");

CREATE INDEX "chat_sessions_pinned_idx" ON "chat_sessions" ("workspace_id","project_id","updated_at","id") WHERE pinned;

CREATE INDEX "chat_sessions_recent_idx" ON "chat_sessions" ("updated_at","id");

CREATE UNIQUE INDEX "messages_active_run_key" ON "messages" ("workspace_id","session_id") WHERE state IN ('pending', 'streaming');

CREATE INDEX "messages_siblings_idx" ON "messages" ("workspace_id","session_id","parent_id") WHERE forked;

CREATE INDEX "usage_events_day_idx" ON "usage_events" ("workspace_id","day");

CREATE INDEX "idempotency_keys_age_idx" ON "idempotency_keys" ("workspace_id","created_at");

CREATE INDEX "message_feedback_member_idx" ON "message_feedback" ("workspace_id","user_id");

CREATE INDEX "message_search_newest_idx" ON "message_search" ("workspace_id","created_at","session_id","seq");

CREATE INDEX "message_search_queue_idx" ON "message_search" ("workspace_id","session_id","seq") WHERE words IS NULL;

CREATE INDEX "message_search_words_idx" ON "message_search" USING gin ("words");

ALTER TABLE "memberships" ADD CONSTRAINT "memberships_workspace_id_workspaces_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE CASCADE;

ALTER TABLE "memberships" ADD CONSTRAINT "memberships_user_id_users_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE;

ALTER TABLE "token_families" ADD CONSTRAINT "token_families_user_id_users_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE;

ALTER TABLE "refresh_tokens" ADD CONSTRAINT "refresh_tokens_family_id_token_families_id_fkey" FOREIGN KEY ("family_id") REFERENCES "token_families"("id") ON DELETE CASCADE;

ALTER TABLE "refresh_tokens" ADD CONSTRAINT "refresh_tokens_user_id_users_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE;

ALTER TABLE "projects" ADD CONSTRAINT "projects_workspace_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE CASCADE;

ALTER TABLE "prompts" ADD CONSTRAINT "prompts_project_fkey" FOREIGN KEY ("workspace_id","project_id") REFERENCES "projects"("workspace_id","id") ON DELETE CASCADE;

ALTER TABLE "chat_sessions" ADD CONSTRAINT "chat_sessions_project_fkey" FOREIGN KEY ("workspace_id","project_id") REFERENCES "projects"("workspace_id","id") ON DELETE CASCADE;

ALTER TABLE "messages" ADD CONSTRAINT "messages_session_fkey" FOREIGN KEY ("workspace_id","session_id") REFERENCES "chat_sessions"("workspace_id","id") ON DELETE CASCADE;

ALTER TABLE "usage_events" ADD CONSTRAINT "usage_events_workspace_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE CASCADE;

ALTER TABLE "idempotency_keys" ADD CONSTRAINT "idempotency_keys_workspace_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE CASCADE;

ALTER TABLE "message_feedback" ADD CONSTRAINT "message_feedback_message_fkey" FOREIGN KEY ("workspace_id","message_id") REFERENCES "messages"("workspace_id","id") ON DELETE CASCADE;

ALTER TABLE "message_feedback" ADD CONSTRAINT "message_feedback_member_fkey" FOREIGN KEY ("workspace_id","user_id") REFERENCES "memberships"("workspace_id","user_id") ON DELETE CASCADE;

ALTER TABLE "message_search" ADD CONSTRAINT "message_search_message_fkey" FOREIGN KEY ("workspace_id","session_id","seq") REFERENCES "messages"("workspace_id","session_id","seq") ON DELETE CASCADE;

ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE users FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON users USING (id = (SELECT nullif(current_setting('app.user_id', true), '')::uuid) OR email = (SELECT nullif(current_setting('app.email', true), ''))) WITH CHECK (id = (SELECT nullif(current_setting('app.user_id', true), '')::uuid));

GRANT SELECT, INSERT, UPDATE, DELETE ON users TO chatbot_runtime;

ALTER TABLE workspaces ENABLE ROW LEVEL SECURITY;
ALTER TABLE workspaces FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON workspaces USING (id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid)) WITH CHECK (id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid));

GRANT SELECT, INSERT, UPDATE, DELETE ON workspaces TO chatbot_runtime;

ALTER TABLE memberships ENABLE ROW LEVEL SECURITY;
ALTER TABLE memberships FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON memberships USING (workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid) OR user_id = (SELECT nullif(current_setting('app.user_id', true), '')::uuid)) WITH CHECK (workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid));

GRANT SELECT, INSERT, UPDATE, DELETE ON memberships TO chatbot_runtime;

ALTER TABLE token_families ENABLE ROW LEVEL SECURITY;
ALTER TABLE token_families FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON token_families USING (user_id = (SELECT nullif(current_setting('app.user_id', true), '')::uuid)) WITH CHECK (user_id = (SELECT nullif(current_setting('app.user_id', true), '')::uuid));

GRANT SELECT, INSERT, UPDATE, DELETE ON token_families TO chatbot_runtime;

ALTER TABLE refresh_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE refresh_tokens FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON refresh_tokens USING (user_id = (SELECT nullif(current_setting('app.user_id', true), '')::uuid) OR token_hash = (SELECT nullif(current_setting('app.token_hash', true), ''))) WITH CHECK (user_id = (SELECT nullif(current_setting('app.user_id', true), '')::uuid));

GRANT SELECT, INSERT, UPDATE, DELETE ON refresh_tokens TO chatbot_runtime;

CREATE FUNCTION sign_in_is_live(p_user uuid, p_workspace uuid, p_family uuid) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('app.user_id', p_user::text, true);
  RETURN EXISTS (
    SELECT FROM token_families f
      JOIN users u ON u.id = f.user_id
      JOIN memberships m ON m.user_id = f.user_id AND m.workspace_id = p_workspace
      WHERE f.id = p_family AND f.user_id = p_user AND f.revoked_at IS NULL AND NOT u.disabled
  );
END $$;
REVOKE ALL ON FUNCTION sign_in_is_live(uuid, uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sign_in_is_live(uuid, uuid, uuid) TO chatbot_runtime;

ALTER TABLE projects ENABLE ROW LEVEL SECURITY;
ALTER TABLE projects FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON projects USING (workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid)) WITH CHECK (workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid));

GRANT SELECT, INSERT, UPDATE, DELETE ON projects TO chatbot_runtime;

ALTER TABLE prompts ENABLE ROW LEVEL SECURITY;
ALTER TABLE prompts FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON prompts USING (workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid)) WITH CHECK (workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid));

GRANT SELECT, INSERT ON prompts TO chatbot_runtime;

ALTER TABLE projects ADD CONSTRAINT projects_active_prompt_fkey FOREIGN KEY (workspace_id, id, active_prompt_id) REFERENCES prompts (workspace_id, project_id, id);

ALTER TABLE chat_sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE chat_sessions FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON chat_sessions USING (workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid)) WITH CHECK (workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid));

GRANT SELECT, INSERT, UPDATE, DELETE ON chat_sessions TO chatbot_runtime;

CREATE POLICY system ON chat_sessions TO chatbot_system USING (true) WITH CHECK (true);

GRANT SELECT ON chat_sessions TO chatbot_system;

ALTER TABLE messages ENABLE ROW LEVEL SECURITY;
ALTER TABLE messages FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON messages USING (workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid)) WITH CHECK (workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid));

GRANT SELECT, INSERT, UPDATE, DELETE ON messages TO chatbot_runtime;

CREATE POLICY system ON messages TO chatbot_system USING (true) WITH CHECK (true);

GRANT SELECT, UPDATE ON messages TO chatbot_system;

ALTER TABLE usage_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE usage_events FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON usage_events USING (workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid)) WITH CHECK (workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid));

GRANT SELECT, INSERT ON usage_events TO chatbot_runtime;

ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_keys FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON idempotency_keys USING (workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid)) WITH CHECK (workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid));

GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys TO chatbot_runtime;

CREATE POLICY system ON idempotency_keys TO chatbot_system USING (true) WITH CHECK (true);

GRANT SELECT, DELETE ON idempotency_keys TO chatbot_system;

ALTER TABLE message_feedback ENABLE ROW LEVEL SECURITY;
ALTER TABLE message_feedback FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON message_feedback USING (workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid)) WITH CHECK (workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid));

GRANT SELECT, INSERT, UPDATE, DELETE ON message_feedback TO chatbot_runtime;

ALTER TABLE message_search ENABLE ROW LEVEL SECURITY;
ALTER TABLE message_search FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON message_search USING (workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid)) WITH CHECK (workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid));

GRANT SELECT ON message_search TO chatbot_runtime;

CREATE POLICY system ON message_search TO chatbot_system USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE ON message_search TO chatbot_system;

ALTER TABLE search_progress ENABLE ROW LEVEL SECURITY;
ALTER TABLE search_progress FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON search_progress USING (false) WITH CHECK (false);

GRANT SELECT ON search_progress TO chatbot_runtime;

CREATE POLICY system ON search_progress TO chatbot_system USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE ON search_progress TO chatbot_system;

CREATE FUNCTION search_messages(
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
END $$;
ALTER FUNCTION search_messages(text, uuid, timestamptz, uuid, int, int) SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
REVOKE ALL ON FUNCTION search_messages(text, uuid, timestamptz, uuid, int, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION search_messages(text, uuid, timestamptz, uuid, int, int) TO chatbot_runtime;
GRANT CREATE ON SCHEMA public TO chatbot_system;
ALTER FUNCTION search_messages(text, uuid, timestamptz, uuid, int, int) OWNER TO chatbot_system;
REVOKE CREATE ON SCHEMA public FROM chatbot_system;

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
        JOIN messages m ON m.workspace_id = i.workspace_id AND m.session_id = i.session_id AND m.seq = i.seq
        WHERE i.words IS NULL AND m.state NOT IN ('pending', 'streaming') LIMIT p_max_messages
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
  WITH given AS (
    SELECT * FROM unnest(p_workspaces, p_sessions, p_seqs, p_words) AS g(workspace_id, session_id, seq, words)
  ), waiting AS (
    SELECT i.workspace_id, i.session_id, i.seq FROM message_search i JOIN given g USING (workspace_id, session_id, seq)
      WHERE i.words IS NULL FOR UPDATE OF i SKIP LOCKED
  )
  UPDATE message_search i
    SET words = array_to_tsvector(ARRAY['#' || s.workspace_id, '#' || s.project_id]) || g.words::tsvector
    FROM waiting JOIN given g USING (workspace_id, session_id, seq)
      JOIN chat_sessions s ON s.workspace_id = g.workspace_id AND s.id = g.session_id
    WHERE i.workspace_id = g.workspace_id AND i.session_id = g.session_id AND i.seq = g.seq;
  UPDATE search_progress SET claimed_until = '-infinity';
END $$;
ALTER FUNCTION store_words(uuid[], uuid[], int[], text[]) SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
REVOKE ALL ON FUNCTION store_words(uuid[], uuid[], int[], text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION store_words(uuid[], uuid[], int[], text[]) TO chatbot_runtime;
GRANT CREATE ON SCHEMA public TO chatbot_system;
ALTER FUNCTION store_words(uuid[], uuid[], int[], text[]) OWNER TO chatbot_system;
REVOKE CREATE ON SCHEMA public FROM chatbot_system;

CREATE FUNCTION turn_history(
  p_workspace uuid, p_session uuid, p_last uuid, p_branched boolean, p_max_messages int, p_max_chars int
) RETURNS json LANGUAGE plpgsql STABLE AS $$
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
    IF v_before IS NOT NULL THEN
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
        (workspace_id, id, session_id, parent_id, seq, role, content, state, forked, prompt_id, run_owner, lease_until)
      VALUES (v_workspace, v_answer, v_session, v_question, v_seq, 'assistant', coalesce(p->>'prefix', ''), 'pending', true,
        v_bot.prompt_id, (p->>'owner_id')::uuid, now() + (p->>'lease')::interval);
  ELSE
    INSERT INTO messages
        (workspace_id, id, session_id, parent_id, seq, role, content, state, forked, prompt_id, run_owner, lease_until)
      VALUES
        (v_workspace, v_question, v_session, v_parent, v_seq, 'user', p->>'content', 'complete', v_mode = 'edit',
          NULL, NULL, NULL),
        (v_workspace, v_answer, v_session, v_question, v_seq + 1, 'assistant', '', 'pending', false,
          v_bot.prompt_id, (p->>'owner_id')::uuid, now() + (p->>'lease')::interval);
  END IF;
  IF v_retry THEN
    UPDATE idempotency_keys k SET assistant_message_id = v_answer WHERE k.workspace_id = v_workspace
      AND k.user_id = v_key.user_id AND k.route = v_key.route AND k.key = v_key.key;
  END IF;
  RETURN json_build_object('outcome', 'accepted', 'session_id', v_session, 'project_id', v_project, 'project_name', v_bot.name, 'seq', v_seq,
    'parent_id', v_parent, 'forked', v_mode = 'edit', 'user_message_id', v_question, 'created_at', v_now, 'prompt_id', v_bot.prompt_id,
    'system_prompt', v_bot.system_prompt, 'provider', v_bot.provider, 'model', v_bot.model,
    'temperature', v_bot.temperature, 'max_tokens', v_bot.max_tokens, 'fallbacks', v_bot.fallbacks,
    'question', v_asked, 'history', v_history);
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
      completion_tokens = (p->>'completion_tokens')::int, cost = (p->>'cost')::numeric, lease_until = NULL
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
BEGIN
  PERFORM set_config('app.workspace_id', p_workspace::text, true);
  UPDATE messages SET state = 'cancelled', lease_until = NULL
    WHERE workspace_id = p_workspace AND id = p_message AND state IN ('pending', 'streaming');
  IF FOUND THEN PERFORM pg_notify('runs', 'ended ' || p_message); END IF;
  RETURN FOUND;
END $$;
REVOKE ALL ON FUNCTION cancel_turn(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cancel_turn(uuid, uuid) TO chatbot_runtime;

CREATE FUNCTION keep_runs(
  p_owner uuid, p_lease interval, p_workspaces uuid[], p_messages uuid[], p_contents text[], p_watched uuid[]
) RETURNS SETOF uuid LANGUAGE plpgsql AS $$
BEGIN
  -- A row that somebody has locked (its session is being deleted) is left for the next time: it must not hold up others.
  WITH free AS (
    SELECT m.workspace_id, m.id, r.content FROM messages m
      JOIN unnest(p_workspaces, p_messages, p_contents) AS r(workspace_id, id, content)
        ON m.workspace_id = r.workspace_id AND m.id = r.id
      WHERE m.run_owner = p_owner AND m.state IN ('pending', 'streaming')
      FOR NO KEY UPDATE OF m SKIP LOCKED
  )
  UPDATE messages m SET lease_until = now() + p_lease,
      content = coalesce(f.content, m.content),
      state = CASE WHEN f.content IS NULL THEN m.state ELSE 'streaming' END
    FROM free f WHERE m.workspace_id = f.workspace_id AND m.id = f.id;
  RETURN QUERY SELECT m.id FROM messages m JOIN unnest(p_workspaces, p_messages) AS r(workspace_id, id)
      ON m.workspace_id = r.workspace_id AND m.id = r.id
    WHERE m.run_owner = p_owner AND m.state IN ('pending', 'streaming');
  PERFORM pg_notify('runs', 'changed ' || w.id) FROM unnest(p_watched) AS w(id);
END $$;
ALTER FUNCTION keep_runs(uuid, interval, uuid[], uuid[], text[], uuid[]) SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
REVOKE ALL ON FUNCTION keep_runs(uuid, interval, uuid[], uuid[], text[], uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION keep_runs(uuid, interval, uuid[], uuid[], text[], uuid[]) TO chatbot_runtime;
GRANT CREATE ON SCHEMA public TO chatbot_system;
ALTER FUNCTION keep_runs(uuid, interval, uuid[], uuid[], text[], uuid[]) OWNER TO chatbot_system;
REVOKE CREATE ON SCHEMA public FROM chatbot_system;

CREATE FUNCTION reap_runs(p_owner uuid, p_is_sole boolean, p_live uuid[]) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  v_count int;
BEGIN
  -- Which of its own runs are alive a process knows, also after the database was away for longer than a lease. Where it is
  -- known to be the only process, every other owner is gone whatever its lease says.
  WITH reaped AS (
    UPDATE messages SET state = 'interrupted', error_code = 'interrupted', lease_until = NULL
      WHERE state IN ('pending', 'streaming') AND (
        run_owner <> p_owner AND (lease_until < now() OR p_is_sole)
        OR run_owner = p_owner AND lease_until < now() AND id <> ALL (p_live)
      )
      RETURNING id
  ), told AS (SELECT pg_notify('runs', 'ended ' || id) FROM reaped)
  SELECT count(*) INTO v_count FROM told;
  RETURN v_count;
END $$;
ALTER FUNCTION reap_runs(uuid, boolean, uuid[]) SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
REVOKE ALL ON FUNCTION reap_runs(uuid, boolean, uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reap_runs(uuid, boolean, uuid[]) TO chatbot_runtime;
GRANT CREATE ON SCHEMA public TO chatbot_system;
ALTER FUNCTION reap_runs(uuid, boolean, uuid[]) OWNER TO chatbot_system;
REVOKE CREATE ON SCHEMA public FROM chatbot_system;

CREATE FUNCTION forget_idempotency_keys() RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  v_count int;
BEGIN
  DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
    SELECT k.ctid FROM idempotency_keys k WHERE k.created_at < now() - interval '24 hours' LIMIT 10000
  ));
  GET DIAGNOSTICS v_count = ROW_COUNT;
  RETURN v_count;
END $$;
ALTER FUNCTION forget_idempotency_keys() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
REVOKE ALL ON FUNCTION forget_idempotency_keys() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_idempotency_keys() TO chatbot_runtime;
GRANT CREATE ON SCHEMA public TO chatbot_system;
ALTER FUNCTION forget_idempotency_keys() OWNER TO chatbot_system;
REVOKE CREATE ON SCHEMA public FROM chatbot_system;
