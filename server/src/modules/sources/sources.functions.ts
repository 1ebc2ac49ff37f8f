import { type Programmable, systemFunction } from '../../platform/database/programmable.ts'

/**
 * Web sources that are due, or that were left under way, of all tenants: ids and nothing else. Each tenant's first comes
 * before anybody's second, so that one with many keeps nobody waiting.
 */
export const sourceFunctions: Programmable[] = [
  systemFunction(
    'sources_due(interval, int)',
    `sources_due(p_untouched interval, p_limit int) RETURNS TABLE (workspace_id uuid, id uuid) LANGUAGE sql STABLE AS $$
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
$$`,
  ),
]
