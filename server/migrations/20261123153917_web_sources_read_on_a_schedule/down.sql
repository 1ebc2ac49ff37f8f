SET LOCAL ROLE chatbot_system;
DROP FUNCTION sources_due(interval, int);
RESET ROLE;

REVOKE ALL ON sources FROM chatbot_system;

DROP POLICY system ON sources;

DROP INDEX "sources_due_idx";

DROP INDEX "sources_under_way_idx";

ALTER TABLE "sources" DROP COLUMN "failures";

ALTER TABLE "files" DROP COLUMN "content_version";
