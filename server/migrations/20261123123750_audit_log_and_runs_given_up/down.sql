SET LOCAL ROLE chatbot_system;
DROP FUNCTION give_up_runs(uuid[]);
RESET ROLE;

REVOKE ALL ON audit_events FROM chatbot_backup;
DROP POLICY backup ON audit_events;

REVOKE ALL ON audit_events FROM chatbot_runtime;

DROP POLICY tenant ON audit_events;

ALTER TABLE audit_events NO FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_events DISABLE ROW LEVEL SECURITY;

DROP TABLE "audit_events";
