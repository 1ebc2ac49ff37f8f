import { invokerFunction, type Programmable, systemFunction, systemRole } from '../../platform/database/programmable.ts'

/** From which share of a limit on the operator is warned. */
export const warningShare = 0.8

/** Whether a budget has a say in the turns of a project; both arguments are SQL. Where none is set, that is all they cost. */
export const isBudgeted = (workspace: string, project: string) =>
  `(EXISTS (SELECT FROM budgets b WHERE b.workspace_id = ${workspace} AND b.subject_id IN (${workspace}, ${project}))
      OR EXISTS (SELECT FROM instance_budget))`

const today = `(now() AT TIME ZONE 'UTC')::date`

/** The counters of a row, those of a day or month that is over as 0. */
const current = (
  row: string,
) => `${row}.tokens_per_day, ${row}.tokens_per_month, ${row}.cost_per_day, ${row}.cost_per_month,
        CASE WHEN ${row}.day = v_day THEN ${row}.day_tokens ELSE 0 END AS day_tokens,
        CASE WHEN ${row}.day = v_day THEN ${row}.day_cost ELSE 0 END AS day_cost,
        CASE WHEN ${row}.month = v_month THEN ${row}.month_tokens ELSE 0 END AS month_tokens,
        CASE WHEN ${row}.month = v_month THEN ${row}.month_cost ELSE 0 END AS month_cost`

/** Adds to the counters of a row. What is taken off a day counts only where that day is still the row's. */
const added = (row: string, tokens: string, cost: string, off = { day: ['0', '0'], month: ['0', '0'] }) => `
      day = v_day, month = v_month,
      day_tokens = greatest(0, CASE WHEN ${row}.day = v_day THEN ${row}.day_tokens - ${off.day[0]} ELSE 0 END + ${tokens}),
      day_cost = greatest(0, CASE WHEN ${row}.day = v_day THEN ${row}.day_cost - ${off.day[1]} ELSE 0 END + ${cost}),
      month_tokens = greatest(0, CASE WHEN ${row}.month = v_month THEN ${row}.month_tokens - ${off.month[0]} ELSE 0 END + ${tokens}),
      month_cost = greatest(0, CASE WHEN ${row}.month = v_month THEN ${row}.month_cost - ${off.month[1]} ELSE 0 END + ${cost})`

const ofTurn = 'b.workspace_id = p_workspace AND b.subject_id IN (p_workspace, p_project)'

/** What the settlement takes off again: what was held, where it was held in the day and month that the row is at. */
const held = {
  day: [
    'CASE WHEN v_held.day = v_day THEN v_held.tokens ELSE 0 END',
    'CASE WHEN v_held.day = v_day THEN v_held.cost ELSE 0 END',
  ],
  month: [
    'CASE WHEN v_held.day >= v_month THEN v_held.tokens ELSE 0 END',
    'CASE WHEN v_held.day >= v_month THEN v_held.cost ELSE 0 END',
  ],
}

/** Whether a row's counters are near their limits. */
const isNear = (period: 'day' | 'month') =>
  `(coalesce(v_row.${period}_tokens >= ${warningShare} * v_row.tokens_per_${period}, false) OR coalesce(v_row.${period}_cost >= ${warningShare} * v_row.cost_per_${period}, false))`

/** Notes the periods of `v_row` that have come near their limit and have not been told of yet. */
const warn = (table: string, where: string, budget: string) => `
    FOREACH v_period IN ARRAY ARRAY['day', 'month'] LOOP
      IF p_warns AND (v_period = 'day' AND v_row.day_warned IS DISTINCT FROM v_day AND ${isNear('day')}
        OR v_period = 'month' AND v_row.month_warned IS DISTINCT FROM v_month AND ${isNear('month')}) THEN
        UPDATE ${table} SET day_warned = CASE v_period WHEN 'day' THEN v_day ELSE b.day_warned END,
            month_warned = CASE v_period WHEN 'month' THEN v_month ELSE b.month_warned END WHERE ${where};
        v_warnings := v_warnings || json_build_object('budget', ${budget}, 'period', v_period);
      END IF;
    END LOOP;`

