-- runs-with: >=0.1.0
SET LOCAL ROLE chatbot_system;
DROP FUNCTION reap_runs(uuid, boolean, uuid[]);
RESET ROLE;

DROP FUNCTION cancel_turn(uuid, uuid);

DROP FUNCTION finish_turns(jsonb);

DROP FUNCTION finish_turn(jsonb);

DROP FUNCTION begin_turns(jsonb);

DROP FUNCTION begin_turn(jsonb);

REVOKE ALL ON usage_events FROM chatbot_system;

CREATE TABLE "limit_counts" (
  "key" text PRIMARY KEY,
  "count" bigint NOT NULL,
  "ends_at" timestamp(3) with time zone NOT NULL
);

CREATE TABLE "stream_counts" (
  "key" text,
  "process" uuid,
  "count" integer NOT NULL,
  "seen_at" timestamp(3) with time zone NOT NULL,
  CONSTRAINT "stream_counts_pkey" PRIMARY KEY("key","process")
);

CREATE TABLE "budgets" (
  "workspace_id" uuid,
  "subject_id" uuid,
  "project_id" uuid,
  "tokens_per_day" bigint,
  "tokens_per_month" bigint,
  "cost_per_day" numeric(20,10),
  "cost_per_month" numeric(20,10),
  "day" date NOT NULL,
  "day_tokens" bigint DEFAULT 0 NOT NULL,
  "day_cost" numeric(20,10) DEFAULT '0' NOT NULL,
  "month" date NOT NULL,
  "month_tokens" bigint DEFAULT 0 NOT NULL,
  "month_cost" numeric(20,10) DEFAULT '0' NOT NULL,
  "day_warned" date,
  "month_warned" date,
  CONSTRAINT "budgets_pkey" PRIMARY KEY("workspace_id","subject_id"),
  CONSTRAINT "budgets_subject_check" CHECK (subject_id = coalesce(project_id, workspace_id))
);

CREATE TABLE "budget_reservations" (
  "workspace_id" uuid,
  "message_id" uuid,
  "project_id" uuid NOT NULL,
  "tokens" bigint NOT NULL,
  "cost" numeric(20,10) NOT NULL,
  "input_price" numeric NOT NULL,
  "output_price" numeric NOT NULL,
  "day" date NOT NULL,
  "created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
  CONSTRAINT "budget_reservations_pkey" PRIMARY KEY("workspace_id","message_id")
);

CREATE TABLE "instance_budget" (
  "is_only" boolean PRIMARY KEY DEFAULT true,
  "tokens_per_day" bigint,
  "tokens_per_month" bigint,
  "cost_per_day" numeric(20,10),
  "cost_per_month" numeric(20,10),
  "day" date NOT NULL,
  "day_tokens" bigint DEFAULT 0 NOT NULL,
  "day_cost" numeric(20,10) DEFAULT '0' NOT NULL,
  "month" date NOT NULL,
  "month_tokens" bigint DEFAULT 0 NOT NULL,
  "month_cost" numeric(20,10) DEFAULT '0' NOT NULL,
  "day_warned" date,
  "month_warned" date,
  CONSTRAINT "instance_budget_only_check" CHECK (is_only)
);

ALTER TABLE "budgets" ADD CONSTRAINT "budgets_workspace_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE CASCADE;

ALTER TABLE "budgets" ADD CONSTRAINT "budgets_project_fkey" FOREIGN KEY ("workspace_id","project_id") REFERENCES "projects"("workspace_id","id") ON DELETE CASCADE;

ALTER TABLE "budget_reservations" ADD CONSTRAINT "budget_reservations_workspace_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE CASCADE;

CREATE POLICY system_read ON usage_events FOR SELECT TO chatbot_system USING (true);

GRANT SELECT, INSERT ON usage_events TO chatbot_system;

ALTER TABLE limit_counts ENABLE ROW LEVEL SECURITY;
ALTER TABLE limit_counts FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON limit_counts USING (false) WITH CHECK (false);

GRANT SELECT ON limit_counts TO chatbot_runtime;

CREATE POLICY backup ON limit_counts FOR SELECT TO chatbot_backup USING (true);
GRANT SELECT ON limit_counts TO chatbot_backup;

CREATE POLICY system ON limit_counts TO chatbot_system USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON limit_counts TO chatbot_system;

ALTER TABLE limit_counts SET UNLOGGED;
ALTER TABLE limit_counts SET (fillfactor = 50);

ALTER TABLE stream_counts ENABLE ROW LEVEL SECURITY;
ALTER TABLE stream_counts FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON stream_counts USING (false) WITH CHECK (false);

GRANT SELECT ON stream_counts TO chatbot_runtime;

CREATE POLICY backup ON stream_counts FOR SELECT TO chatbot_backup USING (true);
GRANT SELECT ON stream_counts TO chatbot_backup;

CREATE POLICY system ON stream_counts TO chatbot_system USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON stream_counts TO chatbot_system;

ALTER TABLE stream_counts SET UNLOGGED;
ALTER TABLE stream_counts SET (fillfactor = 50);

CREATE FUNCTION exchange_limits(
  p_process uuid, p_keys text[], p_counts int[], p_remaining_ms int[], p_stream_keys text[], p_stream_counts int[]
) RETURNS TABLE (kind text, name text, total bigint, remaining_ms int) LANGUAGE plpgsql AS $$
DECLARE
  v_now timestamptz := clock_timestamp();
