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
  "run_owner" uuid,
  "lease_until" timestamp(3) with time zone,
  "created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
  CONSTRAINT "messages_pkey" PRIMARY KEY("workspace_id","id"),
  CONSTRAINT "messages_seq_key" UNIQUE("workspace_id","session_id","seq"),
  CONSTRAINT "messages_run_check" CHECK ((state IN ('pending', 'streaming')) = (lease_until IS NOT NULL))
);

CREATE INDEX "memberships_user_id_idx" ON "memberships" ("user_id");

CREATE INDEX "token_families_user_id_idx" ON "token_families" ("user_id");

CREATE INDEX "refresh_tokens_family_id_idx" ON "refresh_tokens" ("family_id");

CREATE INDEX "refresh_tokens_user_id_idx" ON "refresh_tokens" ("user_id");

CREATE INDEX "projects_newest_idx" ON "projects" ("workspace_id","created_at","id");

CREATE INDEX "chat_sessions_activity_idx" ON "chat_sessions" ("workspace_id","project_id","updated_at","id");

CREATE UNIQUE INDEX "messages_active_run_key" ON "messages" ("workspace_id","session_id") WHERE state IN ('pending', 'streaming');

ALTER TABLE "memberships" ADD CONSTRAINT "memberships_workspace_id_workspaces_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE CASCADE;

ALTER TABLE "memberships" ADD CONSTRAINT "memberships_user_id_users_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE;

ALTER TABLE "token_families" ADD CONSTRAINT "token_families_user_id_users_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE;

ALTER TABLE "refresh_tokens" ADD CONSTRAINT "refresh_tokens_family_id_token_families_id_fkey" FOREIGN KEY ("family_id") REFERENCES "token_families"("id") ON DELETE CASCADE;

ALTER TABLE "refresh_tokens" ADD CONSTRAINT "refresh_tokens_user_id_users_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE;

ALTER TABLE "projects" ADD CONSTRAINT "projects_workspace_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE CASCADE;

ALTER TABLE "prompts" ADD CONSTRAINT "prompts_project_fkey" FOREIGN KEY ("workspace_id","project_id") REFERENCES "projects"("workspace_id","id") ON DELETE CASCADE;

ALTER TABLE "chat_sessions" ADD CONSTRAINT "chat_sessions_project_fkey" FOREIGN KEY ("workspace_id","project_id") REFERENCES "projects"("workspace_id","id") ON DELETE CASCADE;

ALTER TABLE "messages" ADD CONSTRAINT "messages_session_fkey" FOREIGN KEY ("workspace_id","session_id") REFERENCES "chat_sessions"("workspace_id","id") ON DELETE CASCADE;

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

ALTER TABLE messages ENABLE ROW LEVEL SECURITY;
ALTER TABLE messages FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON messages USING (workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid)) WITH CHECK (workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid));

GRANT SELECT, INSERT, UPDATE, DELETE ON messages TO chatbot_runtime;

CREATE POLICY system ON messages TO chatbot_system USING (true) WITH CHECK (true);

GRANT SELECT, UPDATE ON messages TO chatbot_system;

CREATE FUNCTION begin_turn(
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
END $$;
REVOKE ALL ON FUNCTION begin_turn(uuid, uuid, uuid, boolean, uuid, uuid, uuid, text, uuid, interval, int, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION begin_turn(uuid, uuid, uuid, boolean, uuid, uuid, uuid, text, uuid, interval, int, int) TO chatbot_runtime;

CREATE FUNCTION finish_turn(
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
END $$;
REVOKE ALL ON FUNCTION finish_turn(uuid, uuid, uuid, text, text, text, text, text, text, int, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION finish_turn(uuid, uuid, uuid, text, text, text, text, text, text, int, int) TO chatbot_runtime;

CREATE FUNCTION cancel_turn(p_workspace uuid, p_message uuid) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('app.workspace_id', p_workspace::text, true);
  UPDATE messages SET state = 'cancelled', lease_until = NULL
    WHERE workspace_id = p_workspace AND id = p_message AND state IN ('pending', 'streaming');
  RETURN FOUND;
END $$;
REVOKE ALL ON FUNCTION cancel_turn(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cancel_turn(uuid, uuid) TO chatbot_runtime;

CREATE FUNCTION keep_runs(p_owner uuid, p_lease interval, p_workspaces uuid[], p_messages uuid[], p_contents text[])
RETURNS SETOF uuid LANGUAGE sql AS $$
  UPDATE messages m SET lease_until = now() + p_lease,
      content = coalesce(r.content, m.content),
      state = CASE WHEN r.content IS NULL THEN m.state ELSE 'streaming' END
    FROM unnest(p_workspaces, p_messages, p_contents) AS r(workspace_id, id, content)
    WHERE m.workspace_id = r.workspace_id AND m.id = r.id AND m.run_owner = p_owner AND m.state IN ('pending', 'streaming')
    RETURNING m.id
$$;
ALTER FUNCTION keep_runs(uuid, interval, uuid[], uuid[], text[]) SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
REVOKE ALL ON FUNCTION keep_runs(uuid, interval, uuid[], uuid[], text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION keep_runs(uuid, interval, uuid[], uuid[], text[]) TO chatbot_runtime;
GRANT CREATE ON SCHEMA public TO chatbot_system;
ALTER FUNCTION keep_runs(uuid, interval, uuid[], uuid[], text[]) OWNER TO chatbot_system;
REVOKE CREATE ON SCHEMA public FROM chatbot_system;

CREATE FUNCTION reap_runs() RETURNS int LANGUAGE sql AS $$
  WITH reaped AS (
    UPDATE messages SET state = 'interrupted', error_code = 'interrupted', lease_until = NULL
      WHERE state IN ('pending', 'streaming') AND lease_until < now() RETURNING 1
  ) SELECT count(*)::int FROM reaped
$$;
ALTER FUNCTION reap_runs() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
REVOKE ALL ON FUNCTION reap_runs() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reap_runs() TO chatbot_runtime;
GRANT CREATE ON SCHEMA public TO chatbot_system;
ALTER FUNCTION reap_runs() OWNER TO chatbot_system;
REVOKE CREATE ON SCHEMA public FROM chatbot_system;
