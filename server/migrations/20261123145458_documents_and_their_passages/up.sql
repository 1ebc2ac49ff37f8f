-- runs-with: >=0.1.0
CREATE TABLE "sources" (
  "workspace_id" uuid,
  "id" uuid,
  "project_id" uuid NOT NULL,
  "kind" text NOT NULL,
  "url" text NOT NULL,
  "refresh_hours" integer,
  "state" text DEFAULT 'queued' NOT NULL,
  "epoch" integer DEFAULT 0 NOT NULL,
  "error_code" text,
  "error_detail" text,
  "pages_read" integer DEFAULT 0 NOT NULL,
  "pages_unchanged" integer DEFAULT 0 NOT NULL,
  "pages_skipped" integer DEFAULT 0 NOT NULL,
  "pages_failed" integer DEFAULT 0 NOT NULL,
  "last_crawled_at" timestamp(3) with time zone,
  "next_crawl_at" timestamp(3) with time zone,
  "created_by" uuid NOT NULL,
  "created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
  "updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
  CONSTRAINT "sources_pkey" PRIMARY KEY("workspace_id","id"),
  CONSTRAINT "sources_url_key" UNIQUE("workspace_id","project_id","url")
);

CREATE TABLE "files" (
  "workspace_id" uuid,
  "id" uuid,
  "project_id" uuid NOT NULL,
  "source_id" uuid,
  "name" text NOT NULL,
  "url" text,
  "etag" text,
  "last_modified" text,
  "kind" text NOT NULL,
  "bytes" bigint NOT NULL,
  "sha256" text NOT NULL,
  "storage_key" text NOT NULL,
  "version" integer DEFAULT 1 NOT NULL,
  "state" text DEFAULT 'queued' NOT NULL,
  "epoch" integer DEFAULT 0 NOT NULL,
  "progress_done" integer,
  "progress_total" integer,
  "error_code" text,
  "error_detail" text,
  "title" text,
  "pages" integer,
  "characters" integer,
  "passages" integer,
  "language" text,
  "created_by" uuid NOT NULL,
  "created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
  "updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
  "indexed_at" timestamp(3) with time zone,
  CONSTRAINT "files_pkey" PRIMARY KEY("workspace_id","id")
);

CREATE TABLE "passages" (
  "workspace_id" uuid,
  "file_id" uuid,
  "ordinal" integer,
  "project_id" uuid NOT NULL,
  "text" text NOT NULL,
  "heading" text,
  "page" integer,
  "start_offset" integer NOT NULL,
  "end_offset" integer NOT NULL,
  "language" text NOT NULL,
  "tokens" integer NOT NULL,
  CONSTRAINT "passages_pkey" PRIMARY KEY("workspace_id","file_id","ordinal")
);

CREATE TABLE "citations" (
  "workspace_id" uuid,
  "message_id" uuid,
  "number" integer,
  "file_id" uuid NOT NULL,
  "file_version" integer NOT NULL,
  "ordinal" integer NOT NULL,
  "page" integer,
  "start_offset" integer NOT NULL,
  "end_offset" integer NOT NULL,
  CONSTRAINT "citations_pkey" PRIMARY KEY("workspace_id","message_id","number")
);

ALTER TABLE "projects" ADD COLUMN "grounding" text DEFAULT 'open' NOT NULL;

CREATE INDEX "sources_newest_idx" ON "sources" ("workspace_id","project_id","created_at","id");

CREATE UNIQUE INDEX "files_upload_key" ON "files" ("workspace_id","project_id","sha256") WHERE source_id IS NULL;

CREATE UNIQUE INDEX "files_page_key" ON "files" ("workspace_id","source_id","url") WHERE source_id IS NOT NULL;

CREATE INDEX "files_newest_idx" ON "files" ("workspace_id","project_id","created_at","id");

ALTER TABLE "sources" ADD CONSTRAINT "sources_project_fkey" FOREIGN KEY ("workspace_id","project_id") REFERENCES "projects"("workspace_id","id") ON DELETE CASCADE;

ALTER TABLE "files" ADD CONSTRAINT "files_project_fkey" FOREIGN KEY ("workspace_id","project_id") REFERENCES "projects"("workspace_id","id") ON DELETE CASCADE;

ALTER TABLE "files" ADD CONSTRAINT "files_source_fkey" FOREIGN KEY ("workspace_id","source_id") REFERENCES "sources"("workspace_id","id") ON DELETE CASCADE;

ALTER TABLE "passages" ADD CONSTRAINT "passages_file_fkey" FOREIGN KEY ("workspace_id","file_id") REFERENCES "files"("workspace_id","id") ON DELETE CASCADE;

ALTER TABLE "citations" ADD CONSTRAINT "citations_message_fkey" FOREIGN KEY ("workspace_id","message_id") REFERENCES "messages"("workspace_id","id") ON DELETE CASCADE;

ALTER TABLE sources ENABLE ROW LEVEL SECURITY;
ALTER TABLE sources FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON sources USING (workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid)) WITH CHECK (workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid));

GRANT SELECT, INSERT, UPDATE, DELETE ON sources TO chatbot_runtime;

CREATE POLICY backup ON sources FOR SELECT TO chatbot_backup USING (true);
GRANT SELECT ON sources TO chatbot_backup;

ALTER TABLE files ENABLE ROW LEVEL SECURITY;
ALTER TABLE files FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON files USING (workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid)) WITH CHECK (workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid));

GRANT SELECT, INSERT, UPDATE, DELETE ON files TO chatbot_runtime;

CREATE POLICY backup ON files FOR SELECT TO chatbot_backup USING (true);
GRANT SELECT ON files TO chatbot_backup;

ALTER TABLE passages ENABLE ROW LEVEL SECURITY;
ALTER TABLE passages FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON passages USING (workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid)) WITH CHECK (workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid));

GRANT SELECT, INSERT, UPDATE, DELETE ON passages TO chatbot_runtime;

CREATE POLICY backup ON passages FOR SELECT TO chatbot_backup USING (true);
GRANT SELECT ON passages TO chatbot_backup;

ALTER TABLE citations ENABLE ROW LEVEL SECURITY;
ALTER TABLE citations FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON citations USING (workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid)) WITH CHECK (workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid));

GRANT SELECT, INSERT, UPDATE, DELETE ON citations TO chatbot_runtime;

CREATE POLICY backup ON citations FOR SELECT TO chatbot_backup USING (true);
GRANT SELECT ON citations TO chatbot_backup;