BEGIN
  -- In the order of their keys, so that processes never wait for each other in a circle.
  RETURN QUERY
    INSERT INTO limit_counts AS c (key, count, ends_at)
      SELECT k.key, k.count, v_now + k.ms * interval '1 millisecond'
        FROM unnest(p_keys, p_counts, p_remaining_ms) AS k(key, count, ms) ORDER BY k.key
      ON CONFLICT (key) DO UPDATE SET
        count = excluded.count + CASE WHEN c.ends_at > v_now THEN c.count ELSE 0 END,
        ends_at = CASE WHEN c.ends_at > v_now THEN c.ends_at ELSE excluded.ends_at END
      RETURNING 'count', c.key, c.count, ceil(extract(epoch FROM c.ends_at - v_now) * 1000)::int;
  IF cardinality(p_stream_keys) = 0 THEN RETURN; END IF;
  INSERT INTO stream_counts AS s (key, process, count, seen_at)
    SELECT k.key, p_process, k.count, v_now
      FROM unnest(p_stream_keys, p_stream_counts) AS k(key, count) ORDER BY k.key
    ON CONFLICT (key, process) DO UPDATE SET count = excluded.count, seen_at = excluded.seen_at;
  RETURN QUERY
    SELECT 'streams', k.key, coalesce(sum(s.count), 0)::bigint, 0 FROM unnest(p_stream_keys) AS k(key)
      LEFT JOIN stream_counts s ON s.key = k.key AND s.process <> p_process AND s.seen_at > v_now - interval '15 seconds'
      GROUP BY k.key;
END $$;
ALTER FUNCTION exchange_limits(uuid, text[], int[], int[], text[], int[]) SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
REVOKE ALL ON FUNCTION exchange_limits(uuid, text[], int[], int[], text[], int[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION exchange_limits(uuid, text[], int[], int[], text[], int[]) TO chatbot_runtime;
GRANT CREATE ON SCHEMA public TO chatbot_system;
ALTER FUNCTION exchange_limits(uuid, text[], int[], int[], text[], int[]) OWNER TO chatbot_system;
REVOKE CREATE ON SCHEMA public FROM chatbot_system;

CREATE FUNCTION forget_limits() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM limit_counts WHERE ends_at < now() - interval '10 seconds';
  DELETE FROM stream_counts WHERE seen_at < now() - interval '1 minute' OR count = 0 AND seen_at < now() - interval '15 seconds';
END $$;
ALTER FUNCTION forget_limits() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
REVOKE ALL ON FUNCTION forget_limits() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_limits() TO chatbot_runtime;
GRANT CREATE ON SCHEMA public TO chatbot_system;
ALTER FUNCTION forget_limits() OWNER TO chatbot_system;
REVOKE CREATE ON SCHEMA public FROM chatbot_system;

ALTER TABLE budgets ENABLE ROW LEVEL SECURITY;
ALTER TABLE budgets FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON budgets USING (workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid)) WITH CHECK (workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid));

GRANT SELECT, INSERT, UPDATE, DELETE ON budgets TO chatbot_runtime;

CREATE POLICY backup ON budgets FOR SELECT TO chatbot_backup USING (true);
GRANT SELECT ON budgets TO chatbot_backup;

CREATE POLICY system ON budgets TO chatbot_system USING (true) WITH CHECK (true);

GRANT SELECT, UPDATE ON budgets TO chatbot_system;

ALTER TABLE budget_reservations ENABLE ROW LEVEL SECURITY;
ALTER TABLE budget_reservations FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON budget_reservations USING (workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid)) WITH CHECK (workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid));

GRANT SELECT, INSERT, UPDATE, DELETE ON budget_reservations TO chatbot_runtime;

CREATE POLICY backup ON budget_reservations FOR SELECT TO chatbot_backup USING (true);
GRANT SELECT ON budget_reservations TO chatbot_backup;

CREATE POLICY system ON budget_reservations TO chatbot_system USING (true) WITH CHECK (true);

GRANT SELECT, DELETE ON budget_reservations TO chatbot_system;

ALTER TABLE instance_budget ENABLE ROW LEVEL SECURITY;
ALTER TABLE instance_budget FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON instance_budget USING (true) WITH CHECK (true);

GRANT SELECT, UPDATE ON instance_budget TO chatbot_runtime;

CREATE POLICY backup ON instance_budget FOR SELECT TO chatbot_backup USING (true);
GRANT SELECT ON instance_budget TO chatbot_backup;

CREATE POLICY system ON instance_budget TO chatbot_system USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON instance_budget TO chatbot_system;

