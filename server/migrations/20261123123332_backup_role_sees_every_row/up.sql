-- runs-with: >=0.1.0
CREATE POLICY backup ON users FOR SELECT TO chatbot_backup USING (true);
GRANT SELECT ON users TO chatbot_backup;

CREATE POLICY backup ON workspaces FOR SELECT TO chatbot_backup USING (true);
GRANT SELECT ON workspaces TO chatbot_backup;

CREATE POLICY backup ON memberships FOR SELECT TO chatbot_backup USING (true);
GRANT SELECT ON memberships TO chatbot_backup;

CREATE POLICY backup ON token_families FOR SELECT TO chatbot_backup USING (true);
GRANT SELECT ON token_families TO chatbot_backup;

CREATE POLICY backup ON refresh_tokens FOR SELECT TO chatbot_backup USING (true);
GRANT SELECT ON refresh_tokens TO chatbot_backup;

CREATE POLICY backup ON projects FOR SELECT TO chatbot_backup USING (true);
GRANT SELECT ON projects TO chatbot_backup;

CREATE POLICY backup ON prompts FOR SELECT TO chatbot_backup USING (true);
GRANT SELECT ON prompts TO chatbot_backup;

CREATE POLICY backup ON chat_sessions FOR SELECT TO chatbot_backup USING (true);
GRANT SELECT ON chat_sessions TO chatbot_backup;

CREATE POLICY backup ON messages FOR SELECT TO chatbot_backup USING (true);
GRANT SELECT ON messages TO chatbot_backup;

CREATE POLICY backup ON usage_events FOR SELECT TO chatbot_backup USING (true);
GRANT SELECT ON usage_events TO chatbot_backup;

CREATE POLICY backup ON idempotency_keys FOR SELECT TO chatbot_backup USING (true);
GRANT SELECT ON idempotency_keys TO chatbot_backup;

CREATE POLICY backup ON message_feedback FOR SELECT TO chatbot_backup USING (true);
GRANT SELECT ON message_feedback TO chatbot_backup;

CREATE POLICY backup ON message_search FOR SELECT TO chatbot_backup USING (true);
GRANT SELECT ON message_search TO chatbot_backup;

CREATE POLICY backup ON search_progress FOR SELECT TO chatbot_backup USING (true);
GRANT SELECT ON search_progress TO chatbot_backup;
