SET LOCAL ROLE chatbot_system;
DROP FUNCTION forget_idempotency_keys();
RESET ROLE;

SET LOCAL ROLE chatbot_system;
DROP FUNCTION reap_runs(uuid, boolean, uuid[]);
RESET ROLE;

SET LOCAL ROLE chatbot_system;
DROP FUNCTION keep_runs(uuid, interval, uuid[], uuid[], text[], uuid[]);
RESET ROLE;

DROP FUNCTION cancel_turn(uuid, uuid);

DROP FUNCTION finish_turns(jsonb);

DROP FUNCTION finish_turn(jsonb);

DROP FUNCTION begin_turns(jsonb);

DROP FUNCTION begin_turn(jsonb);

DROP FUNCTION turn_history(uuid, uuid, uuid, boolean, int, int);

SET LOCAL ROLE chatbot_system;
DROP FUNCTION store_words(uuid[], uuid[], int[], text[]);
RESET ROLE;

SET LOCAL ROLE chatbot_system;
DROP FUNCTION take_unindexed(int, int);
RESET ROLE;

SET LOCAL ROLE chatbot_system;
DROP FUNCTION search_messages(text, uuid, timestamptz, uuid, int, int);
RESET ROLE;

REVOKE ALL ON search_progress FROM chatbot_system;

DROP POLICY system ON search_progress;

REVOKE ALL ON search_progress FROM chatbot_runtime;

DROP POLICY tenant ON search_progress;

ALTER TABLE search_progress NO FORCE ROW LEVEL SECURITY;
ALTER TABLE search_progress DISABLE ROW LEVEL SECURITY;

REVOKE ALL ON message_search FROM chatbot_system;

DROP POLICY system ON message_search;

REVOKE ALL ON message_search FROM chatbot_runtime;

DROP POLICY tenant ON message_search;

ALTER TABLE message_search NO FORCE ROW LEVEL SECURITY;
ALTER TABLE message_search DISABLE ROW LEVEL SECURITY;

REVOKE ALL ON message_feedback FROM chatbot_runtime;

DROP POLICY tenant ON message_feedback;

ALTER TABLE message_feedback NO FORCE ROW LEVEL SECURITY;
ALTER TABLE message_feedback DISABLE ROW LEVEL SECURITY;

REVOKE ALL ON idempotency_keys FROM chatbot_system;

DROP POLICY system ON idempotency_keys;

REVOKE ALL ON idempotency_keys FROM chatbot_runtime;

DROP POLICY tenant ON idempotency_keys;

ALTER TABLE idempotency_keys NO FORCE ROW LEVEL SECURITY;
ALTER TABLE idempotency_keys DISABLE ROW LEVEL SECURITY;

REVOKE ALL ON usage_events FROM chatbot_runtime;

DROP POLICY tenant ON usage_events;

ALTER TABLE usage_events NO FORCE ROW LEVEL SECURITY;
ALTER TABLE usage_events DISABLE ROW LEVEL SECURITY;

REVOKE ALL ON messages FROM chatbot_system;

DROP POLICY system ON messages;

REVOKE ALL ON messages FROM chatbot_runtime;

DROP POLICY tenant ON messages;

ALTER TABLE messages NO FORCE ROW LEVEL SECURITY;
ALTER TABLE messages DISABLE ROW LEVEL SECURITY;

REVOKE ALL ON chat_sessions FROM chatbot_system;

DROP POLICY system ON chat_sessions;

REVOKE ALL ON chat_sessions FROM chatbot_runtime;

DROP POLICY tenant ON chat_sessions;

ALTER TABLE chat_sessions NO FORCE ROW LEVEL SECURITY;
ALTER TABLE chat_sessions DISABLE ROW LEVEL SECURITY;

ALTER TABLE projects DROP CONSTRAINT projects_active_prompt_fkey;

REVOKE ALL ON prompts FROM chatbot_runtime;

