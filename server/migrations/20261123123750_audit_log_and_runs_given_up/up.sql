-- runs-with: >=0.1.0
CREATE TABLE "audit_events" (
  "workspace_id" uuid,
  "id" uuid,
  "created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
  "actor_id" uuid,
  "target_id" uuid NOT NULL,
  "target_type" text NOT NULL,
  "action" text NOT NULL,
  "address" text,
  CONSTRAINT "audit_events_pkey" PRIMARY KEY("workspace_id","id")
);

CREATE INDEX "audit_events_newest_idx" ON "audit_events" ("workspace_id","created_at","id");

ALTER TABLE "audit_events" ADD CONSTRAINT "audit_events_workspace_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE CASCADE;

ALTER TABLE audit_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_events FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON audit_events USING (workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid)) WITH CHECK (workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid));

GRANT SELECT, INSERT ON audit_events TO chatbot_runtime;

CREATE POLICY backup ON audit_events FOR SELECT TO chatbot_backup USING (true);
GRANT SELECT ON audit_events TO chatbot_backup;

CREATE FUNCTION give_up_runs(p_owners uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE messages m SET lease_until = now() - interval '1 second'
    WHERE m.state IN ('pending', 'streaming') AND m.run_owner = ANY (p_owners);
END $$;
ALTER FUNCTION give_up_runs(uuid[]) SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
REVOKE ALL ON FUNCTION give_up_runs(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION give_up_runs(uuid[]) TO chatbot_runtime;
GRANT CREATE ON SCHEMA public TO chatbot_system;
ALTER FUNCTION give_up_runs(uuid[]) OWNER TO chatbot_system;
REVOKE CREATE ON SCHEMA public FROM chatbot_system;
