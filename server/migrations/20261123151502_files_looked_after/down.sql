SET LOCAL ROLE chatbot_system;
DROP FUNCTION storage_keys_in_use(uuid[], uuid[], text[]);
RESET ROLE;

SET LOCAL ROLE chatbot_system;
DROP FUNCTION files_under_way(interval);
RESET ROLE;

REVOKE ALL ON files FROM chatbot_system;

DROP POLICY system ON files;

DROP INDEX "files_under_way_idx";
