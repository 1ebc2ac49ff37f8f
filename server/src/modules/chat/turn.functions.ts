import { invokerFunction, type Programmable } from '../../platform/database/programmable.ts'
import { beginTurn } from './begin-turn.functions.ts'
import { finishTurn } from './finish-turn.functions.ts'
import { runFunctions } from './run.functions.ts'
import { turnHistory } from './turn-history.functions.ts'

/** Those of a workspace and project together: they hold its budgets, and batches must not wait for each other in a circle. */
const inOrder = `SELECT a.turn, a.place FROM jsonb_array_elements(p_turns) WITH ORDINALITY AS a(turn, place)
      ORDER BY a.turn->>'workspace_id', a.turn->>'project_id', a.place`

/**
 * The statements of a turn. Each is one commit: no transaction is open while the model works. They set the tenant
 * themselves, which saves the round trips of BEGIN and COMMIT, and take and give JSON, so that the turns of many
 * requests share a round trip and a commit (`begin_turns`, `finish_turns`).
 */
export const turnFunctions: Programmable[] = [
  invokerFunction('turn_history(uuid, uuid, uuid, boolean, int, int)', turnHistory),
  invokerFunction('begin_turn(jsonb)', beginTurn),
  inBatches('begin_turn'),
  invokerFunction('finish_turn(jsonb)', finishTurn),
  inBatches('finish_turn'),
  ...runFunctions,
]

/** A function that does what this one does for many turns, and gives its results in their order. */
function inBatches(name: string): Programmable {
  return invokerFunction(
    `${name}s(jsonb)`,
    `${name}s(p_turns jsonb) RETURNS json LANGUAGE plpgsql AS $$
BEGIN
  -- A turn with a locked row must not hold up those of its batch, or behind it, for long.
  IF jsonb_array_length(p_turns) > 1 OR (p_turns->0->>'hurried')::boolean THEN PERFORM set_config('lock_timeout', '300ms', true); END IF;
  RETURN (SELECT json_agg(done.turn ORDER BY done.place) FROM (
    SELECT ${name}(t.turn) AS turn, t.place FROM (${inOrder}) t) done);
END $$`,
  )
}