/** The money and tokens of turns: held before the model is asked, settled by what was used. */
export const budgetFunctions: Programmable[] = [
  invokerFunction(
    'reserve_budgets(uuid, uuid, uuid, int, int, json, jsonb)',
    `reserve_budgets(
  p_workspace uuid, p_project uuid, p_message uuid, p_prompt_tokens int, p_answer_tokens int, p_chain json, p_prices jsonb
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  v_day date := ${today};
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
  IF EXISTS (SELECT FROM budgets b WHERE ${ofTurn} AND (b.cost_per_day IS NOT NULL OR b.cost_per_month IS NOT NULL))
    OR EXISTS (SELECT FROM instance_budget i WHERE i.cost_per_day IS NOT NULL OR i.cost_per_month IS NOT NULL) THEN
    IF v_price IS NULL THEN RETURN json_build_object('outcome', 'price_wanted', 'chain', p_chain::text); END IF;
    v_input := (v_price->>0)::numeric;
    v_output := (v_price->>1)::numeric;
    v_cost := round(p_prompt_tokens * v_input + p_answer_tokens * v_output, 10);
  END IF;
  -- Always in this order, so that turns never wait for each other in a circle.
  FOR v_row IN
    WITH instance AS (
      SELECT 'instance' AS budget, ${current('b')} FROM instance_budget b FOR UPDATE
    ), own AS (
      SELECT CASE WHEN b.project_id IS NULL THEN 'workspace' ELSE 'project' END AS budget, ${current('b')}
        FROM budgets b WHERE ${ofTurn} ORDER BY b.subject_id FOR UPDATE
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
  UPDATE instance_budget b SET ${added('b', 'v_tokens', 'v_cost')};
  UPDATE budgets b SET ${added('b', 'v_tokens', 'v_cost')}
    WHERE ${ofTurn};
  INSERT INTO budget_reservations (workspace_id, message_id, project_id, tokens, cost, input_price, output_price, day)
    VALUES (p_workspace, p_message, p_project, v_tokens, v_cost, v_input, v_output, v_day);
  RETURN NULL;
END $$`,
  ),
  invokerFunction(
    'settle_budgets(uuid, uuid, uuid, int, int, numeric, boolean)',
    `settle_budgets(
  p_workspace uuid, p_project uuid, p_message uuid, p_prompt_tokens int, p_completion_tokens int, p_cost numeric,
  -- Whether the caller passes on the warnings that it gets; else they wait for one who does.
  p_warns boolean
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  v_day date := ${today};
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
  FOR v_row IN UPDATE instance_budget b SET ${added('b', 'v_tokens', 'v_cost', held)} RETURNING b.* LOOP
${warn('instance_budget b', 'true', "'instance'")}
  END LOOP;
  PERFORM FROM budgets b WHERE ${ofTurn} ORDER BY b.subject_id FOR UPDATE;
  FOR v_row IN UPDATE budgets b SET ${added('b', 'v_tokens', 'v_cost', held)}
    WHERE ${ofTurn} RETURNING b.* LOOP
${warn(
  'budgets b',
  'b.workspace_id = p_workspace AND b.subject_id = v_row.subject_id',
  "CASE WHEN v_row.project_id IS NULL THEN 'workspace' ELSE 'project' END",
)}
  END LOOP;
  RETURN CASE WHEN cardinality(v_warnings) > 0 THEN array_to_json(v_warnings) END;
END $$`,
  ),
  {
    name: 'grant settle_budgets system',
    up: `GRANT EXECUTE ON FUNCTION settle_budgets(uuid, uuid, uuid, int, int, numeric, boolean) TO ${systemRole};`,
    down: `REVOKE ALL ON FUNCTION settle_budgets(uuid, uuid, uuid, int, int, numeric, boolean) FROM ${systemRole};`,
  },
  systemFunction(
    'set_instance_budget(bigint, bigint, numeric, numeric)',
    `set_instance_budget(p_tokens_per_day bigint, p_tokens_per_month bigint, p_cost_per_day numeric, p_cost_per_month numeric)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_day date := ${today};
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
END $$`,
  ),
]
