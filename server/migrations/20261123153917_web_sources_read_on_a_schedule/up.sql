-- runs-with: >=0.1.0
ALTER TABLE "sources" ADD COLUMN "failures" integer DEFAULT 0 NOT NULL;

ALTER TABLE "files" ADD COLUMN "content_version" integer DEFAULT 1 NOT NULL;

CREATE INDEX "sources_due_idx" ON "sources" ("workspace_id","next_crawl_at") WHERE next_crawl_at IS NOT NULL;

CREATE INDEX "sources_under_way_idx" ON "sources" ("workspace_id","id") WHERE state IN ('queued', 'crawling');

CREATE POLICY system ON sources TO chatbot_system USING (true) WITH CHECK (true);

GRANT SELECT ON sources TO chatbot_system;

CREATE FUNCTION sources_due(p_untouched interval, p_limit int) RETURNS TABLE (workspace_id uuid, id uuid) LANGUAGE sql STABLE AS $$
  WITH due AS (
    SELECT s.workspace_id, s.id, s.next_crawl_at AS since FROM sources s
      WHERE s.next_crawl_at <= now() AND s.state IN ('ready', 'failed')
    UNION ALL
    SELECT s.workspace_id, s.id, s.updated_at FROM sources s
      WHERE s.state IN ('queued', 'crawling') AND s.updated_at < now() - p_untouched
  ), in_turn AS (
    SELECT d.workspace_id, d.id, d.since,
           row_number() OVER (PARTITION BY d.workspace_id ORDER BY d.since, d.id) AS turn
      FROM due d
  )
  SELECT t.workspace_id, t.id FROM in_turn t ORDER BY t.turn, t.since, t.id LIMIT p_limit
$$;
ALTER FUNCTION sources_due(interval, int) SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
REVOKE ALL ON FUNCTION sources_due(interval, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sources_due(interval, int) TO chatbot_runtime;
GRANT CREATE ON SCHEMA public TO chatbot_system;
ALTER FUNCTION sources_due(interval, int) OWNER TO chatbot_system;
REVOKE CREATE ON SCHEMA public FROM chatbot_system;
