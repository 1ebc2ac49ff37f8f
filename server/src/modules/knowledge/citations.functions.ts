import { invokerFunction, type Programmable } from '../../platform/database/programmable.ts'

/** Statements of the passages that answers are given; each is one commit, as those of turns are. */
export const citationFunctions: Programmable[] = [
  invokerFunction(
    'store_citations(jsonb)',
    `store_citations(p jsonb) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  v_workspace uuid := (p->>'workspace_id')::uuid;
  v_message uuid := (p->>'message_id')::uuid;
BEGIN
  PERFORM set_config('app.workspace_id', p->>'workspace_id', true);
  -- Only for an answer that is still its owner's to write, as with the answer's end.
  PERFORM FROM messages m
    WHERE m.workspace_id = v_workspace AND m.session_id = (p->>'session_id')::uuid AND m.id = v_message
      AND m.run_owner = (p->>'owner_id')::uuid AND m.state IN ('pending', 'streaming')
    FOR KEY SHARE;
  IF NOT FOUND THEN RETURN NULL; END IF;
  IF p->>'copied_from' IS NOT NULL THEN
    INSERT INTO citations (workspace_id, message_id, number, file_id, file_version, ordinal, page, start_offset, end_offset)
      SELECT v_workspace, v_message, c.number, c.file_id, c.file_version, c.ordinal, c.page, c.start_offset, c.end_offset
        FROM citations c WHERE c.workspace_id = v_workspace AND c.message_id = (p->>'copied_from')::uuid
      ON CONFLICT DO NOTHING;
  ELSE
    -- A document that was deleted since it was found is not cited any more, nor is one of another project.
    INSERT INTO citations (workspace_id, message_id, number, file_id, file_version, ordinal, page, start_offset, end_offset)
      SELECT v_workspace, v_message, c.number, c.file_id, c.file_version, c.ordinal, c.page, c.start_offset, c.end_offset
        FROM jsonb_to_recordset(p->'passages') AS c(number int, file_id uuid, file_version int, ordinal int, page int,
          start_offset int, end_offset int)
        JOIN files f ON f.workspace_id = v_workspace AND f.id = c.file_id AND f.project_id = (p->>'project_id')::uuid
      ON CONFLICT DO NOTHING;
  END IF;
  RETURN (SELECT coalesce(json_agg(c.number ORDER BY c.number), '[]') FROM citations c
    WHERE c.workspace_id = v_workspace AND c.message_id = v_message);
END $$`,
  ),
]