CREATE FUNCTION reserve_budgets(
  p_workspace uuid, p_project uuid, p_message uuid, p_prompt_tokens int, p_answer_tokens int, p_chain json, p_prices jsonb
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  v_day date := (now() AT TIME ZONE 'UTC')::date;
  v_month date := date_trunc('month', v_day)::date;
  v_tokens bigint := p_prompt_tokens + p_answer_tokens;
  v_input numeric := 0;
  v_output numeric := 0;
  v_cost numeric := 0;
  v_price jsonb := p_prices->p_chain::text;
  v_row record;
  v_refused text[];
BEGIN
  -- The caller knows prices, the database does not. It has sent those of the models that this workspace uses, or it
  -- hears which ones it has to look up.
  IF EXISTS (SELECT FROM budgets b WHERE b.workspace_id = p_workspace AND b.subject_id IN (p_workspace, p_project) AND (b.cost_per_day IS NOT NULL OR b.cost_per_month IS NOT NULL))
    OR EXISTS (SELECT FROM instance_budget i WHERE i.cost_per_day IS NOT NULL OR i.cost_per_month IS NOT NULL) THEN
    IF v_price IS NULL THEN RETURN json_build_object('outcome', 'price_wanted', 'chain', p_chain::text); END IF;
    v_input := (v_price->>0)::numeric;
    v_output := (v_price->>1)::numeric;
    v_cost := round(p_prompt_tokens * v_input + p_answer_tokens * v_output, 10);
  END IF;
  -- Always in this order, so that turns never wait for each other in a circle.
  FOR v_row IN
    WITH instance AS (
      SELECT 'instance' AS budget, b.tokens_per_day, b.tokens_per_month, b.cost_per_day, b.cost_per_month,
        CASE WHEN b.day = v_day THEN b.day_tokens ELSE 0 END AS day_tokens,
        CASE WHEN b.day = v_day THEN b.day_cost ELSE 0 END AS day_cost,
        CASE WHEN b.month = v_month THEN b.month_tokens ELSE 0 END AS month_tokens,
        CASE WHEN b.month = v_month THEN b.month_cost ELSE 0 END AS month_cost FROM instance_budget b FOR UPDATE
    ), own AS (
      SELECT CASE WHEN b.project_id IS NULL THEN 'workspace' ELSE 'project' END AS budget, b.tokens_per_day, b.tokens_per_month, b.cost_per_day, b.cost_per_month,
        CASE WHEN b.day = v_day THEN b.day_tokens ELSE 0 END AS day_tokens,
        CASE WHEN b.day = v_day THEN b.day_cost ELSE 0 END AS day_cost,
        CASE WHEN b.month = v_month THEN b.month_tokens ELSE 0 END AS month_tokens,
        CASE WHEN b.month = v_month THEN b.month_cost ELSE 0 END AS month_cost
        FROM budgets b WHERE b.workspace_id = p_workspace AND b.subject_id IN (p_workspace, p_project) ORDER BY b.subject_id FOR UPDATE
    )
    SELECT * FROM instance UNION ALL SELECT * FROM own
  LOOP
    v_refused := CASE
      WHEN v_row.month_tokens + v_tokens > v_row.tokens_per_month THEN
        ARRAY['month', 'tokens', v_row.month_tokens::text, v_row.tokens_per_month::text, v_tokens::text]
      WHEN v_row.month_cost + v_cost > v_row.cost_per_month THEN
        ARRAY['month', 'cost', v_row.month_cost::text, v_row.cost_per_month::text, v_cost::text]
      WHEN v_row.day_tokens + v_tokens > v_row.tokens_per_day THEN
        ARRAY['day', 'tokens', v_row.day_tokens::text, v_row.tokens_per_day::text, v_tokens::text]
      WHEN v_row.day_cost + v_cost > v_row.cost_per_day THEN
        ARRAY['day', 'cost', v_row.day_cost::text, v_row.cost_per_day::text, v_cost::text]
    END;
    IF v_refused IS NOT NULL THEN
      RETURN json_build_object('outcome', 'over_budget', 'budget', v_row.budget, 'period', v_refused[1], 'unit', v_refused[2],
        'used', v_refused[3]::numeric, 'limit', v_refused[4]::numeric, 'wanted', v_refused[5]::numeric,
        'resets_at', ((CASE v_refused[1] WHEN 'day' THEN v_day + 1 ELSE (v_month + interval '1 month')::date END)
          || 'T00:00:00.000Z'));
    END IF;
  END LOOP;
  UPDATE instance_budget b SET 
      day = v_day, month = v_month,
      day_tokens = greatest(0, CASE WHEN b.day = v_day THEN b.day_tokens - 0 ELSE 0 END + v_tokens),
      day_cost = greatest(0, CASE WHEN b.day = v_day THEN b.day_cost - 0 ELSE 0 END + v_cost),
      month_tokens = greatest(0, CASE WHEN b.month = v_month THEN b.month_tokens - 0 ELSE 0 END + v_tokens),
      month_cost = greatest(0, CASE WHEN b.month = v_month THEN b.month_cost - 0 ELSE 0 END + v_cost);
  UPDATE budgets b SET 
      day = v_day, month = v_month,
      day_tokens = greatest(0, CASE WHEN b.day = v_day THEN b.day_tokens - 0 ELSE 0 END + v_tokens),
      day_cost = greatest(0, CASE WHEN b.day = v_day THEN b.day_cost - 0 ELSE 0 END + v_cost),
      month_tokens = greatest(0, CASE WHEN b.month = v_month THEN b.month_tokens - 0 ELSE 0 END + v_tokens),
      month_cost = greatest(0, CASE WHEN b.month = v_month THEN b.month_cost - 0 ELSE 0 END + v_cost)
    WHERE b.workspace_id = p_workspace AND b.subject_id IN (p_workspace, p_project);
  INSERT INTO budget_reservations (workspace_id, message_id, project_id, tokens, cost, input_price, output_price, day)
    VALUES (p_workspace, p_message, p_project, v_tokens, v_cost, v_input, v_output, v_day);
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION reserve_budgets(uuid, uuid, uuid, int, int, json, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reserve_budgets(uuid, uuid, uuid, int, int, json, jsonb) TO chatbot_runtime;

CREATE FUNCTION settle_budgets(
  p_workspace uuid, p_project uuid, p_message uuid, p_prompt_tokens int, p_completion_tokens int, p_cost numeric,
  -- Whether the caller passes on the warnings that it gets; else they wait for one who does.
  p_warns boolean
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  v_day date := (now() AT TIME ZONE 'UTC')::date;
  v_month date := date_trunc('month', v_day)::date;
  v_tokens bigint := coalesce(p_prompt_tokens, 0) + coalesce(p_completion_tokens, 0);
  v_cost numeric;
  v_held budget_reservations;
  v_row record;
  v_period text;
  v_warnings json[] := '{}';
BEGIN
  DELETE FROM budget_reservations r WHERE r.workspace_id = p_workspace AND r.message_id = p_message RETURNING * INTO v_held;
  -- What nobody has priced costs what the dearest model that could have answered takes for as many tokens.
  v_cost := coalesce(p_cost, coalesce(p_prompt_tokens, 0) * v_held.input_price
    + coalesce(p_completion_tokens, 0) * v_held.output_price, 0);
  FOR v_row IN UPDATE instance_budget b SET 
      day = v_day, month = v_month,
      day_tokens = greatest(0, CASE WHEN b.day = v_day THEN b.day_tokens - CASE WHEN v_held.day = v_day THEN v_held.tokens ELSE 0 END ELSE 0 END + v_tokens),
      day_cost = greatest(0, CASE WHEN b.day = v_day THEN b.day_cost - CASE WHEN v_held.day = v_day THEN v_held.cost ELSE 0 END ELSE 0 END + v_cost),
      month_tokens = greatest(0, CASE WHEN b.month = v_month THEN b.month_tokens - CASE WHEN v_held.day >= v_month THEN v_held.tokens ELSE 0 END ELSE 0 END + v_tokens),
      month_cost = greatest(0, CASE WHEN b.month = v_month THEN b.month_cost - CASE WHEN v_held.day >= v_month THEN v_held.cost ELSE 0 END ELSE 0 END + v_cost) RETURNING b.* LOOP

    FOREACH v_period IN ARRAY ARRAY['day', 'month'] LOOP
      IF p_warns AND (v_period = 'day' AND v_row.day_warned IS DISTINCT FROM v_day AND (coalesce(v_row.day_tokens >= 0.8 * v_row.tokens_per_day, false) OR coalesce(v_row.day_cost >= 0.8 * v_row.cost_per_day, false))
        OR v_period = 'month' AND v_row.month_warned IS DISTINCT FROM v_month AND (coalesce(v_row.month_tokens >= 0.8 * v_row.tokens_per_month, false) OR coalesce(v_row.month_cost >= 0.8 * v_row.cost_per_month, false))) THEN
        UPDATE instance_budget b SET day_warned = CASE v_period WHEN 'day' THEN v_day ELSE b.day_warned END,
            month_warned = CASE v_period WHEN 'month' THEN v_month ELSE b.month_warned END WHERE true;
        v_warnings := v_warnings || json_build_object('budget', 'instance', 'period', v_period);
      END IF;
    END LOOP;
  END LOOP;
  PERFORM FROM budgets b WHERE b.workspace_id = p_workspace AND b.subject_id IN (p_workspace, p_project) ORDER BY b.subject_id FOR UPDATE;
  FOR v_row IN UPDATE budgets b SET 
      day = v_day, month = v_month,
      day_tokens = greatest(0, CASE WHEN b.day = v_day THEN b.day_tokens - CASE WHEN v_held.day = v_day THEN v_held.tokens ELSE 0 END ELSE 0 END + v_tokens),
      day_cost = greatest(0, CASE WHEN b.day = v_day THEN b.day_cost - CASE WHEN v_held.day = v_day THEN v_held.cost ELSE 0 END ELSE 0 END + v_cost),
      month_tokens = greatest(0, CASE WHEN b.month = v_month THEN b.month_tokens - CASE WHEN v_held.day >= v_month THEN v_held.tokens ELSE 0 END ELSE 0 END + v_tokens),
      month_cost = greatest(0, CASE WHEN b.month = v_month THEN b.month_cost - CASE WHEN v_held.day >= v_month THEN v_held.cost ELSE 0 END ELSE 0 END + v_cost)
    WHERE b.workspace_id = p_workspace AND b.subject_id IN (p_workspace, p_project) RETURNING b.* LOOP

    FOREACH v_period IN ARRAY ARRAY['day', 'month'] LOOP
      IF p_warns AND (v_period = 'day' AND v_row.day_warned IS DISTINCT FROM v_day AND (coalesce(v_row.day_tokens >= 0.8 * v_row.tokens_per_day, false) OR coalesce(v_row.day_cost >= 0.8 * v_row.cost_per_day, false))
        OR v_period = 'month' AND v_row.month_warned IS DISTINCT FROM v_month AND (coalesce(v_row.month_tokens >= 0.8 * v_row.tokens_per_month, false) OR coalesce(v_row.month_cost >= 0.8 * v_row.cost_per_month, false))) THEN
        UPDATE budgets b SET day_warned = CASE v_period WHEN 'day' THEN v_day ELSE b.day_warned END,
            month_warned = CASE v_period WHEN 'month' THEN v_month ELSE b.month_warned END WHERE b.workspace_id = p_workspace AND b.subject_id = v_row.subject_id;
        v_warnings := v_warnings || json_build_object('budget', CASE WHEN v_row.project_id IS NULL THEN 'workspace' ELSE 'project' END, 'period', v_period);
      END IF;
    END LOOP;
  END LOOP;
  RETURN CASE WHEN cardinality(v_warnings) > 0 THEN array_to_json(v_warnings) END;
END $$;
REVOKE ALL ON FUNCTION settle_budgets(uuid, uuid, uuid, int, int, numeric, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION settle_budgets(uuid, uuid, uuid, int, int, numeric, boolean) TO chatbot_runtime;

GRANT EXECUTE ON FUNCTION settle_budgets(uuid, uuid, uuid, int, int, numeric, boolean) TO chatbot_system;

CREATE FUNCTION set_instance_budget(p_tokens_per_day bigint, p_tokens_per_month bigint, p_cost_per_day numeric, p_cost_per_month numeric)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_day date := (now() AT TIME ZONE 'UTC')::date;
  v_month date := date_trunc('month', v_day)::date;
BEGIN
  IF coalesce(p_tokens_per_day, p_tokens_per_month, p_cost_per_day, p_cost_per_month) IS NULL THEN
    DELETE FROM instance_budget;
    RETURN;
  END IF;
  UPDATE instance_budget SET tokens_per_day = p_tokens_per_day, tokens_per_month = p_tokens_per_month,
    cost_per_day = p_cost_per_day, cost_per_month = p_cost_per_month;
  IF FOUND THEN RETURN; END IF;
  -- Newly set: what the month has seen so far is in the ledger, and what runs under way may use is held.
  INSERT INTO instance_budget (tokens_per_day, tokens_per_month, cost_per_day, cost_per_month, day, month,
      day_tokens, day_cost, month_tokens, month_cost)
    SELECT p_tokens_per_day, p_tokens_per_month, p_cost_per_day, p_cost_per_month, v_day, v_month,
        coalesce(sum(u.tokens) FILTER (WHERE u.day = v_day), 0), coalesce(sum(u.cost) FILTER (WHERE u.day = v_day), 0),
        coalesce(sum(u.tokens), 0), coalesce(sum(u.cost), 0)
      FROM (
        SELECT e.day, coalesce(e.prompt_tokens, 0) + coalesce(e.completion_tokens, 0) AS tokens, e.cost
          FROM usage_events e WHERE e.day >= v_month
        UNION ALL SELECT r.day, r.tokens, r.cost FROM budget_reservations r WHERE r.day >= v_month
      ) u
    ON CONFLICT DO NOTHING;
END $$;
ALTER FUNCTION set_instance_budget(bigint, bigint, numeric, numeric) SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
REVOKE ALL ON FUNCTION set_instance_budget(bigint, bigint, numeric, numeric) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION set_instance_budget(bigint, bigint, numeric, numeric) TO chatbot_runtime;
GRANT CREATE ON SCHEMA public TO chatbot_system;
ALTER FUNCTION set_instance_budget(bigint, bigint, numeric, numeric) OWNER TO chatbot_system;
REVOKE CREATE ON SCHEMA public FROM chatbot_system;

CREATE FUNCTION begin_turn(p jsonb) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  v_workspace uuid := (p->>'workspace_id')::uuid;
  v_session uuid := (p->>'session_id')::uuid;
  v_project uuid := (p->>'project_id')::uuid;
  v_prompt uuid := (p->>'prompt_id')::uuid;
  v_question uuid := (p->>'user_message_id')::uuid;
  v_answer uuid := (p->>'assistant_message_id')::uuid;
  v_target uuid := (p->>'target_id')::uuid;
  v_mode text := p->>'mode';
  v_key idempotency_keys;
  v_old messages;
  v_bot record;
  v_seq int := 1;
  v_head uuid;
  v_branched boolean := false;
  v_parent uuid;
  v_busy uuid;
  v_before uuid;
  v_asked text;
  v_history json;
  v_is_known boolean := false;
  v_retry boolean := false;
  v_refusal json;
  -- As it is stored: rounded, not cut, to milliseconds.
  v_now timestamptz(3) := now();
BEGIN
  PERFORM set_config('app.workspace_id', p->>'workspace_id', true);

  IF p->>'key' IS NOT NULL THEN
    SELECT * INTO v_key FROM idempotency_keys k
      WHERE k.workspace_id = v_workspace AND k.user_id = (p->>'user_id')::uuid AND k.route = p->>'route'
        AND k.key = p->>'key' AND k.created_at >= now() - interval '24 hours' FOR UPDATE;
    IF FOUND THEN
      IF v_key.body_hash <> p->>'body_hash' THEN RETURN json_build_object('outcome', 'key_reused'); END IF;
      SELECT * INTO v_old FROM messages m WHERE m.workspace_id = v_workspace AND m.id = v_key.assistant_message_id;
      IF NOT FOUND THEN RETURN json_build_object('outcome', 'no_session'); END IF;
      IF v_old.state NOT IN ('failed', 'interrupted') THEN
        RETURN json_build_object('outcome', 'known', 'session_id', v_key.session_id,
          'user_message_id', v_key.user_message_id, 'assistant_message_id', v_key.assistant_message_id);
      END IF;
      v_retry := true;
      v_mode := 'answer';
      v_target := v_key.assistant_message_id;
    END IF;
  END IF;

  IF v_mode <> 'send' THEN
    SELECT * INTO v_old FROM messages m WHERE m.workspace_id = v_workspace AND m.id = v_target;
    IF NOT FOUND THEN RETURN json_build_object('outcome', 'no_message'); END IF;
    IF v_old.role <> (CASE v_mode WHEN 'edit' THEN 'user' ELSE 'assistant' END) THEN
      RETURN json_build_object('outcome', 'wrong_role');
    END IF;
    v_session := v_old.session_id;
  END IF;

  IF NOT (p->>'is_new')::boolean OR v_retry THEN
    SELECT s.next_seq, s.head_message_id, s.branched, s.project_id INTO v_seq, v_head, v_branched, v_project
      FROM chat_sessions s
      WHERE s.workspace_id = v_workspace AND s.id = v_session AND (v_project IS NULL OR s.project_id = v_project)
      FOR UPDATE;
    IF NOT FOUND THEN
      RETURN json_build_object('outcome', CASE WHEN v_mode = 'send' AND NOT EXISTS (
        SELECT FROM projects b WHERE b.workspace_id = v_workspace AND b.id = (p->>'project_id')::uuid
      ) THEN 'no_project' ELSE 'no_session' END);
    END IF;
  END IF;

  -- The session has gone on without the answer that failed: writing it now would hide what came after.
  IF v_retry AND v_head <> v_key.assistant_message_id THEN
    RETURN json_build_object('outcome', 'known', 'session_id', v_key.session_id,
      'user_message_id', v_key.user_message_id, 'assistant_message_id', v_key.assistant_message_id);
  END IF;

  SELECT b.name, b.provider, b.model, b.temperature, b.max_tokens, b.fallbacks, r.id AS prompt_id, r.content AS system_prompt,
      (EXISTS (SELECT FROM budgets b WHERE b.workspace_id = v_workspace AND b.subject_id IN (v_workspace, v_project))
      OR EXISTS (SELECT FROM instance_budget)) AS budgeted
    INTO v_bot FROM projects b
    LEFT JOIN prompts r ON r.workspace_id = b.workspace_id AND r.project_id = b.id
      AND r.id = coalesce(v_prompt, b.active_prompt_id)
    WHERE b.workspace_id = v_workspace AND b.id = v_project;
  IF NOT FOUND THEN RETURN json_build_object('outcome', 'no_project'); END IF;
  IF v_prompt IS NOT NULL AND v_bot.prompt_id IS NULL THEN RETURN json_build_object('outcome', 'no_prompt'); END IF;

  IF p->>'key' IS NOT NULL AND NOT v_retry THEN
    INSERT INTO idempotency_keys AS k
        (workspace_id, user_id, route, key, body_hash, session_id, user_message_id, assistant_message_id)
      VALUES (v_workspace, (p->>'user_id')::uuid, p->>'route', p->>'key', p->>'body_hash', v_session,
        CASE v_mode WHEN 'answer' THEN v_old.parent_id ELSE v_question END, v_answer)
      ON CONFLICT (workspace_id, user_id, route, key) DO UPDATE
        SET body_hash = excluded.body_hash, session_id = excluded.session_id, response = NULL, created_at = now(),
          user_message_id = excluded.user_message_id, assistant_message_id = excluded.assistant_message_id
        WHERE k.created_at < now() - interval '24 hours';
    -- Another request with this key was faster: it is the turn that this one asks for.
    IF NOT FOUND THEN RETURN begin_turn(p); END IF;
  END IF;

  IF NOT (p->>'is_new')::boolean OR v_retry THEN
    SELECT m.id INTO v_busy FROM messages m
      WHERE m.workspace_id = v_workspace AND m.session_id = v_session AND m.state IN ('pending', 'streaming');
    IF FOUND THEN
      IF p->>'key' IS NOT NULL AND NOT v_retry THEN
        DELETE FROM idempotency_keys k WHERE k.workspace_id = v_workspace AND k.user_id = (p->>'user_id')::uuid
          AND k.route = p->>'route' AND k.key = p->>'key';
      END IF;
      RETURN json_build_object('outcome', 'busy', 'busy_message_id', v_busy);
    END IF;
  END IF;

  IF v_bot.budgeted THEN
    v_refusal := reserve_budgets(v_workspace, v_project, v_answer, ceil((length(coalesce(v_bot.system_prompt, '')) + length(coalesce(p->>'content', '')) + length(coalesce(p->>'prefix', ''))) / 3.0)::int
      + CASE WHEN v_head IS NULL THEN 0 ELSE least(coalesce((p->'budget'->>'history_tokens')::int, 8000), (
          SELECT coalesce(m.prompt_tokens + m.completion_tokens, m.run_prompt_tokens + m.run_completion_tokens)
            FROM messages m WHERE m.workspace_id = v_workspace AND m.id = v_head)) END,
      coalesce(v_bot.max_tokens, (p->'budget'->>'max_tokens')::int, 1000),
      json_build_array(v_bot.provider, v_bot.model, v_bot.fallbacks), p->'budget'->'prices');
    IF v_refusal IS NOT NULL THEN
      IF p->>'key' IS NOT NULL AND NOT v_retry THEN
        DELETE FROM idempotency_keys k WHERE k.workspace_id = v_workspace AND k.user_id = (p->>'user_id')::uuid
          AND k.route = p->>'route' AND k.key = p->>'key';
      END IF;
      RETURN v_refusal;
    END IF;
  END IF;

  IF NOT (p->>'is_new')::boolean OR v_retry THEN
    IF v_mode = 'send' THEN
      v_parent := v_head;
    ELSE
      v_branched := true;
      v_parent := v_old.parent_id;
      UPDATE messages m SET forked = true WHERE m.workspace_id = v_workspace AND m.id = v_old.id AND NOT m.forked;
    END IF;
    v_before := v_parent;
    IF v_mode = 'answer' THEN
      SELECT m.content, m.parent_id INTO v_asked, v_before FROM messages m
        WHERE m.workspace_id = v_workspace AND m.id = v_parent;
    END IF;
    -- The caller may have the path up to some message; what leads to a final message never changes.
    v_is_known := coalesce(v_before = (p->>'known_end_id')::uuid, false);
    IF v_before IS NOT NULL AND NOT v_is_known THEN
      v_history := turn_history(v_workspace, v_session, v_before, v_branched,
        (p->>'max_messages')::int, (p->>'max_chars')::int);
    END IF;
    UPDATE chat_sessions s SET head_message_id = v_answer, branched = v_branched,
        next_seq = v_seq + CASE v_mode WHEN 'answer' THEN 1 ELSE 2 END,
        updated_at = CASE WHEN s.updated_at < now() - interval '10 seconds' THEN now() ELSE s.updated_at END
      WHERE s.workspace_id = v_workspace AND s.id = v_session;
  ELSE
    INSERT INTO chat_sessions (workspace_id, id, project_id, title, head_message_id, next_seq)
      VALUES (v_workspace, v_session, v_project, p->>'title', v_answer, 3);
  END IF;

  IF v_mode = 'answer' THEN
    v_question := v_parent;
    INSERT INTO messages
        (workspace_id, id, session_id, parent_id, seq, role, content, state, forked, prompt_id, run_owner, lease_until, run_user)
      VALUES (v_workspace, v_answer, v_session, v_question, v_seq, 'assistant', coalesce(p->>'prefix', ''), 'pending', true,
        v_bot.prompt_id, (p->>'owner_id')::uuid, now() + (p->>'lease')::interval, (p->>'user_id')::uuid);
  ELSE
    INSERT INTO messages
        (workspace_id, id, session_id, parent_id, seq, role, content, state, forked, prompt_id, run_owner, lease_until, run_user)
      VALUES
        (v_workspace, v_question, v_session, v_parent, v_seq, 'user', p->>'content', 'complete', v_mode = 'edit',
          NULL, NULL, NULL, NULL),
        (v_workspace, v_answer, v_session, v_question, v_seq + 1, 'assistant', '', 'pending', false,
          v_bot.prompt_id, (p->>'owner_id')::uuid, now() + (p->>'lease')::interval, (p->>'user_id')::uuid);
  END IF;
  IF v_retry THEN
    UPDATE idempotency_keys k SET assistant_message_id = v_answer WHERE k.workspace_id = v_workspace
      AND k.user_id = v_key.user_id AND k.route = v_key.route AND k.key = v_key.key;
  END IF;
  RETURN json_build_object('outcome', 'accepted', 'session_id', v_session, 'project_id', v_project, 'project_name', v_bot.name, 'seq', v_seq,
    'parent_id', v_parent, 'forked', v_mode = 'edit', 'user_message_id', v_question, 'created_at', v_now, 'prompt_id', v_bot.prompt_id,
    'system_prompt', v_bot.system_prompt, 'provider', v_bot.provider, 'model', v_bot.model,
    'temperature', v_bot.temperature, 'max_tokens', v_bot.max_tokens, 'fallbacks', v_bot.fallbacks,
    'question', v_asked, 'history_is_known', v_is_known, 'history', v_history);
END $$;
REVOKE ALL ON FUNCTION begin_turn(jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION begin_turn(jsonb) TO chatbot_runtime;

CREATE FUNCTION begin_turns(p_turns jsonb) RETURNS json LANGUAGE plpgsql AS $$
BEGIN
  -- One turn with a locked row must not hold up the others for long: they are then tried alone.
  IF jsonb_array_length(p_turns) > 1 THEN PERFORM set_config('lock_timeout', '300ms', true); END IF;
  RETURN (SELECT json_agg(done.turn ORDER BY done.place) FROM (
    SELECT begin_turn(t.turn) AS turn, t.place FROM (SELECT a.turn, a.place FROM jsonb_array_elements(p_turns) WITH ORDINALITY AS a(turn, place)
      ORDER BY a.turn->>'workspace_id', a.turn->>'project_id', a.place) t) done);
END $$;
REVOKE ALL ON FUNCTION begin_turns(jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION begin_turns(jsonb) TO chatbot_runtime;

CREATE FUNCTION finish_turn(p jsonb) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  v_workspace uuid := (p->>'workspace_id')::uuid;
  v_message uuid := (p->>'message_id')::uuid;
  v_stored boolean;
  v_owner uuid := (p->>'owner_id')::uuid;
  v_state text;
  v_content text;
  v_writer uuid;
  v_used jsonb := p->'used';
  v_warnings json;
BEGIN
  PERFORM set_config('app.workspace_id', p->>'workspace_id', true);
  UPDATE messages m SET state = p->>'state', content = p->>'content', finish_reason = p->>'finish_reason',
      error_code = p->>'error_code', provider = p->>'provider', model = p->>'model',
      served_because = p->>'served_because', prompt_tokens = (p->>'prompt_tokens')::int,
      completion_tokens = (p->>'completion_tokens')::int, cost = (p->>'cost')::numeric,
      first_token_ms = (p->>'first_token_ms')::int, lease_until = NULL
    WHERE m.workspace_id = v_workspace AND m.id = v_message
      AND m.run_owner = v_owner AND m.lease_until IS NOT NULL;
  v_stored := FOUND;
  -- What was used is used, also by a run that was ended elsewhere or whose session is gone.
  INSERT INTO usage_events (workspace_id, id, project_id, session_id, user_id, project_name, provider, model, state,
      prompt_tokens, completion_tokens, cached_prompt_tokens, estimated, cost, price_version)
    SELECT v_workspace, v_message, (p->>'project_id')::uuid, (p->>'session_id')::uuid, (p->>'user_id')::uuid,
      p->>'project_name', p->>'provider', p->>'model', p->>'state', (u->>'prompt_tokens')::int,
      (u->>'completion_tokens')::int, (u->>'cached_prompt_tokens')::int, (u->>'estimated')::boolean,
      (p->>'cost')::numeric, p->>'price_version'
    FROM (SELECT p->'used' AS u) AS used WHERE v_stored OR EXISTS (SELECT FROM workspaces w WHERE w.id = v_workspace)
    ON CONFLICT (workspace_id, id) DO NOTHING;
  -- Once a run: whoever has booked it before has settled it too.
  IF FOUND AND (EXISTS (SELECT FROM budgets b WHERE b.workspace_id = v_workspace AND b.subject_id IN (v_workspace, (p->>'project_id')::uuid))
      OR EXISTS (SELECT FROM instance_budget)) THEN
    v_warnings := settle_budgets(v_workspace, (p->>'project_id')::uuid, v_message, (v_used->>'prompt_tokens')::int,
      (v_used->>'completion_tokens')::int, (p->>'cost')::numeric, v_stored);
  END IF;
  IF v_stored THEN
    IF (p->>'watched')::boolean THEN PERFORM pg_notify('runs', 'changed ' || v_message); END IF;
    RETURN json_build_object('stored', true, 'warnings', v_warnings);
  END IF;
  SELECT m.state, m.content, m.run_owner INTO v_state, v_content, v_writer FROM messages m
    WHERE m.workspace_id = v_workspace AND m.id = v_message;
  -- Told again because the first answer got lost on its way: it was stored then.
  IF v_writer = v_owner AND v_state = p->>'state' AND v_content = p->>'content' THEN
    RETURN json_build_object('stored', true);
  END IF;
  RETURN json_build_object('stored', false, 'state', v_state, 'content', v_content);
END $$;
REVOKE ALL ON FUNCTION finish_turn(jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION finish_turn(jsonb) TO chatbot_runtime;

CREATE FUNCTION finish_turns(p_turns jsonb) RETURNS json LANGUAGE plpgsql AS $$
BEGIN
  -- One turn with a locked row must not hold up the others for long: they are then tried alone.
  IF jsonb_array_length(p_turns) > 1 THEN PERFORM set_config('lock_timeout', '300ms', true); END IF;
  RETURN (SELECT json_agg(done.turn ORDER BY done.place) FROM (
    SELECT finish_turn(t.turn) AS turn, t.place FROM (SELECT a.turn, a.place FROM jsonb_array_elements(p_turns) WITH ORDINALITY AS a(turn, place)
      ORDER BY a.turn->>'workspace_id', a.turn->>'project_id', a.place) t) done);
END $$;
REVOKE ALL ON FUNCTION finish_turns(jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION finish_turns(jsonb) TO chatbot_runtime;

CREATE FUNCTION cancel_turn(p_workspace uuid, p_message uuid) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  v_ended boolean;
  v_run record;
BEGIN
  PERFORM set_config('app.workspace_id', p_workspace::text, true);
  WITH ended AS (
    UPDATE messages m SET state = 'cancelled', lease_until = NULL
      WHERE m.workspace_id = p_workspace AND m.id = p_message AND m.lease_until IS NOT NULL
      RETURNING m.workspace_id, m.id, m.session_id, m.state, m.provider, m.model, m.run_user, m.run_prompt_tokens, m.run_completion_tokens
  ), booked AS (
    INSERT INTO usage_events (workspace_id, id, project_id, session_id, user_id, project_name, provider, model,
      state, prompt_tokens, completion_tokens, estimated)
    SELECT e.workspace_id, e.id, s.project_id, e.session_id, e.run_user, b.name, e.provider, e.model,
        e.state, e.run_prompt_tokens, coalesce(e.run_completion_tokens, 0), true
      FROM ended e
      JOIN chat_sessions s ON s.workspace_id = e.workspace_id AND s.id = e.session_id
      JOIN projects b ON b.workspace_id = s.workspace_id AND b.id = s.project_id
    ON CONFLICT DO NOTHING
    RETURNING workspace_id, id, project_id, prompt_tokens, completion_tokens
  )
  SELECT e.id, b.project_id, b.prompt_tokens, b.completion_tokens INTO v_run
    FROM ended e LEFT JOIN booked b ON b.id = e.id;
  v_ended := FOUND;
  IF v_run.project_id IS NOT NULL THEN PERFORM settle_budgets(p_workspace, v_run.project_id, v_run.id, v_run.prompt_tokens, v_run.completion_tokens, NULL, false)
    WHERE (EXISTS (SELECT FROM budgets b WHERE b.workspace_id = p_workspace AND b.subject_id IN (p_workspace, v_run.project_id))
      OR EXISTS (SELECT FROM instance_budget)); END IF;
  IF v_ended THEN PERFORM pg_notify('runs', 'ended ' || p_message); END IF;
  RETURN v_ended;
END $$;
REVOKE ALL ON FUNCTION cancel_turn(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cancel_turn(uuid, uuid) TO chatbot_runtime;

CREATE FUNCTION reap_runs(p_owner uuid, p_is_sole boolean, p_live uuid[]) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  v_count int := 0;
  v_run record;
BEGIN
  -- Which of its own runs are alive a process knows, also after the database was away for longer than a lease. Where it is
  -- known to be the only process, every other owner is gone whatever its lease says.
  FOR v_run IN WITH ended AS (
    UPDATE messages m SET state = 'interrupted', error_code = 'interrupted', lease_until = NULL
      WHERE m.state IN ('pending', 'streaming') AND (
        m.run_owner <> p_owner AND (m.lease_until < now() OR p_is_sole)
        OR m.run_owner = p_owner AND m.lease_until < now() AND m.id <> ALL (p_live)
      )
      RETURNING m.workspace_id, m.id, m.session_id, m.state, m.provider, m.model, m.run_user, m.run_prompt_tokens, m.run_completion_tokens
  ), booked AS (
    INSERT INTO usage_events (workspace_id, id, project_id, session_id, user_id, project_name, provider, model,
      state, prompt_tokens, completion_tokens, estimated)
    SELECT e.workspace_id, e.id, s.project_id, e.session_id, e.run_user, b.name, e.provider, e.model,
        e.state, e.run_prompt_tokens, coalesce(e.run_completion_tokens, 0), true
      FROM ended e
      JOIN chat_sessions s ON s.workspace_id = e.workspace_id AND s.id = e.session_id
      JOIN projects b ON b.workspace_id = s.workspace_id AND b.id = s.project_id
    ON CONFLICT DO NOTHING
    RETURNING workspace_id, id, project_id, prompt_tokens, completion_tokens
  )
  SELECT e.workspace_id, e.id, b.project_id, b.prompt_tokens, b.completion_tokens
    FROM ended e LEFT JOIN booked b ON b.workspace_id = e.workspace_id AND b.id = e.id
    ORDER BY e.workspace_id, b.project_id
  LOOP
    v_count := v_count + 1;
    PERFORM pg_notify('runs', 'ended ' || v_run.id);
    IF v_run.project_id IS NOT NULL THEN PERFORM settle_budgets(v_run.workspace_id, v_run.project_id, v_run.id, v_run.prompt_tokens, v_run.completion_tokens, NULL, false)
    WHERE (EXISTS (SELECT FROM budgets b WHERE b.workspace_id = v_run.workspace_id AND b.subject_id IN (v_run.workspace_id, v_run.project_id))
      OR EXISTS (SELECT FROM instance_budget)); END IF;
  END LOOP;
  -- Its session was deleted and then its process went: nobody knows any more what it used.
  FOR v_run IN SELECT r.workspace_id, r.message_id AS id, r.project_id, 0 AS prompt_tokens, 0 AS completion_tokens
    FROM budget_reservations r WHERE r.created_at < now() - interval '1 hour' AND NOT EXISTS (
      SELECT FROM messages m WHERE m.workspace_id = r.workspace_id AND m.id = r.message_id AND m.lease_until IS NOT NULL)
  LOOP
    PERFORM settle_budgets(v_run.workspace_id, v_run.project_id, v_run.id, 0, 0, 0, false);
  END LOOP;
  RETURN v_count;
END $$;
ALTER FUNCTION reap_runs(uuid, boolean, uuid[]) SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
REVOKE ALL ON FUNCTION reap_runs(uuid, boolean, uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reap_runs(uuid, boolean, uuid[]) TO chatbot_runtime;
GRANT CREATE ON SCHEMA public TO chatbot_system;
ALTER FUNCTION reap_runs(uuid, boolean, uuid[]) OWNER TO chatbot_system;
REVOKE CREATE ON SCHEMA public FROM chatbot_system;
