REVOKE ALL ON citations FROM chatbot_backup;
DROP POLICY backup ON citations;

REVOKE ALL ON citations FROM chatbot_runtime;

DROP POLICY tenant ON citations;

ALTER TABLE citations NO FORCE ROW LEVEL SECURITY;
ALTER TABLE citations DISABLE ROW LEVEL SECURITY;

REVOKE ALL ON passages FROM chatbot_backup;
DROP POLICY backup ON passages;

REVOKE ALL ON passages FROM chatbot_runtime;

DROP POLICY tenant ON passages;

ALTER TABLE passages NO FORCE ROW LEVEL SECURITY;
ALTER TABLE passages DISABLE ROW LEVEL SECURITY;

REVOKE ALL ON files FROM chatbot_backup;
DROP POLICY backup ON files;

REVOKE ALL ON files FROM chatbot_runtime;

DROP POLICY tenant ON files;

ALTER TABLE files NO FORCE ROW LEVEL SECURITY;
ALTER TABLE files DISABLE ROW LEVEL SECURITY;

REVOKE ALL ON sources FROM chatbot_backup;
DROP POLICY backup ON sources;

REVOKE ALL ON sources FROM chatbot_runtime;

DROP POLICY tenant ON sources;

ALTER TABLE sources NO FORCE ROW LEVEL SECURITY;
ALTER TABLE sources DISABLE ROW LEVEL SECURITY;

ALTER TABLE "files" DROP CONSTRAINT "files_source_fkey";

ALTER TABLE "passages" DROP CONSTRAINT "passages_file_fkey";

DROP TABLE "sources";

DROP TABLE "files";

DROP TABLE "passages";

DROP TABLE "citations";

ALTER TABLE "projects" DROP COLUMN "grounding";