DROP POLICY tenant ON prompts;

ALTER TABLE prompts NO FORCE ROW LEVEL SECURITY;
ALTER TABLE prompts DISABLE ROW LEVEL SECURITY;

REVOKE ALL ON projects FROM chatbot_runtime;

DROP POLICY tenant ON projects;

ALTER TABLE projects NO FORCE ROW LEVEL SECURITY;
ALTER TABLE projects DISABLE ROW LEVEL SECURITY;

DROP FUNCTION sign_in_is_live(uuid, uuid, uuid);

REVOKE ALL ON refresh_tokens FROM chatbot_runtime;

DROP POLICY tenant ON refresh_tokens;

ALTER TABLE refresh_tokens NO FORCE ROW LEVEL SECURITY;
ALTER TABLE refresh_tokens DISABLE ROW LEVEL SECURITY;

REVOKE ALL ON token_families FROM chatbot_runtime;

DROP POLICY tenant ON token_families;

ALTER TABLE token_families NO FORCE ROW LEVEL SECURITY;
ALTER TABLE token_families DISABLE ROW LEVEL SECURITY;

REVOKE ALL ON memberships FROM chatbot_runtime;

DROP POLICY tenant ON memberships;

ALTER TABLE memberships NO FORCE ROW LEVEL SECURITY;
ALTER TABLE memberships DISABLE ROW LEVEL SECURITY;

REVOKE ALL ON workspaces FROM chatbot_runtime;

DROP POLICY tenant ON workspaces;

ALTER TABLE workspaces NO FORCE ROW LEVEL SECURITY;
ALTER TABLE workspaces DISABLE ROW LEVEL SECURITY;

REVOKE ALL ON users FROM chatbot_runtime;

DROP POLICY tenant ON users;

ALTER TABLE users NO FORCE ROW LEVEL SECURITY;
ALTER TABLE users DISABLE ROW LEVEL SECURITY;

ALTER TABLE "memberships" DROP CONSTRAINT "memberships_workspace_id_workspaces_id_fkey";

ALTER TABLE "memberships" DROP CONSTRAINT "memberships_user_id_users_id_fkey";

ALTER TABLE "token_families" DROP CONSTRAINT "token_families_user_id_users_id_fkey";

ALTER TABLE "refresh_tokens" DROP CONSTRAINT "refresh_tokens_family_id_token_families_id_fkey";

ALTER TABLE "refresh_tokens" DROP CONSTRAINT "refresh_tokens_user_id_users_id_fkey";

ALTER TABLE "projects" DROP CONSTRAINT "projects_workspace_fkey";

ALTER TABLE "prompts" DROP CONSTRAINT "prompts_project_fkey";

ALTER TABLE "chat_sessions" DROP CONSTRAINT "chat_sessions_project_fkey";

ALTER TABLE "messages" DROP CONSTRAINT "messages_session_fkey";

ALTER TABLE "usage_events" DROP CONSTRAINT "usage_events_workspace_fkey";

ALTER TABLE "idempotency_keys" DROP CONSTRAINT "idempotency_keys_workspace_fkey";

ALTER TABLE "message_feedback" DROP CONSTRAINT "message_feedback_message_fkey";

ALTER TABLE "message_feedback" DROP CONSTRAINT "message_feedback_member_fkey";

ALTER TABLE "message_search" DROP CONSTRAINT "message_search_message_fkey";

DROP TABLE "users";

DROP TABLE "workspaces";

DROP TABLE "memberships";

DROP TABLE "token_families";

DROP TABLE "refresh_tokens";

DROP TABLE "projects";

DROP TABLE "prompts";

DROP TABLE "chat_sessions";

DROP TABLE "messages";

DROP TABLE "usage_events";

DROP TABLE "idempotency_keys";

DROP TABLE "message_feedback";

DROP TABLE "message_search";

DROP TABLE "search_progress";
