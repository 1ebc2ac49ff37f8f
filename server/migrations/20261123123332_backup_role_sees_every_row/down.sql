REVOKE ALL ON search_progress FROM chatbot_backup;
DROP POLICY backup ON search_progress;

REVOKE ALL ON message_search FROM chatbot_backup;
DROP POLICY backup ON message_search;

REVOKE ALL ON message_feedback FROM chatbot_backup;
DROP POLICY backup ON message_feedback;

REVOKE ALL ON idempotency_keys FROM chatbot_backup;
DROP POLICY backup ON idempotency_keys;

REVOKE ALL ON usage_events FROM chatbot_backup;
DROP POLICY backup ON usage_events;

REVOKE ALL ON messages FROM chatbot_backup;
DROP POLICY backup ON messages;

REVOKE ALL ON chat_sessions FROM chatbot_backup;
DROP POLICY backup ON chat_sessions;

REVOKE ALL ON prompts FROM chatbot_backup;
DROP POLICY backup ON prompts;

REVOKE ALL ON projects FROM chatbot_backup;
DROP POLICY backup ON projects;

REVOKE ALL ON refresh_tokens FROM chatbot_backup;
DROP POLICY backup ON refresh_tokens;

REVOKE ALL ON token_families FROM chatbot_backup;
DROP POLICY backup ON token_families;

REVOKE ALL ON memberships FROM chatbot_backup;
DROP POLICY backup ON memberships;

REVOKE ALL ON workspaces FROM chatbot_backup;
DROP POLICY backup ON workspaces;

REVOKE ALL ON users FROM chatbot_backup;
DROP POLICY backup ON users;
