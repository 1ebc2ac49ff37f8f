SET LOCAL ROLE chatbot_system;
DROP FUNCTION rank_passages(uuid, text, text[], text[], real[], int);
RESET ROLE;

SET LOCAL ROLE chatbot_system;
DROP FUNCTION count_passages(uuid, text[]);
RESET ROLE;

ALTER TABLE passage_vectors ALTER COLUMN signs SET STORAGE EXTENDED, ALTER COLUMN vector SET STORAGE EXTENDED,
  RESET (toast_tuple_target);

REVOKE ALL ON passage_vectors FROM chatbot_backup;
DROP POLICY backup ON passage_vectors;

REVOKE ALL ON passage_vectors FROM chatbot_runtime;

DROP POLICY tenant ON passage_vectors;

ALTER TABLE passage_vectors NO FORCE ROW LEVEL SECURITY;
ALTER TABLE passage_vectors DISABLE ROW LEVEL SECURITY;

ALTER TABLE passage_words ALTER COLUMN words SET STORAGE EXTENDED, RESET (toast_tuple_target);

REVOKE ALL ON file_words FROM chatbot_backup;
DROP POLICY backup ON file_words;

REVOKE ALL ON file_words FROM chatbot_runtime;

DROP POLICY tenant ON file_words;

ALTER TABLE file_words NO FORCE ROW LEVEL SECURITY;
ALTER TABLE file_words DISABLE ROW LEVEL SECURITY;

REVOKE ALL ON passage_words FROM chatbot_system;

DROP POLICY system ON passage_words;

REVOKE ALL ON passage_words FROM chatbot_backup;
DROP POLICY backup ON passage_words;

REVOKE ALL ON passage_words FROM chatbot_runtime;

DROP POLICY tenant ON passage_words;

ALTER TABLE passage_words NO FORCE ROW LEVEL SECURITY;
ALTER TABLE passage_words DISABLE ROW LEVEL SECURITY;

DROP TABLE "passage_words";

DROP TABLE "file_words";

DROP TABLE "passage_vectors";

ALTER TABLE "usage_events" DROP COLUMN "kind";

ALTER TABLE "usage_events" ALTER COLUMN "session_id" SET NOT NULL;
