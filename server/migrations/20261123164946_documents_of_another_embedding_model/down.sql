REVOKE ALL ON passage_vectors FROM chatbot_system;

DROP POLICY system ON passage_vectors;

SET LOCAL ROLE chatbot_system;
DROP FUNCTION files_without_vectors(text, int);
RESET ROLE;
